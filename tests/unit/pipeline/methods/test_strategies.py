"""Strategies as rows: their identity is that of earlier versions, and strangers' functions are checked."""

from dataclasses import replace
from typing import Any

import pytest

from actors.search.episode import Answer
from pipeline.config.load import load_config
from pipeline.errors import ConfigError, StrategyError
from pipeline.methods.pairs import PairRecipe, make_pairs
from pipeline.methods.relabel import DROPPED, Relabelled, relabel
from pipeline.methods.states import final_state
from pipeline.methods.strategies import STRATEGIES, Strategy, strategy_label
from pipeline.preflight.check import check_settings
from pipeline.stages.sampling import EPISODES as EPISODES_STAGE
from pipeline.state.identity import digest_of
from pipeline.state.problems import ProblemSplits
from tests.support.episodes import episode, right, wrong

DIGESTS = {
    "mucode": "38afc3c30c914783257f",
    "mucode_ov": "0e9ab70c21dde8db6ba6",
    "mucode_lv": "9a4ac19c05e5f0ec0d5a",
    "rft": "027f1f38c23f2c04ad21",
    "rft_lv": "11aa842ad78c8eeb2712",
    "star": "70c8d1de6921d0026b13",
    "control": "4ff9e57693983083991a",
    "leap": "6946aebe51dba1dfc593",
}
"""As version 0.1.0 wrote them into the manifests of run directories. `rise` has had its authors' weights since."""
EPISODES = [episode("e0", wrong("a"), wrong("b")), episode("e1", right("r"), sample=1)]


def relabelled(strategy: Strategy, name: str = "mine") -> Relabelled:
    return relabel(EPISODES, {}, strategy.completed(load_config().protocol, 3), name)


@pytest.mark.parametrize("name", DIGESTS)
def test_labels_and_texts_leave_the_identity_of_earlier_runs_as_it_was(name: str) -> None:
    assert digest_of(STRATEGIES[name].method_fields()) == DIGESTS[name]
    assert STRATEGIES[name].label and STRATEGIES[name].description


def test_a_label_is_read_without_importing_anything() -> None:
    assert strategy_label("mucode_ov") == "µCode-OV"
    assert strategy_label("absent_package:MINE") == "MINE"


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            'run.strategy="mucoda"',
            r"run\.strategy = 'mucoda': no strategy is named 'mucoda'; did you mean 'mucode'\?",
        ),
        ('run.strategy="base"', r"run\.strategy = 'base' trains no generator, but run\.iterations = 2; set"),
        ('run.strategy="absent_package:MINE"', r"there is no package 'absent_package'"),
    ],
)
def test_a_strategy_that_cannot_be_is_refused(setting: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        check_settings(load_config(None, [setting]), ProblemSplits())


def test_functions_of_a_row_take_the_place_of_its_fields() -> None:
    strategy = Strategy(
        select_trajectories=lambda trajectories, expert: [e for e in trajectories if not final_state(e).correct],
        choose_target=lambda state, expert: expert.as_target(state) if state.turn else "unsolved",
    )
    found = relabelled(strategy)
    assert [(row["history_episode"], row["history_turn"], row["target"]) for row in found.examples] == [("e0", 1, "b")]
    assert (found.counts["dropped_unsolved"], found.counts["dropped_beyond_limit"]) == (1, 1)


@pytest.mark.parametrize(
    ("functions", "message"),
    [
        (
            {"choose_target": lambda state, expert: "r"},
            r"choose_target of strategy 'mine' returned .r.; expected",
        ),
        ({"select_trajectories": lambda trajectories, expert: EPISODES}, r"select_trajectories .* as they are"),
        ({"select_trajectories": lambda trajectories, expert: [trajectories[0]] * 2}, r"each once"),
        (
            {"select_trajectories": lambda trajectories, expert: None},
            r"select_trajectories .* returned NoneType; expected",
        ),
        (
            {"choose_target": lambda state, expert: expert.as_target(state)._replace(text=None)},
            r"choose_target of strategy 'mine' returned Target\(.*text=None",
        ),
    ],
)
def test_functions_that_return_what_they_may_not_are_named(functions: dict[str, Any], message: str) -> None:
    with pytest.raises(StrategyError, match=message):
        relabelled(Strategy(**functions))


def lucky(response: str) -> Answer:
    """Accepted under the first seed of hashes alone."""
    answer = right(response)
    assert answer.private is not None
    return replace(answer, private=replace(answer.private, seed_dependent=True))


@pytest.mark.parametrize("name", DIGESTS)
def test_what_only_one_seed_accepts_is_no_training_target(name: str) -> None:
    episodes = [episode("e0", lucky("a")), episode("e1", wrong("b"), lucky("c"), sample=1)]
    found = relabel(episodes, {}, STRATEGIES[name].completed(load_config().protocol, 3), name, reference="ref")
    assert {row["target"] for row in found.examples} <= {"b", "ref"}  # the control, and leap
    assert found.counts["histories"] == found.counts["examples"] + sum(found.counts[reason] for reason in DROPPED)


def test_it_is_neither_right_nor_wrong_for_the_verifier() -> None:
    episodes = [episode("e0", lucky("a"), sample=0), episode("e1", wrong("b"), sample=1), episode("e2", right("r"))]
    pairs = make_pairs(episodes, PairRecipe(per_problem=9), seed=0)
    assert [(pair["chosen"], pair["rejected"]) for pair in pairs] == [("r", "b")]


def test_the_second_seed_is_part_of_what_rollouts_are() -> None:
    before, after = (load_config(None, settings) for settings in ([], ["executor.second_seed=true"]))
    assert EPISODES_STAGE.name == "episodes"
    fields = [config.identity(*EPISODES_STAGE.config_fields) for config in (before, after)]
    assert fields[1] == fields[0] | {"executor.second_seed": True}
