"""What cannot work is refused by a model directory's files, before anything is paid."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.storage.tensor_headers import read_header
from pipeline import cli
from pipeline.model_files.chat import TARGET, render_example
from pipeline.model_files.directory import ModelFilesError, check_directory
from pipeline.model_files.limited import _ended, limited_example
from tests.support.model_directories import ROOT, change_json, model_directory
from tests.support.more_chat_templates import GLM, GPT_OSS

GENERATOR = ROOT / "pipeline" / "embedded" / "generator"


def cut(directory: Path) -> None:
    path = directory / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-10])


def pointer(directory: Path) -> None:
    (directory / "model.safetensors").write_text("version 1\noid sha256:00\nsize 10\n")


def index(directory: Path) -> None:
    (directory / "model.safetensors.index.json").write_text('{"weight_map": {"a": "model-00002-of-00002.safetensors"}}')


def retyped(directory: Path) -> None:
    path = directory / "model.safetensors"
    path.write_bytes(path.read_bytes().replace(b'"F32"', b'"F99"'))


def old_format(directory: Path) -> None:
    (directory / "model.safetensors").rename(directory / "pytorch_model.bin")


def header(change: Callable[[dict[str, Any]], object]) -> Callable[[Path], object]:
    """Another header before the same tensors."""

    def rewrite(directory: Path) -> None:
        path = directory / "model.safetensors"
        length, tensors = read_header(path)
        rest = path.read_bytes()[length:]
        change(tensors)
        said = json.dumps(tensors).encode()
        path.write_bytes(len(said).to_bytes(8, "little") + said + rest)

    return rewrite


def shifted(tensors: dict[str, Any]) -> None:
    tensors["model.norm.weight"]["data_offsets"] = [size + 4 for size in tensors["model.norm.weight"]["data_offsets"]]


def lost(tensors: dict[str, Any]) -> None:
    """A layer's tensor goes by another name."""
    tensors["other"] = tensors.pop("model.layers.1.mlp.up_proj.weight")


def wrapped(tensors: dict[str, Any]) -> None:
    for name in list(tensors):
        tensors[f"base_model.{name}"] = tensors.pop(name)


def twice(directory: Path) -> None:
    """One tensor in two files of an index."""
    names = read_header(directory / "model.safetensors")[1].keys()
    shutil.copy(directory / "model.safetensors", directory / "b.safetensors")
    mapped = dict.fromkeys(names, "model.safetensors") | {"model.norm.weight": "b.safetensors"}
    (directory / "model.safetensors.index.json").write_text(json.dumps({"weight_map": mapped}))


def config(**changes: object) -> Callable[[Path], object]:
    return lambda directory: change_json(directory / "config.json", **changes)


def text(name: str, said: str) -> Callable[[Path], object]:
    return lambda directory: (directory / name).write_text(said)


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
    "quantised somehow": (config(quantization_config="fp8"), r"the weights are quantised \(fp8\)"),
    "an unknown type": (retyped, r"model\.safetensors: \S+ has the type 'F99', expected one of F64, F32"),
    "the old format": (old_format, r"holds pytorch_model\.bin and no model\.safetensors"),
    "an empty index": (text("model.safetensors.index.json", '{"weight_map": {}}'), "holds no weight_map"),
    "an index of another model": (
        text("model.safetensors.index.json", '{"weight_map": {"a": "model.safetensors"}}'),
        r"a is not in model\.safetensors, where it is said to be",
    ),
    "weights of another vocabulary": (config(vocab_size=100000), r"embed_tokens\.weight has \d+ rows, .* = 100000"),
    "an architecture that is no list": (config(architectures=7), "architectures is 7, expected one that ends"),
    "negative positions": (
        config(max_position_embeddings=-1),
        r"max_position_embeddings is -1, expected a whole number",
    ),
    "positions in words": (config(max_position_embeddings="many"), r"max_position_embeddings is 'many', expected"),
    "absurd positions": (config(max_position_embeddings=10**30), r"max_position_embeddings is 10+, expected"),
    "no heads": (config(num_attention_heads=0), r"num_attention_heads is 0, expected"),
    "no text model": (config(text_config="x"), r"text_config is 'x', expected an object"),
    "a shard elsewhere": (
        text("model.safetensors.index.json", '{"weight_map": {"a": "../b.safetensors"}}'),
        r"names '\.\./b\.safetensors', expected names of safetensors files beside it",
    ),
    "a tensor twice": (twice, r"model\.embed_tokens\.weight is in model\.safetensors, and in b\.safetensors; copy"),
    "weights beside": (
        lambda d: shutil.copy(d / "model.safetensors", d / "consolidated.safetensors"),
        r"holds consolidated\.safetensors beside model\.safetensors, and engines load all",
    ),
    "a shifted tensor": (header(shifted), r"model\.norm\.weight begins at byte \d+, expected \d+; copy"),
    "a lost tensor": (header(lost), r"no layers\.1\.mlp\.up_proj\.weight, which other layers have"),
    "wrapped names": (header(wrapped), r"have no embed_tokens\.weight, but base_model\.\S+, say; take"),
    "an adapter": (text("adapter_config.json", "{}"), r"holds an adapter .*; merge it"),
    "another number of layers": (config(num_hidden_layers=9), r"have \d layers, config\.json says .* = 9"),
    "another width": (config(intermediate_size=7), r"has the shape \[\d+, \d+\], .* says intermediate_size = 7"),
    "heads of another model": (config(num_key_value_heads=50), r"says num_key_value_heads x head size = \d+"),
    "no width": (config(intermediate_size=None), "says intermediate_size = None, expected a number"),
    "another family": (
        config(model_type="gpt2"),
        "model_type = 'gpt2', and the architecture Llama.*, of another family",
    ),
    "no family": (config(model_type=None), "model_type is None, expected the name of a family"),
    "an unknown number format": (config(dtype="float8"), "dtype is 'float8', expected one of auto, bfloat16"),
    "an end in words": (text("generation_config.json", '{"eos_token_id": ["x"]}'), "eos_token_id holds 'x', expected"),
    "an end beyond": (text("generation_config.json", '{"eos_token_id": 9999}'), "eos_token_id holds 9999, expected"),
    "endless nesting": (text("config.json", "[" * 100_000), r"config\.json is not JSON"),
    "a tokenizer of another kind": (text("tokenizer.json", '{"model": [1]}'), r"is no tokenizer as the tokenizers"),
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


