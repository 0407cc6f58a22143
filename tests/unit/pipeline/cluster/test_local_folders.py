"""Folders that Ray cannot use are named before any work; a home directory that takes no token is none of them."""

import os
from pathlib import Path

import pytest

from pipeline.cluster.local_folders import check_socket_paths, give_token, token_can_be_kept
from pipeline.config.load import load_config
from pipeline.doctor.checks import Surroundings
from pipeline.doctor.ray_settings import find_ray
from pipeline.placement.nodes import ResourceError
from pipeline.preflight.check import check_run
from pipeline.state.problems import ProblemSplits

LONG = f"/tmp/{'a' * 40}"


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RAY_TMPDIR", "TMPDIR", "RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", ["TMPDIR", "RAY_TMPDIR"])
def test_a_long_folder_is_refused_before_work(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    check_socket_paths()
    monkeypatch.setenv(name, LONG)
    said = rf"{name} = {LONG} has 45 bytes, .* Linux allows 39; export RAY_TMPDIR=/tmp"
    with pytest.raises(ResourceError, match=said):
        check_run(load_config(overrides=[f"run.root={tmp_path}"]), ProblemSplits())
    with pytest.raises(ResourceError, match=said):
        find_ray(Surroundings())


def test_ray_itself_takes_the_longest_that_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    from ray._common.utils import get_default_ray_temp_dir
    from ray._private.utils import validate_socket_filepath

    for length, refused in ((39, False), (40, True)):
        monkeypatch.setenv("TMPDIR", f"/{'a' * (length - 1)}")
        socket = f"{get_default_ray_temp_dir()}/session_2026-01-01_00-00-00_000000_1234567/sockets/plasma_store"
        for check in (check_socket_paths, lambda at=socket: validate_socket_filepath(at)):
            if refused:
                with pytest.raises((ResourceError, OSError)):
                    check()
            else:
                check()


def test_a_home_that_takes_no_token_gets_one_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/proc/nowhere")  # even for root
    assert not token_can_be_kept()
    assert find_ray(Surroundings()).text.endswith("takes no token, so each run has one of its own")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "")  # put back when the test ends
    give_token()
    assert len(os.environ["RAY_AUTH_TOKEN"]) == 32 and token_can_be_kept()


def test_a_home_that_takes_one_is_left_to_ray(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert token_can_be_kept()
    give_token()
    assert "RAY_AUTH_TOKEN" not in os.environ
