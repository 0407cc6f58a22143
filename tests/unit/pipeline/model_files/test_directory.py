"""What cannot work is refused by a model directory's files, before anything is paid."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline import cli
from pipeline.model_files.chat import render_example
from pipeline.model_files.directory import ModelFilesError, check_directory
from tests.support.model_directories import ROOT, change_json, model_directory
from tests.support.more_chat_templates import GPT_OSS

GENERATOR = ROOT / "pipeline" / "embedded" / "generator"


def cut(directory: Path) -> None:
    path = directory / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])


def pointer(directory: Path) -> None:
    (directory / "model.safetensors").write_text("version 1\noid sha256:00\nsize 10\n")


def index(directory: Path) -> None:
    (directory / "model.safetensors.index.json").write_text('{"weight_map": {"a": "model-00002-of-00002.safetensors"}}')


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut weights": (cut, r"model\.safetensors has \d+ bytes, its header says \d+; copy the model again"),
    "a pointer file": (pointer, "no safetensors header; is it a pointer file"),
    "a shard": (index, r"model-00002-of-00002\.safetensors is missing"),
    "no weights": (lambda d: (d / "model.safetensors").unlink(), r"model\.safetensors is missing"),
    "no tokenizer": (lambda d: (d / "tokenizer.json").unlink(), r"has no tokenizer: expected tokenizer\.json"),
    "no JSON": (lambda d: (d / "config.json").write_text("{"), r"config\.json is not JSON"),
    "a list": (lambda d: (d / "config.json").write_text("[]"), "holds a list, expected an object"),
    "remote code": (lambda d: change_json(d / "config.json", auto_map={"AutoModel": "x.Y"}), "are never executed"),
    "an encoder": (lambda d: change_json(d / "config.json", architectures=["BertModel"]), "ForCausalLM"),
    "quantised": (
        lambda d: change_json(d / "config.json", quantization_config={"quant_method": "awq"}),
        r"the weights are quantised \(awq\)",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_work_is_refused_by_file(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, said = BROKEN[name]
    directory = model_directory(tmp_path / "model")
    change(directory)
    with pytest.raises(ModelFilesError, match=said):
        check_directory(directory)
    assert cli.main(["model", "check", str(directory)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_context_beyond_the_positions(tmp_path: Path) -> None:
    with pytest.raises(
        ModelFilesError, match=r"model\.max_tokens = 4096 is more than the 512 positions of .*; set 512"
    ):
        check_directory(GENERATOR, max_tokens=4096)
    assert check_directory(GENERATOR, max_tokens=512)


def test_a_template_that_cannot_be_trained_on_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError, match=r"model: the chat template renders the answer '```python"):
        render_example(model_directory(tmp_path / "model", template=GPT_OSS))


def test_the_example_shows_what_is_trained(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["model", "check", str(GENERATOR), "--max-tokens", "512"]) == 0
    said = capsys.readouterr().out
    assert "ok    architecture LlamaForCausalLM" in said and "ok    positions 512" in said
    assert "⟦```python\ndef f(x):\n    return 2 * x\n```" in said and said.rstrip().endswith("⟧")


def test_files_that_are_no_model_are_not_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "model.gguf"
    for text, said in ((None, "no such file"), ("x", "is not in the GGUF format"), ("GGUF\0\0", "cannot be read")):
        if text:
            file.write_text(text)
        assert cli.main(["model", "import", str(file), "--out", str(tmp_path / "out")]) == 2
        told = capsys.readouterr().err
        assert said in told and "Traceback" not in told
    assert cli.main(["model", "import", str(file), "--out", str(tmp_path)]) == 2
    assert "exists; name a directory that does not" in capsys.readouterr().err
