"""A published generation_config.json that transformers would not write again costs no training."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.training.generation_settings import make_saveable
from tests.support.model_directories import model_directory

CONTRADICTING = {
    "a temperature without sampling": {"do_sample": False, "temperature": 0.6, "top_p": 0.9},
    "a penalty without beams": {"length_penalty": 0.8},
    "a negative padding token": {"pad_token_id": -1},
}


def saved(directory: Path, out: Path, settings: dict[str, Any], mend: bool = True) -> dict[str, Any]:
    from transformers import AutoModelForCausalLM

    (directory / "generation_config.json").write_text(
        json.dumps({"eos_token_id": [2, 3], "bos_token_id": 1, **settings})
    )
    model = AutoModelForCausalLM.from_pretrained(directory)
    if mend:
        make_saveable(model)
    model.save_pretrained(out)
    return json.loads((out / "generation_config.json").read_text())


@pytest.mark.parametrize("name", CONTRADICTING)
def test_it_is_saved_with_its_tokens_alone(name: str, tmp_path: Path) -> None:
    directory = model_directory(tmp_path / "model")
    with pytest.raises(ValueError, match="GenerationConfig is invalid"):
        saved(directory, tmp_path / "lost", CONTRADICTING[name], mend=False)
    written = saved(directory, tmp_path / "out", CONTRADICTING[name])
    written.pop("transformers_version")
    assert written.pop("_from_model_config", False) is False
    assert written == {"bos_token_id": 1, "eos_token_id": [2, 3]}


def test_one_that_fits_is_left_alone(tmp_path: Path) -> None:
    directory = model_directory(tmp_path / "model")
    written = saved(directory, tmp_path / "out", {"do_sample": True, "temperature": 0.6})
    assert (written["do_sample"], written["temperature"], written["eos_token_id"]) == (True, 0.6, [2, 3])
