"""A real model that was imported: what its files say, what it is trained on, what it answers."""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.machine.capacity import Machine
from actors.prompting.chat_template import example_ids, prompt_ids
from actors.prompting.dialogue import build_dialogue
from pipeline.config.load import load_config
from pipeline.errors import ConfigError
from pipeline.model_files.chat import CHAT, TARGET, render_example
from pipeline.model_files.directory import check_directory
from pipeline.preflight.check import check_model
from pipeline.preflight.settling import settle_config
from pipeline.sizing.choices import Sizes, choose_sizes
from pipeline.sizing.model_facts import ModelFacts, read_model_facts
from sandbox.problems.load import load_problems

REFUSED_WITHIN_S = 2.0
"""Of CPU, with the interpreter's start."""


def test_its_files_are_those_of_the_publisher(small: Path) -> None:
    config = json.loads((small / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"] and config["tie_word_embeddings"] is True
    shape = [config[name] for name in ("hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size")]
    assert (shape, config["max_position_embeddings"], config["dtype"]) == ([576, 30, 9, 49152], 8192, "bfloat16")
    assert json.loads((small / "generation_config.json").read_text())["eos_token_id"] == [2]
    told = [line.split()[0] for line in check_directory(small, max_tokens=2048)]
    assert told == [
        "architecture",
        "layers",
        "weights",
        "tokenizer",
        "vocabulary",
        "tensors",
        "eos_token_id",
        "positions",
    ]


def test_training_continues_inference(small: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(small)
    ids, start = example_ids(tokenizer, CHAT, TARGET)
    assert ids[:start] == prompt_ids(tokenizer, CHAT)
    assert tokenizer.decode(ids[start:]) == f"{TARGET}<|im_end|>" and ids.count(2) == 5
    example = render_example(small)
    assert example is not None and example.target == f"{TARGET}<|im_end|>"


def test_it_answers_with_a_program(small: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    problem, dialogue = load_problems("builtin:test")[0], build_dialogue("instruct")
    tokenizer = AutoTokenizer.from_pretrained(small)
    model = AutoModelForCausalLM.from_pretrained(small, dtype=torch.float32)
    assert model.get_input_embeddings().weight.data_ptr() == model.get_output_embeddings().weight.data_ptr()
    asked = prompt_ids(tokenizer, [{"role": "user", "content": dialogue.first_prompt(problem)}])
    ids = model.generate(torch.tensor([asked]), max_new_tokens=40, do_sample=False)[0][len(asked) :]
    program = dialogue.program(tokenizer.decode(ids, skip_special_tokens=True), problem)
    assert program is not None and program.startswith("def ")


def without(*names: str) -> Callable[[Path], None]:
    return lambda directory: [(directory / name).unlink() for name in names] and None


def rewritten(name: str, **changes: Any) -> Callable[[Path], None]:
    def change(directory: Path) -> None:
        entries = json.loads((directory / name).read_text())
        (directory / name).unlink()
        (directory / name).write_text(json.dumps({**entries, **changes}))

    return change


def cut_weights(directory: Path) -> None:
    path = directory / "model.safetensors"
    first = path.open("rb").read(1 << 20)
    path.unlink()
    path.write_bytes(first)


def shards(directory: Path) -> None:
    (directory / "model.safetensors").unlink()
    (directory / "model.safetensors.index.json").write_text('{"weight_map": {"a": "model-00001-of-00002.safetensors"}}')


def no_end(directory: Path) -> None:
    (directory / "chat_template.jinja").unlink()
    turns = "{% for m in messages %}{{ m.role + ': ' + m.content + '\\n' }}{% endfor %}"
    (directory / "chat_template.jinja").write_text(turns + "{% if add_generation_prompt %}assistant: {% endif %}")
    rewritten("tokenizer_config.json", eos_token=None)(directory)


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "no tokenizer": (without("tokenizer.json"), "has no tokenizer"),
    "a base model": (without("chat_template.jinja"), "has no chat template"),
    "cut weights": (cut_weights, "has 1048576 bytes, its header says 269060552"),
    "a shard that is missing": (shards, r"model-00001-of-00002\.safetensors is missing"),
    "few positions": (rewritten("config.json", max_position_embeddings=512), "more than the 512 positions"),
    "another tokenizer": (rewritten("config.json", vocab_size=32000), r"token \d+ has no row among the 32000"),
    "no end of turn": (no_end, "ends an answer with none of the end tokens"),
    "code of its own": (rewritten("config.json", auto_map={"AutoConfig": "own.Own"}), "never executed"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_work_is_refused_at_once(name: str, small: Path, tmp_path: Path) -> None:
    change, said = BROKEN[name]
    for file in small.iterdir():
        (tmp_path / file.name).symlink_to(file.resolve())
    change(tmp_path)
    began = time.process_time()
    with pytest.raises(ConfigError, match=said):
        check_model("model.generator", str(tmp_path), 2048)
    assert time.process_time() - began < REFUSED_WITHIN_S


def test_what_cannot_work_is_refused_by_a_dry_run(small: Path, tmp_path: Path) -> None:
    settings = [f"model.generator={small}", "model.max_tokens=16384", f"run.root={tmp_path}"]
    command = [sys.executable, "-m", "pipeline", "run", "--dry-run"]
    began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    words = [word for setting in settings for word in ("--set", setting)]
    done = subprocess.run([*command, *words], capture_output=True, text=True)
    assert done.returncode == 2 and "is more than the 8192 positions" in done.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - began < REFUSED_WITHIN_S


def test_defaults_are_chosen_for_it(small: Path, tmp_path: Path) -> None:
    """Its own type and half of its positions; a cache for 32 dialogues instead of the built-in model's 128 MiB."""
    machine = Machine(cores=2, memory=8 << 30, bfloat16=True)
    config = load_config(None, [f"model.generator={small}", f"run.root={tmp_path}", "generator.threads=2"])
    settled = settle_config(config, trains=False, fetch=False, machine=machine)
    assert (settled.model.dtype, settled.model.max_tokens) == ("bfloat16", 4096)
    facts = read_model_facts(small)
    assert facts == ModelFacts(parameters=134_515_008, cached_numbers=11_520, positions=8192, dtype="bfloat16")
    sizes = choose_sizes(settled, facts, machine)
    assert sizes == Sizes(generator_threads=2, episodes_in_flight=32, kv_cache_mib=1024, trains_alone=False)
