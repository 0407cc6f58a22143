"""A head on a frozen backbone is what a training gives whose backbone requires no gradient."""

import itertools
import json
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import torch

from actors.scorers.verifier import LearnedVerifier
from actors.storage.parts import commit_part, committed_parts
from pipeline.config.schema import TrainingSection, VerifierSection
from pipeline.training.examples import TrainingExample
from pipeline.training.frozen import features as frozen_features
from pipeline.training.frozen.features import compute_features, distinct_sequences, padding_fraction, read_features
from pipeline.training.frozen.head import train_head_on_rank
from pipeline.training.memory import smaller_settings
from pipeline.training.pair_loss import PairLoss
from pipeline.training.settings import TrainingJob, TrainingSettings, training_settings
from pipeline.training.types import TrainingReport
from sandbox.problems.builtin import family
from tests.support.training_data import BATCH, LEARNING_RATE, STEPS, plain_training

EMBEDDED = Path(__file__).parents[4] / "pipeline" / "embedded"
EXACT = 1e-5


@dataclass(frozen=True, slots=True)
class FrozenByGradients(PairLoss):
    """The reference: the whole model in every step, of which the head alone requires a gradient."""

    def load_model(self, *arguments: Any) -> Any:
        model = PairLoss.load_model(self, *arguments).requires_grad_(False)
        model.score.requires_grad_(True)
        return model


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Problems of the built-in family: the reference against another problem's, each in several pairs."""
    problems = family.load_family("validation")[:12]
    rows = [
        {
            "pair_id": f"pair-{number:03d}",
            "problem_id": one.problem_id,
            "prompt": one.prompt,
            "chosen": one.reference,
            "rejected": other.reference,
        }
        for number, (one, other) in enumerate(itertools.islice(itertools.permutations(problems, 2), 40))
    ]
    directory = str(tmp_path_factory.mktemp("pairs"))
    commit_part(directory, 0, pa.Table.from_pylist(rows))
    return directory


@pytest.fixture(autouse=True)
def one_process() -> Iterator[None]:
    """A rank starts the process group; the next test starts its own."""
    yield
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def settings(pairs: str, out: Path, base: str = "verifier", loss: str = "bt", **changes: Any) -> TrainingSettings:
    section = VerifierSection(learning_rate=LEARNING_RATE, batch_pairs=BATCH, steps=STEPS, loss=loss, freeze=True)
    job = TrainingJob(
        data=pairs,
        base=str(EMBEDDED / base),
        out=str(out / "checkpoint"),
        dtype="float32",
        max_tokens=512,
        seed=0,
        run_name="head",
        storage=str(out),
    )
    return training_settings(job, section, TrainingSection(**changes), batch_size=section.batch_pairs)


def train(given: TrainingSettings, loss: str = "bt") -> TrainingReport:
    report = train_head_on_rank(PairLoss(kind=loss, reward_l2=1e-3), given)
    assert report is not None
    return report


@pytest.mark.parametrize(("base", "loss"), [("verifier", "bt"), ("generator", "bt"), ("generator", "bce")])
def test_the_head_is_that_of_a_training_without_gradients_of_the_backbone(
    pairs: str, tmp_path: Path, base: str, loss: str
) -> None:
    given = settings(pairs, tmp_path, base, loss)
    report = train(given, loss)
    losses, model = plain_training(FrozenByGradients(kind=loss, reward_l2=1e-3), pairs, given.base, eps=given.adam_eps)
    assert list(report.losses) == pytest.approx(losses, abs=EXACT) and losses[-1] < losses[0] - 0.01
    trained = LearnedVerifier(report.checkpoint.path).model
    for (name, found), (_, expected) in zip(trained.named_parameters(), model.named_parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=EXACT if name == "score.weight" else 0)
    assert (report.examples, report.steps) == (40, STEPS)


def test_the_features_are_gone_when_the_checkpoint_is_there(pairs: str, tmp_path: Path) -> None:
    report = train(settings(pairs, tmp_path))
    assert not (tmp_path / "features").exists()
    assert json.loads((Path(report.checkpoint.path) / "training.json").read_text())["settings"]["freeze"] is True


def test_an_attempt_goes_on_with_the_features_of_an_earlier_one(
    pairs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the fourth part of eight sequences, and started again."""
    monkeypatch.setattr(frozen_features, "PART_SEQUENCES", 8)
    whole = train(settings(pairs, tmp_path / "whole"))
    passed, states = Counter[str](), frozen_features.last_hidden_states

    def counted(model: Any, ids: Any, mask: Any) -> Any:
        passed["sequences"] += len(ids)
        if passed["sequences"] > passed["killed at"] > 0:
            raise KeyboardInterrupt
        return states(model, ids, mask)

    monkeypatch.setattr(frozen_features, "last_hidden_states", counted)
    train(settings(pairs, tmp_path / "counted"))
    total = passed.pop("sequences")
    passed["killed at"] = 24
    with pytest.raises(KeyboardInterrupt):
        train(settings(pairs, tmp_path / "again"))
    assert sorted(committed_parts(str(tmp_path / "again" / "features"))) == [0, 1, 2]
    passed.clear()
    again = train(settings(pairs, tmp_path / "again"))
    assert passed["sequences"] == total - 24 > 0
    assert again.losses == whole.losses and again.checkpoint.policy_id == whole.checkpoint.policy_id


def test_each_distinct_sequence_passes_the_backbone_once(tmp_path: Path) -> None:
    one, two, three = (array("i", ids) for ids in ([5, 6, 7], [5, 6], [8]))
    examples = [TrainingExample(sequences=pair) for pair in ((one, two), (one, three), (three, array("i", [5, 6])))]
    sequences, places = distinct_sequences(examples)
    assert (sequences, places) == ([one, two, three], [(0, 1), (0, 2), (2, 1)])
    assert padding_fraction(sequences, 6) == pytest.approx(1 - 6 / 7)  # 3 + 3 padded to 6 tokens, then 1


def test_ranks_share_the_parts_and_batches_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen_features, "PART_SEQUENCES", 4)
    model = LearnedVerifier(str(EMBEDDED / "verifier")).model
    sequences = [array("i", range(5, 6 + length)) for length in (9, 2, 30, 7, 7, 1, 12, 3, 20, 4)]
    for rank in (0, 1):
        compute_features(model, sequences, str(tmp_path / "shared"), 64, rank, world=2)
    assert sorted(committed_parts(str(tmp_path / "shared"))) == [0, 1, 2]
    compute_features(model, sequences, str(tmp_path / "alone"), 10_000, 0, world=1)
    shared, alone = (read_features(str(tmp_path / name)) for name in ("shared", "alone"))
    torch.testing.assert_close(shared, alone, rtol=0, atol=EXACT)
    for sequence, feature in zip(sequences, shared, strict=True):
        hidden = model.base_model(input_ids=torch.tensor([list(sequence)])).last_hidden_state[0, -1]
        torch.testing.assert_close(feature, hidden, rtol=0, atol=EXACT)


def test_what_takes_less_memory_is_not_what_has_no_effect(pairs: str, tmp_path: Path) -> None:
    said = smaller_settings(settings(pairs, tmp_path))
    assert "micro_batch_tokens" in said and "zero_stage" not in said and "checkpointing" not in said
