"""The shipped tiny models: small, whole, with a chat that training and inference read alike."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from actors.prompting.chat_template import example_ids, prompt_ids
from pipeline.embedded.card import CardError, read_card, verify_card
from pipeline.embedded.judge import first_failure, passes_all_tests
from sandbox.problem import FunctionTest
from sandbox.problems.builtin import family

ROOT = Path(__file__).parents[4]
GENERATOR, VERIFIER = (ROOT / "pipeline" / "embedded" / name for name in ("generator", "verifier"))
LONGEST_PROMPT = 56
"""Tokens. Three turns of at most 64 new tokens and their feedback fit the model's 512 positions."""
PROGRAM = "def f(xs):\n    xs = xs[-2:]\n    xs = [x - 3 for x in xs]\n    return sorted(xs)"


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(GENERATOR)


def test_both_models_are_under_two_megabytes() -> None:
    files = [path for directory in (GENERATOR, VERIFIER) for path in directory.iterdir()]
    assert {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"} <= {p.name for p in files}
    assert sum(path.stat().st_size for path in files) < 2_000_000


def test_a_chat_is_written_compactly(tokenizer: Any) -> None:
    messages = [
        {"role": "user", "content": "hold the rear 2\nf([9, 8, 7]) == [4, 5]"},
        {"role": "assistant", "content": PROGRAM},
        {"role": "user", "content": "got [3], expected [4, 5]"},
    ]
    ids, start = example_ids(tokenizer, messages, PROGRAM)
    assert ids[:start] == prompt_ids(tokenizer, messages)
    assert ids[-1] == tokenizer.eos_token_id == tokenizer.convert_tokens_to_ids("<end>")
    assert tokenizer.decode(ids[start:-1]) == PROGRAM
    assert tokenizer.decode(ids) == (
        f"<user>hold the rear 2\nf([9, 8, 7]) == [4, 5]<asst>{PROGRAM}<end>"
        f"<user>got [3], expected [4, 5]<asst>{PROGRAM}<end>"
    )


@pytest.mark.parametrize("text", ["π ≠ 3\tand ```python```", "NameError: name 'y' is not defined", ""])
def test_any_text_survives_the_tokenizer(tokenizer: Any, text: str) -> None:
    assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_prompts_are_short(tokenizer: Any, split: str) -> None:
    chats = [[{"role": "user", "content": problem.prompt}] for problem in family.load_family(split)]
    assert max(len(prompt_ids(tokenizer, chat)) for chat in chats) <= LONGEST_PROMPT


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_flipped_byte_is_caught(tmp_path: Path, name: str) -> None:
    directory = Path(shutil.copytree(GENERATOR, tmp_path / "generator"))
    verify_card(directory)
    content = bytearray((directory / name).read_bytes())
    content[len(content) // 2] ^= 1
    (directory / name).write_bytes(content)
    with pytest.raises(CardError, match=rf"{name} is not the file that card\.json describes"):
        verify_card(directory)


def test_a_missing_card_or_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"no readable card\.json"):
        verify_card(tmp_path)
    directory = Path(shutil.copytree(VERIFIER, tmp_path / "verifier"))
    (directory / "config.json").unlink()
    with pytest.raises(CardError, match="no such file"):
        verify_card(directory)


def test_cards_are_read_without_torch() -> None:
    code = "import sys; import pipeline.embedded.card; assert not {'torch', 'transformers', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


def test_the_tiny_judge_speaks_like_the_sandbox() -> None:
    tests = (FunctionTest("assert f([9, 8, 7]) == [4, 5]"),)
    assert first_failure(PROGRAM, tests) == ""
    assert first_failure(PROGRAM.replace("- 3", "+ 3"), tests) == "got [10, 11], expected [4, 5]"
    empty = PROGRAM.replace("xs[-2:]", "xs[3:]").replace("sorted(xs)", "xs[0]")
    assert first_failure(empty, tests) == "IndexError: list index out of range"
    assert first_failure("import os", tests) == "SyntaxError: invalid syntax"


def test_the_generator_scores_what_its_card_says(tokenizer: Any) -> None:
    import torch
    from transformers import LlamaForCausalLM

    from pipeline.embedded.sampling import greedy_accuracy

    torch.set_num_threads(1)  # more only get in each other's way at this size

    verify_card(GENERATOR)
    card = read_card(GENERATOR)
    model = LlamaForCausalLM.from_pretrained(GENERATOR)
    assert model.dtype == torch.float32
    accuracy = greedy_accuracy(model, tokenizer, family.load_family("validation"))
    assert accuracy == pytest.approx(card["validation_greedy_accuracy"], abs=card["tolerance"])


def test_the_verifier_prefers_right_programs_of_the_warm_split(tokenizer: Any) -> None:
    """Its own training split: this guards the files, not the claim (the run measures held-out pairs)."""
    import random

    import torch
    from transformers import LlamaForSequenceClassification

    from pipeline.embedded.training import score_rows
    from pipeline.embedded.warm_examples import wrong_programs

    verify_card(VERIFIER)
    model = LlamaForSequenceClassification.from_pretrained(VERIFIER).eval()
    assert model.config.num_labels == 1
    rng = random.Random(0)
    right, wrong = [], []
    for problem in family.load_family("warm")[:200]:
        chat = [{"role": "user", "content": problem.prompt}]
        for text in wrong_programs(problem, rng, 1):
            assert passes_all_tests(problem.reference or "", problem)
            right.append(example_ids(tokenizer, chat, problem.reference or "")[0])
            wrong.append(example_ids(tokenizer, chat, text)[0])
    with torch.no_grad():
        values = score_rows(model, right + wrong, tokenizer.pad_token_id)
    assert (values[: len(right)] > values[len(right) :]).float().mean() > 0.7
    noise = torch.randn(len(values), generator=torch.Generator().manual_seed(0))
    assert 0.4 < (noise[: len(right)] > noise[len(right) :]).float().mean() < 0.6  # and the measure sees the difference


def test_the_models_share_one_tokenizer() -> None:
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (GENERATOR / name).read_bytes() == (VERIFIER / name).read_bytes()
    assert "<asst>" in json.loads((GENERATOR / "tokenizer_config.json").read_text())["chat_template"]
