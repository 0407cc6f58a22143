"""The scorer agrees with transformers, whatever the batching, and survives bad rows."""

import json
import math
import shutil
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from actors.scorers.verifier import LearnedVerifier, verifier_ids
from actors.storage.checkpoint import CheckpointError
from tests.support.tiny_models import tiny_causal, tiny_verifier

PAIRS = [("add", "x + y"), ("subtract two numbers", "x"), ("", "a longer answer than all of the others"), ("p", "")]


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny_verifier(tmp_path_factory.mktemp("verifier") / "v")


def reference(path: str) -> list[float]:
    """transformers alone, one row at a time."""
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModelForSequenceClassification.from_pretrained(path).eval()
    with torch.inference_mode():
        rows = [torch.tensor([verifier_ids(tokenizer, *pair)]) for pair in PAIRS]
        return [model(input_ids=row).logits.item() for row in rows]


@pytest.mark.parametrize("batch_tokens", [1, 64, 16384])
def test_scores_equal_transformers_in_any_batching(verifier: str, batch_tokens: int) -> None:
    scorer = LearnedVerifier(verifier, max_tokens=128, batch_tokens=batch_tokens)
    assert scorer.score_pairs(PAIRS) == pytest.approx(reference(verifier), abs=1e-5)
    assert scorer.score_pairs([]) == []


def test_a_long_answer_and_a_broken_one_do_not_stop_the_others(verifier: str) -> None:
    scorer = LearnedVerifier(verifier, max_tokens=20)
    scores, statuses = scorer.score_with_status([("p", "ok"), ("p", "x" * 50), ("p", None), ("p", "ok")])  # type: ignore[list-item]
    assert [status.split(":")[0] for status in statuses] == ["ok", "too_long", "error", "ok"]
    assert [math.isnan(score) for score in scores] == [False, True, True, False]
    assert scores[0] == pytest.approx(scores[3])


def test_a_verifier_that_can_read_no_answer_says_so(verifier: str, tmp_path: Path) -> None:
    """Its scores would all be nan, and best-of-N by them like random choice."""
    mute = tmp_path / "mute"
    shutil.copytree(verifier, mute)
    settings = json.loads((mute / "tokenizer_config.json").read_text())
    settings.pop("chat_template", None)
    (mute / "tokenizer_config.json").write_text(json.dumps(settings))
    (mute / "chat_template.jinja").unlink(missing_ok=True)
    with pytest.raises(CheckpointError, match="cannot read an answer: error: the model has no chat template"):
        LearnedVerifier(str(mute)).score_pairs([("ask", "answer"), ("ask", "other")])


def test_a_generator_is_no_verifier(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is no verifier"):
        LearnedVerifier(tiny_causal(tmp_path / "g"))
