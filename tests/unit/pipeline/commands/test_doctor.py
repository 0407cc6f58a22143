"""`mucode doctor` tells a base installation from a broken one."""

import importlib.util

import pytest

from pipeline.commands import doctor

MODELS = ("pyarrow", "ray", "torch", "transformers", "deepspeed", "vllm")


def without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else real(name))


def test_everything_is_there() -> None:
    good, text = doctor._packages()
    assert good
    assert [part.split()[0] for part in text.split(", ")] == [*doctor.BASE_PACKAGES, *doctor.TRAINING_PACKAGES]


def test_a_base_installation_is_in_order_and_told_what_a_run_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, *MODELS)
    good, text = doctor._packages()
    assert good and text.endswith("; `mucode run` needs the extra `cpu`, or `gpu`")
    assert doctor._vllm()[0]


@pytest.mark.parametrize("missing", ["deepspeed", "docker"])
def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    without(monkeypatch, missing)
    assert doctor._packages() == (False, f"missing {missing}; run `make setup`, or add the extra `cpu` or `gpu`")


def test_an_installation_without_its_engine_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "vllm")
    assert not doctor._vllm()[0]
