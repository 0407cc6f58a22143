"""Why there is nothing to train on: the counts say, and strategies that need no verifier go on."""

import re
from collections import Counter

import pytest

from pipeline.config.load import load_config
from pipeline.errors import StoreError
from pipeline.methods.strategies import STRATEGIES
from pipeline.stages.generator import require_examples
from pipeline.stages.shortage import describe_shortage
from pipeline.stages.verifier import can_train_verifier
from tests.unit.pipeline.test_iteration import manifest

RIGHT = {"episodes": 16, "solved": 16, "ended_passed": 16, "answers": 16, "answers_judged": 16}
WRONG = {"episodes": 16, "ended_turns": 16, "answers": 48, "answers_judged": 48, "no_program": 3}
NO_ROOM = {"episodes": 16, "ended_context": 16}
NONE = {"problems": 4, "problems_without_right_answer": 4}


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (RIGHT, "Of 16 episodes 16 solved; of 16 answers none was wrong. Every answer is right: .* choose harder ones"),
        (
            WRONG,
            "16 used up their turns; of 48 answers 48 wrong, 3 without a program. Every answer is wrong: sample more",
        ),
        (NO_ROOM, "Of 16 episodes 16 ended for lack of room; .* Raise model.max_tokens"),
        ({**WRONG, "no_program": 40}, "40 without a program. The model writes no program .* dialogue.style"),
        ({**WRONG, "cut_short": 30}, "30 cut at rollouts.max_tokens. Raise rollouts.max_tokens"),
        ({"episodes": 16, "ended_infrastructure": 16}, "16 were lost to the infrastructure; .*mucode doctor"),
        (
            {"episodes": 16, "ended_unjudged": 12, "solved": 4},
            "12 had tests that cannot be judged; .*--samples ref",
        ),
        ({**WRONG, "solved": 8, "episodes": 24}, "8 solved, .* Sample more .* nearer to what the model can do"),
    ],
)
def test_the_reason_is_what_most_episodes_show(counts: dict[str, int], said: str) -> None:
    assert re.search(said, describe_shortage(Counter(counts)))


@pytest.mark.parametrize(
    ("strategy", "needs"),
    [
        *((name, True) for name in ("mucode", "mucode_lv", "rft_lv", "leap")),
        *((name, False) for name in ("mucode_ov", "rft", "rise", "star", "control")),
    ],
)
def test_which_strategies_need_scores(strategy: str, needs: bool) -> None:
    config = load_config(None)
    assert STRATEGIES[strategy].completed(config.protocol, 3).needs_scores is needs


def test_a_strategy_that_needs_no_verifier_goes_on_without_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    pairs, episodes = manifest("pairs", 0, rows=0, **NONE), [manifest("episodes", 0, **NO_ROOM)]
    for name in ("star", "rft", "base"):
        assert not can_train_verifier(load_config(None, [f"run.strategy={name}"]), pairs, episodes)
    assert "no verifier is trained, and what is left of star goes on without" in capsys.readouterr().out
    assert not can_train_verifier(load_config(None, ["run.iterations=0"]), pairs, episodes)
    with pytest.raises(StoreError, match=r"problems 4, .* which mucode needs. Of 16 episodes 16 ended for lack of"):
        can_train_verifier(load_config(None), pairs, episodes)
    assert can_train_verifier(load_config(None), manifest("pairs", 0), episodes)


def test_no_examples_are_explained_too() -> None:
    with pytest.raises(StoreError, match=r"no training example .*\. Of 16 episodes 16 ended for lack of room"):
        require_examples(manifest("examples", 1, rows=0, problems=4), [manifest("episodes", 0, **NO_ROOM)])
