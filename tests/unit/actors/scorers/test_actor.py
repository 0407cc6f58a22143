"""The scoring actor hosts any row of the table, and scores only by the checkpoint that it is asked for."""

import asyncio
import math
from pathlib import Path
from typing import Any

import pytest

from actors.scorers.actor import ScorerActor
from actors.scorers.client import ScorerClient
from actors.scorers.scorer import ScorerError
from actors.scorers.table import SCORERS
from actors.storage.checkpoint import Checkpoint, CheckpointError, weights_checksum
from pipeline.config.load import load_config
from pipeline.errors import ConfigError
from pipeline.stages.search import SEARCH_BEST_OF_N
from pipeline.stages.verifier import SCORES, VERIFIER
from sandbox.registry import RegistryError

PLUGIN = """
from actors.scorers.scorer import ScorerKind

class Length:
    def __init__(self, checkpoint, *, dtype, max_tokens, batch_tokens):
        self.weight = float(open(f"{checkpoint}/model.safetensors").read())
        self.longest = max_tokens

    def score_pairs(self, pairs):
        return [self.weight * len(text) if len(text) <= self.longest else float("nan") for _, text in pairs]

LENGTH = ScorerKind(label="length", description="The longer, the better.", load=Length)
"""


@pytest.fixture
def length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    module = f"scorer_of_{tmp_path.name}"
    (tmp_path / f"{module}.py").write_text(PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    return f"{module}:LENGTH"


def checkpoint(directory: Path, weight: float) -> Checkpoint:
    directory.mkdir()
    (directory / "model.safetensors").write_text(str(weight))
    return Checkpoint(path=str(directory), policy_id=weights_checksum(directory))


def test_each_call_is_scored_by_the_checkpoint_that_it_names(length: str, tmp_path: Path) -> None:
    one, two = checkpoint(tmp_path / "one", 1), checkpoint(tmp_path / "two", 2)
    actor = ScorerActor(length, max_tokens=3)
    assert actor.score(one, [("p", "a"), ("p", "abc")]) == [1, 3]
    assert actor.score(two, [("p", "abc")]) == [6]
    assert actor.score(one, [("p", "abc")]) == [3]
    assert math.isnan(actor.score(one, [("p", "abcd")])[0])
    other = Checkpoint(path=two.path, policy_id=one.policy_id)
    assert ScorerActor(length).score(two, []) == []
    with pytest.raises(CheckpointError, match=f"two holds {two.policy_id}, not {one.policy_id}"):
        ScorerActor(length).score(other, [])


class Handle:
    """Ray's handle of an actor, in this process."""

    def __init__(self, actor: ScorerActor) -> None:
        self.score = self
        self.actor = actor

    def remote(self, *arguments: Any) -> Any:
        async def answer() -> list[float]:
            return self.actor.score(*arguments)

        return answer()


def test_a_search_awaits_the_actor(length: str, tmp_path: Path) -> None:
    client = ScorerClient(Handle(ScorerActor(length)), checkpoint(tmp_path / "one", 1))
    assert asyncio.run(client([("p", "ab")])) == [2]  # type: ignore[arg-type]


def test_the_config_names_a_scorer(length: str) -> None:
    assert load_config().verifier.scorer == next(iter(SCORERS)) == "learned_verifier"
    assert load_config(overrides=[f"verifier.scorer='{length}'"]).verifier.scorer == length
    with pytest.raises(ConfigError, match="did you mean 'learned_verifier'"):
        load_config(overrides=["verifier.scorer=learned"])
    with pytest.raises(RegistryError, match="no scorer is named"):
        SCORERS["agreement"]


def test_only_stages_that_score_depend_on_the_scorer(length: str) -> None:
    """The default leaves every identity as it was before there was a choice."""
    default, other = load_config(), load_config(overrides=[f"verifier.scorer='{length}'"])
    for one in (SCORES, SEARCH_BEST_OF_N):
        assert "verifier.scorer" not in default.identity(*one.config_fields)
        assert other.identity(*one.config_fields) == {**default.identity(*one.config_fields), "verifier.scorer": length}
    trained = VERIFIER.config_fields
    assert other.identity(*trained) == default.identity(*trained)
    assert default.identity("verifier").items() <= default.identity(*trained).items()


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("[1.0]", "returned 1 numbers for 2 pairs"),
        ("[1.0, None]", "returned no numbers .*; expected a float per pair"),
        ("None", "returned no numbers .*; expected a float per pair"),
    ],
)
def test_a_scorer_that_does_not_answer_every_pair_is_named(
    length: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, returned: str, said: str
) -> None:
    module = f"broken_scorer_{abs(hash(returned))}"
    body = (
        PLUGIN.partition("        return [self")[0]
        + f"        return {returned}\n\n"
        + PLUGIN[PLUGIN.index("LENGTH") :]
    )
    (tmp_path / f"{module}.py").write_text(body)
    with pytest.raises(ScorerError, match=f"score_pairs of scorer '{module}:LENGTH' {said}"):
        ScorerActor(f"{module}:LENGTH").score(checkpoint(tmp_path / "one", 1), [("p", "a"), ("p", "b")])
