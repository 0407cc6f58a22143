"""The checks of packages tell a base installation from a broken one."""

import importlib.util

import pytest

from pipeline.doctor.checks import Surroundings
from pipeline.doctor.packages import BASE_PACKAGES, TRAINING_PACKAGES, find_packages, find_vllm

MODELS = ("pyarrow", "ray", "torch", "transformers", "deepspeed", "vllm")
HERE = Surroundings()


def without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else real(name))


def test_everything_is_there() -> None:
    found = find_packages(HERE)
    assert found.status == "ok"
    assert [part.split()[0] for part in found.text.split(", ")] == [*BASE_PACKAGES, *TRAINING_PACKAGES]
    assert set(found.values) == {*BASE_PACKAGES, *TRAINING_PACKAGES}


def test_a_base_installation_is_in_order_and_told_what_a_run_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, *MODELS)
    found = find_packages(HERE)
    assert found.status == "ok" and found.text.endswith("; `mucode run` needs the extra `cpu`, or `gpu`")
    assert find_vllm(HERE).status == "ok"


@pytest.mark.parametrize("missing", ["deepspeed", "docker"])
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    without(monkeypatch, missing)
    found = find_packages(HERE)
    assert (found.status, found.text) == (
        "fail",
        f"missing {missing}; run `make setup`, or add the extra `cpu` or `gpu`",
    )


def test_an_installation_without_its_engine_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "vllm")
    assert find_vllm(HERE).status == "fail"
