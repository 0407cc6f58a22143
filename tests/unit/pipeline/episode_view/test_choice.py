"""Which episodes a view holds: of finished and of running runs, within a limit, and what was left out is said."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from actors.search.episode import EPISODE_SCHEMA
from actors.storage.parts import commit_part
from pipeline.episode_view.choice import choose_episodes
from pipeline.episode_view.facts import episode_facts
from pipeline.episode_view.inspect_sample import inspect_sample, inspect_summary
from pipeline.episode_view.reading import read_episodes
from pipeline.errors import ConfigError, StoreError
from pipeline.state.store import Store
from tests.support.episodes import INFRA, UNJUDGED, A, answer, episode, right
from tests.support.small_run import EPISODES

OLD_RUN = Path(__file__).parents[3] / "data" / "run-0.1.0"


def shown(store: Store, limit: int, **asked: list[int] | list[str]) -> dict[tuple[int, str], int]:
    choice = choose_episodes(store, limit, **asked)  # type: ignore[arg-type]
    read = {(one.iteration, one.name): sum(1 for _ in read_episodes(store, one)) for one in choice.stages}
    assert read == {(one.iteration, one.name): one.shown for one in choice.stages}
    return read


def test_every_stage_with_episodes_is_shown_in_the_order_of_the_run(small: Store) -> None:
    everything = {(0, "search_greedy"): 200, (1, "episodes"): 5, (1, "search_greedy"): 200, (1, "search_control"): 200}
    everything |= {(1, "search_sweep"): 600}
    assert shown(small, 10_000) == everything
    assert list(shown(small, 10_000)) == list(everything)
    assert choose_episodes(small, 10_000).note == ""
    assert shown(small, 10_000, iterations=[0]) == {(0, "search_greedy"): 200}
    assert shown(small, 10_000, names=["episodes"]) == {(1, "episodes"): 5}


def test_a_limit_leaves_out_the_oldest_and_says_what(small: Store) -> None:
    found = shown(small, 210)  # a part of a stage, too
    assert found == {
        (0, "search_greedy"): 0,
        (1, "episodes"): 5,
        (1, "search_greedy"): 200,
        (1, "search_control"): 5,
        (1, "search_sweep"): 0,
    }
    choice = choose_episodes(small, 210)
    assert (choice.shown, choice.left_out) == (210, 995)
    assert choice.note == (
        "995 episodes left out by the limit of 210: 200 of search greedy of iteration 0, 195 of search control of "
        "iteration 1, 600 of search sweep of iteration 1"
    )


def test_committed_parts_of_a_stage_at_work_are_shown(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "begun"))
    store.write(json.dumps({"run": {"iterations": 1}}).encode(), "config.json")
    with pytest.raises(StoreError, match="no episodes yet"):
        choose_episodes(store, 10)
    commit_part(store.directory(0, "episodes"), 3, pa.Table.from_pylist(EPISODES, schema=EPISODE_SCHEMA))
    assert shown(store, 10) == {(0, "episodes"): 5}
    assert "5 episodes so far, the stage is not finished" in choose_episodes(store, 10).stages[0].state


def test_stages_that_a_study_shares_are_read_where_they_are(tmp_path: Path) -> None:
    cell = Store(str(tmp_path / "study" / "cells" / "a"))
    cell.write(json.dumps({"run": {"iterations": 1}}).encode(), "config.json")
    place = "stages/iter_0000/episodes-4b1f"
    commit_part(f"{tmp_path}/study/{place}", 0, pa.Table.from_pylist(EPISODES, schema=EPISODE_SCHEMA))
    cell.files.write_json({"stage": f"../../{place}"}, "iter_0000", "episodes", "at.json")
    assert shown(cell, 10) == {(0, "episodes"): 5}


def test_what_is_not_there_is_refused_with_what_is(small: Store) -> None:
    with pytest.raises(ConfigError, match="no episodes of stage greedy, iteration 1; there are: search_greedy of iter"):
        choose_episodes(small, 10, [1], ["greedy"])


def test_masked_episodes_and_those_without_a_turn_have_facts() -> None:
    [stage] = choose_episodes(Store(str(OLD_RUN)), 10_000, names=["held_out"]).stages
    unjudged = episode("u", answer("f", A, UNJUDGED))
    silent = replace(episode("s", right("f")), turns=())
    lost = episode("i", answer("f", INFRA), infrastructure=True)
    found = [episode_facts(one, stage, {}) for one in (unjudged, silent, lost, episode("r", right("f")))]
    assert [(one.solved, one.masked, one.ending, one.verdicts) for one in found] == [
        (None, "unjudged", "unjudged", ("unjudged",)),
        (None, "", "context", ()),
        (None, "infrastructure", "infrastructure", ("infrastructure_error",)),
        (True, "", "passed", ("accepted",)),
    ]
    for one, facts in zip((unjudged, silent, lost), found, strict=False):
        sample = inspect_sample(one, stage, facts, {}, "model")
        assert "scores" not in sample and ("error" in sample) == (facts.masked == "infrastructure")
        assert inspect_summary(sample)["message_count"] == 1 + len(one.turns)


def test_facts_add_up_to_the_counts_that_the_run_wrote() -> None:
    """Of a real run: endings and solved episodes, recomputed without its plans, are those of its manifests."""
    store = Store(str(OLD_RUN))
    for stage in choose_episodes(store, 10_000).stages:
        manifest = store.read_manifest(stage.iteration, stage.name)
        assert manifest is not None
        facts = [episode_facts(episode, stage, scores) for episode, scores in read_episodes(store, stage)]
        assert sum(one.solved is True for one in facts) == manifest.count("solved")
        assert sum(one.tokens for one in facts) == manifest.count("tokens")
        assert sum(len(one.verdicts) for one in facts) == manifest.count("turns")
        for ending in ("passed", "turns", "context", "infrastructure"):
            assert sum(one.ending == ending for one in facts) == manifest.count(f"ended_{ending}")
        scored = [one.score for one in facts if one.score is not None]
        assert len(scored) == (0 if stage.name.startswith("search") else len(facts))
