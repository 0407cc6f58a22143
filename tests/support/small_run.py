"""A small run directory made by hand: metrics, searches and rollouts whose numbers are chosen."""

import json
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from actors.search.episode import EPISODE_SCHEMA, Answer, Episode, Turn
from actors.storage.parts import commit_part
from pipeline.evaluation.metric_rows import CALIBRATION_SCHEMA, METRIC_SCHEMA
from pipeline.state.identity import StageIdentity
from pipeline.state.manifest import Manifest
from pipeline.state.stage import StageOutput
from pipeline.state.store import Store
from sandbox.verdict import Outcome, Verdict

WRONG = Outcome(verdict=Verdict.WRONG_ANSWER)
RIGHT = Outcome(verdict=Verdict.ACCEPTED)
SLOW = Outcome(verdict=Verdict.TIME_LIMIT)
Rows = list[dict[str, Any]]


def commit_stage(store: Store, iteration: int, name: str, facts: dict[str, Any] | None = None) -> Manifest:
    """The manifest of a stage whose parts are committed."""
    identity = StageIdentity(iteration=iteration, stage=name, settings={}, inputs={})
    return store.commit(identity, StageOutput(facts=facts or {}), time.monotonic())


def finish(store: Store, iteration: int, name: str, parts: list[tuple[Rows, pa.Schema, dict[str, int]]]) -> Manifest:
    directory = store.directory(iteration, name)
    for number, (rows, schema, counts) in enumerate(parts):
        commit_part(directory, number, pa.Table.from_pylist(rows, schema=schema), counts)
    return commit_stage(store, iteration, name)


def metric(series: str, *points: tuple[float, float, float], width: int = 1, name: str = "pair_accuracy") -> Rows:
    """Points are (value, low, high) by turn; of the series `held_out_pairs` one, of the metric `name`."""
    pairs = series == "held_out_pairs"
    return [
        {
            "metric": name if pairs else "accuracy",
            "series": series,
            "turn": 0 if pairs else turn,
            "width": 0 if pairs else width,
            "beam": 1,
            "policy_id": "p",
            "verifier_id": "v",
            "value": value,
            "low": low,
            "high": high,
            "n": 40 if pairs else 200,
            "masked": 0,
        }
        for turn, (value, low, high) in enumerate(points, 1)
    ]


def finish_metrics(store: Store, iteration: int, *series: Rows, bins: Rows | None = None) -> Manifest:
    rows = [{"iteration": iteration, **row} for found in series for row in found]
    return finish(store, iteration, "metrics", [(rows, METRIC_SCHEMA, {}), (list(bins or ()), CALIBRATION_SCHEMA, {})])


def answer(public: Outcome | None, private: Outcome | None, program: str = "def f(): ...") -> Answer:
    return Answer(
        response=program, program=program, finish_reason="stop", tokens=9, public=public, private=private, score=None
    )


def episode(
    name: str,
    *answers: Answer,
    infrastructure: bool = False,
    prompt: str = "Write f.",
    selector: str = "first",
    width: int = 1,
) -> dict[str, Any]:
    turns = tuple(
        Turn(answers=(found,), chosen=0, feedback="try again", prompt_tokens=5, seed=1, sample_s=0.1, judge_s=0.1)
        for found in answers
    )
    return Episode(
        episode_id=name,
        problem_id=f"problem-{name}",
        iteration=1,
        policy_id="p",
        verifier_id="",
        selector=selector,
        sample=0,
        prompt=prompt,
        turns=turns,
        infrastructure=infrastructure,
        width=width,
    ).to_row()


def searched(right: range, *, selector: str = "first", width: int = 1, problems: int = 200) -> Rows:
    """One search per problem; those in `right` are solved, at turn 2."""
    return [
        episode(
            f"{n:03d}",
            answer(WRONG, None),
            answer(RIGHT, RIGHT) if n in right else answer(WRONG, None),
            selector=selector,
            width=width,
        )
        for n in range(problems)
    ]


def finish_search(store: Store, iteration: int, name: str, *searches: Rows) -> Manifest:
    return finish(store, iteration, f"search_{name}", [(rows, EPISODE_SCHEMA, {}) for rows in searches])


EPISODES = [
    episode("first", answer(RIGHT, RIGHT)),
    episode("later", answer(WRONG, None), answer(RIGHT, RIGHT)),
    episode("never", answer(WRONG, None), answer(SLOW, None)),
    episode("hidden", answer(RIGHT, WRONG, "<script>alert(1)</script>"), prompt="<img src=x onerror=alert(2)>"),
    episode("broken", answer(RIGHT, None), infrastructure=True),
]


def small_run(root: Path) -> Store:
    """Base model and one iteration. Of 200 problems greedy solves 80, then 110, control 92, PT+LV best of 5 114."""
    store = Store(str(root / "small"))
    store.write(json.dumps({"run": {"iterations": 1, "strategy": "mucode", "seed": 7}}).encode(), "config.json")
    finish_metrics(
        store,
        0,
        metric("greedy", (0.3, 0.24, 0.36), (0.4, 0.34, 0.46)),
        metric("held_out_pairs", (0.5, 0.35, 0.65)),
    )
    finish_search(store, 0, "greedy", searched(range(80)))
    finish_metrics(
        store,
        1,
        metric("held_out_pairs", (0.75, 0.6, 0.9)),
        metric("held_out_pairs", (0.81, 0.7, 0.88), name="auc"),
        metric("pt_lv", (0.52, 0.45, 0.59), (0.57, 0.51, 0.65), width=5),
        metric("control", (0.36, 0.3, 0.42), (0.46, 0.4, 0.52)),
        metric("greedy", (0.45, 0.38, 0.52), (0.55, 0.48, 0.62)),
    )
    finish_search(store, 1, "greedy", searched(range(110)))
    finish_search(store, 1, "control", searched(range(60, 152)))
    finish_search(
        store,
        1,
        "sweep",
        searched(range(20), width=5),
        searched(range(90), selector="pt", width=5),
        searched(range(114), selector="pt_lv", width=5),
    )
    finish(store, 1, "episodes", [(EPISODES[:3], EPISODE_SCHEMA, {}), (EPISODES[3:], EPISODE_SCHEMA, {})])
    return store