def test_positions_of_a_model_that_sees_images_too(tmp_path: Path) -> None:
    directory = model_directory(tmp_path / "model")
    said = json.loads((directory / "config.json").read_text())
    change_json(directory / "config.json", text_config=said, max_position_embeddings=None)
    with pytest.raises(ModelFilesError, match=r"model\.max_tokens = 4096 is more than the 512 positions"):
        check_directory(directory, max_tokens=4096)


def test_a_template_that_cannot_be_trained_on_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFilesError, match=r"model: the chat template renders the answer '```python"):
        render_example(model_directory(tmp_path / "model", template=GPT_OSS))


TURNS = (
    "{% for m in messages %}{% if m.role == 'assistant' %}<asst>{{ m.content }}<end>{% else %}<user>SAID{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<asst>{% endif %}"
)


@pytest.mark.parametrize("said", ["", "{{ m.content | e }}", "{{ m.content | lower }}"])
def test_a_template_that_loses_what_users_say_is_refused(said: str, tmp_path: Path) -> None:
    directory = model_directory(tmp_path / "model", template=TURNS.replace("SAID", said))
    with pytest.raises(ModelFilesError, match=r"its chat template and tokenizer turn .* into .*; take those that came"):
        render_example(directory)


def test_a_family_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    directory = model_directory(tmp_path / "model", model_type="bogus")
    with pytest.raises(
        ModelFilesError, match=r"model_type is 'bogus', which this version of transformers does not know"
    ):
        render_example(directory)


def test_an_error_of_a_templates_own_is_cut(tmp_path: Path) -> None:
    directory = model_directory(tmp_path / "model", template="{{ raise_exception('no\n' * 1000) }}")
    with pytest.raises(ModelFilesError, match=r"TemplateError: no no .{0,200}$"):
        render_example(directory)


def test_a_template_that_fills_the_memory_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = model_directory(tmp_path / "model", template="{{ ('a' * 10 ** 10) | length }}")
    assert cli.main(["model", "check", str(directory)]) == 2
    assert "cannot render a chat: MemoryError" in capsys.readouterr().err


@pytest.mark.slow
def test_a_template_that_never_ends_is_refused(tmp_path: Path) -> None:
    loops = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    with pytest.raises(ModelFilesError, match=r"took all of its time .* \(limits: 5 s, 2 GiB\)"):
        limited_example(model_directory(tmp_path / "model", template=loops))


def test_a_process_that_is_killed_for_memory_blames_no_template() -> None:
    assert "killed by signal 9, as kernels do where memory runs out" in _ended(-9, "")
    assert "took all of its time" in _ended(-24, "")
    assert "failed (ValueError: no)" in _ended(1, "ValueError:\n no")


