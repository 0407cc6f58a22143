"""A model that lies elsewhere is looked into as soon as its files are here, before any work."""

import shutil
from pathlib import Path

import pytest

from actors.storage.checkpoint import save_atomically
from pipeline.config.load import load_config
from pipeline.errors import ConfigError
from pipeline.preflight.check import check_run
from pipeline.state.problems import ProblemSplits
from tests.support.model_directories import model_directory


def test_code_of_its_own_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    model = model_directory(tmp_path / "model", auto_map={"AutoModelForCausalLM": "own.Own"})
    save_atomically(lambda half: shutil.copytree(model, half, dirs_exist_ok=True) and None, str(tmp_path / "there"))
    name = f"file://{tmp_path}/there"
    config = load_config(overrides=[f"model.generator={name}", f"run.root={tmp_path}"])
    with pytest.raises(ConfigError, match=rf"model\.generator = '{name}': .*are never executed"):
        check_run(config, ProblemSplits())
