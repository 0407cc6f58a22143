"""A real model that was imported: what its files say, what it is trained on, what it answers."""

import json
import resource
import subprocess
import sys
from pathlib import Path

from actors.prompting.chat_template import example_ids, prompt_ids
from actors.prompting.dialogue import build_dialogue
from pipeline.model_files.chat import CHAT, TARGET, render_example
from pipeline.model_files.directory import check_directory
from sandbox.problems.load import load_problems

REFUSED_WITHIN_S = 2.0
"""Of CPU, with the interpreter's start."""


def test_its_files_are_those_of_the_publisher(small: Path) -> None:
    config = json.loads((small / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"] and config["tie_word_embeddings"] is True
    shape = [config[name] for name in ("hidden_size", "num_hidden_layers", "num_attention_heads", "vocab_size")]
    assert (shape, config["max_position_embeddings"], config["dtype"]) == ([576, 30, 9, 49152], 8192, "bfloat16")
    assert json.loads((small / "generation_config.json").read_text())["eos_token_id"] == [2]
    assert len(check_directory(small, max_tokens=2048)) == 5


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


def test_what_cannot_work_is_refused_by_a_dry_run(small: Path, tmp_path: Path) -> None:
    settings = [f"model.generator={small}", "model.max_tokens=16384", f"run.root={tmp_path}"]
    command = [sys.executable, "-m", "pipeline", "run", "--dry-run"]
    began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    words = [word for setting in settings for word in ("--set", setting)]
    done = subprocess.run([*command, *words], capture_output=True, text=True)
    assert done.returncode == 2 and "is more than the 8192 positions" in done.stderr
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - began < REFUSED_WITHIN_S