def test_names_that_no_file_can_have(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a" * 300, str(GENERATOR / "config.json")):
        assert cli.main(["model", "check", name]) == 2
    assert cli.main(["run", "--dry-run", "--set", f"model.generator={'a' * 300}"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_a_tokenizer_of_another_model_is_refused(tmp_path: Path) -> None:
    directory = model_directory(tmp_path / "model", vocab_size=100)
    with pytest.raises(ModelFilesError, match=r"its token \d+ has no row among the 100 of the embedding"):
        check_directory(directory)
    assert cli.main(["run", "--dry-run", "--set", f"model.generator={directory}"]) == 2


def test_a_template_that_writes_tokens_without_rows_is_refused(tmp_path: Path) -> None:
    directory = model_directory(tmp_path / "model", vocab_size=3)
    with pytest.raises(ModelFilesError, match=r"its chat template writes token \d+, which has no row among the 3"):
        render_example(directory)


def test_a_token_that_no_text_holds_may_lack_its_row(tmp_path: Path) -> None:
    directory = model_directory(tmp_path / "model")
    tokenizer = json.loads((directory / "tokenizer.json").read_text())
    rows = json.loads((directory / "config.json").read_text())["vocab_size"]
    picture = {**tokenizer["added_tokens"][0], "id": rows, "content": "<picture>", "special": True}
    change_json(directory / "tokenizer.json", added_tokens=[*tokenizer["added_tokens"], picture])
    assert check_directory(directory)
    assert render_example(directory) is not None


def test_without_eos_the_end_is_the_templates_or_it_is_refused(tmp_path: Path) -> None:
    directory = model_directory(tmp_path / "model")
    change_json(directory / "tokenizer_config.json", eos_token=None)
    example = render_example(directory)
    assert example is not None and example.target != TARGET
    change_json(directory / "tokenizer_config.json", chat_template=GLM)
    with pytest.raises(ModelFilesError, match="ends an answer with none of the end tokens"):
        render_example(directory)


def test_a_models_own_files_are_never_executed(tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoTokenizer

    directory, mark = model_directory(tmp_path / "model"), tmp_path / "mark"
    (directory / "own.py").write_text(f"open({str(mark)!r}, 'w')\nclass Own: pass\n")
    change_json(directory / "tokenizer_config.json", auto_map={"AutoTokenizer": ["own.Own", "own.Own"]})
    change_json(directory / "config.json", auto_map={"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Own"})
    with pytest.raises(ModelFilesError, match="are never executed"):
        check_directory(directory)
    render_example(directory)
    for loader in (AutoConfig, AutoTokenizer):  # a model from a hub is not looked into before
        loader.from_pretrained(directory)
    assert not mark.exists()


def test_nothing_asks_to_trust_a_models_code() -> None:
    for package in ("pipeline", "actors"):
        for file in (ROOT / package).rglob("*.py"):
            assert "trust_remote_code" not in file.read_text(), file


def test_the_example_shows_what_is_trained(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["model", "check", str(GENERATOR), "--max-tokens", "512"]) == 0
    said = capsys.readouterr().out
    assert "ok    architecture LlamaForCausalLM" in said and "ok    positions 512" in said
    assert "⟦```python\ndef f(x):\n    return 2 * x\n```" in said and said.rstrip().endswith("⟧")


def test_where_nothing_can_be_written_nothing_is_begun(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (file := tmp_path / "model.gguf").write_bytes(b"GGUF" + bytes(100))
    for out in (tmp_path, file / "out"):
        assert cli.main(["model", "import", str(file), "--out", str(out)]) == 2
        assert f"{out} " in (told := capsys.readouterr().err) and "Traceback" not in told


def test_files_that_are_no_model_are_not_imported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "model.gguf"
    for text, said in ((None, "no such file"), ("x", "is not in the GGUF format"), ("GGUF\0\0", "cannot be read")):
        if text:
            file.write_text(text)
        assert cli.main(["model", "import", str(file), "--out", str(tmp_path / "out")]) == 2
        told = capsys.readouterr().err
        assert said in told and "Traceback" not in told


def test_a_gguf_file_that_makes_no_model_is_refused_by_its_header(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("gguf")
    version, named = (
        b"\x03\0\0\0",
        b"\x14" + bytes(7) + b"general.architecture" + b"\x08" + bytes(3) + b"\x05" + bytes(7),
    )
    counts = bytes(8) + b"\x01" + bytes(7)
    files = {
        "version 1": (b"\x01\0\0\0" + counts + named + b"llama", "version 1 which we cannot handle"),
        "of other machines": (b"\0\0\0\x03" + bytes(116), "byte order of other machines"),
        "empty": (version + bytes(116), r"has no general.architecture"),
        "without a tokenizer": (version + counts + named + b"llama" + bytes(64), "has no tokenizer.ggml.model"),
        "cut": (version + counts + named[:30], "is it whole? Copy it again"),
    }
    for name, (content, said) in files.items():
        (file := tmp_path / f"{name}.gguf").write_bytes(b"GGUF" + content)
        assert cli.main(["model", "import", str(file), "--out", str(tmp_path / "out")]) == 2
        told = capsys.readouterr().err
        assert said in told and "Traceback" not in told, name
