"""The order of an iteration's stages and what goes into them, under both protocols; no Ray, no models."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from actors.search.episode import EPISODE_SCHEMA
from actors.storage.checkpoint import Checkpoint
from actors.storage.parquet import read_rows
from actors.storage.parts import PartRecord, commit_part, committed_parts
from pipeline.config.load import load_config
from pipeline.errors import StoreError
from pipeline.iteration import run_iteration
from pipeline.methods.strategies import STRATEGIES
from pipeline.stages.search import BEST_ITERATION
from pipeline.stages.tasks import SCORE_SCHEMA, RelabelTask
from pipeline.state.manifest import Manifest
from pipeline.state.stage import Stage
from tests.support.episodes import episode, right, wrong


def manifest(name: str, iteration: int, rows: int = 1, **counts: int) -> Manifest:
    part = PartRecord(part=0, file="f", rows=rows, size_bytes=0, sha256="", counts=counts)
    checkpoint = Checkpoint(path=f"{name}{iteration}", policy_id=f"{name}{iteration}")
    return Manifest(
        stage=name,
        iteration=iteration,
        directory="",
        identity_hash="",
        identity={},
        inputs={},
        digest="",
        parts=(part,),
        checkpoint=checkpoint,
    )


class Paper:
    """A run on paper: it notes its stages, and gives each validation search a number of solved episodes."""

    base = Checkpoint(path="base", policy_id="base")

    def __init__(self, *overrides: str, solved: tuple[int, ...] = (), without_pairs: tuple[int, ...] = ()) -> None:
        self.without_pairs = without_pairs
        self.config = load_config(None, ["run.control=false", "eval.selectors=['pt']", *overrides])
        self.solved = solved
        self.done: dict[tuple[int, str], Manifest] = {}
        self.inputs: dict[tuple[int, str], dict[str, Any]] = {}

    def stage(self, iteration: int, step: Stage, **inputs: Any) -> Manifest:
        self.inputs[iteration, step.name] = inputs
        found = manifest(
            step.name, iteration, rows=0 if step.name == "pairs" and iteration in self.without_pairs else 1
        )
        if step.name == "search_validation":
            counts = {"episodes": 12, "ended_infrastructure": 2, "solved": self.solved[iteration]}
            found = manifest(step.name, iteration, **counts)
        if step is BEST_ITERATION:
            facts = step.function(None, **inputs).facts
            found = Manifest(**{**{key: getattr(found, key) for key in found.__dataclass_fields__}, "facts": facts})
        self.done[iteration, step.name] = found
        return found

    def lookup(self, iteration: int, step: Stage) -> Manifest | None:
        return self.done.get((iteration, step.name))

    def finished(self, iteration: int, step: Stage) -> Manifest:
        return self.done[iteration, step.name]

    def all(self, step: Stage, before: int) -> list[Manifest]:
        return [self.finished(iteration, step) for iteration in range(before)]

    def last(self, step: Stage, before: int) -> Manifest:
        return self.finished(before - 1, step)

    def carry_out(self) -> "Paper":
        for iteration in range(self.config.run.iterations + 1):
            run_iteration(self, iteration)  # type: ignore[arg-type]
        return self


def test_a_run_that_learns_nothing_only_searches() -> None:
    """Neither a training nor a selector asks for episodes or a verifier; a plug-in's selector may."""
    run = Paper("run.iterations=0", "eval.selectors=['random', 'pt', 'cluster', 'mbr', 'oracle']").carry_out()
    assert list(run.done) == [(0, name) for name in ("search_greedy", "search_sweep", "metrics")]
    assert run.inputs[0, "search_sweep"] == {"policy": run.base}
    for settings in (["run.iterations=0", "eval.selectors=['pt', 'lv']"], ["run.iterations=1"]):
        assert (0, "verifier") in Paper(*settings).carry_out().done
    assert load_config(None, ["run.iterations=0", "eval.selectors=['mine:ROW']"]).learns


def names(manifests: list[Manifest]) -> list[str]:
    return [f"{one.stage}{one.iteration}" for one in manifests]


def test_the_last_iteration_is_searched_with_unless_validation_decides() -> None:
    run = Paper().carry_out()
    assert run.inputs[2, "search_sweep"]["policy"].path == "policy2"
    assert run.inputs[2, "search_sweep"]["verifier"].path == "verifier2"
    assert not any(name in ("search_validation", "returned") for _, name in run.done)


@pytest.mark.parametrize(
    ("solved", "policy", "verifier", "accuracy"),
    [
        ((3, 6, 5), "policy1", "verifier1", 0.6),
        ((3, 6, 6), "policy1", "verifier1", 0.6),
        ((7, 6, 6), "base", "verifier0", 0.7),
    ],
)
def test_the_best_iteration_on_validation_is_searched_with(
    solved: tuple[int, ...], policy: str, verifier: str, accuracy: float
) -> None:
    """12 episodes, 2 of them masked: solved / 10. The first of equals."""
    run = Paper("protocol.returned=best_on_validation", solved=solved).carry_out()
    assert run.inputs[2, "search_sweep"]["policy"].path == policy
    assert run.inputs[2, "search_sweep"]["verifier"].path == verifier
    facts = run.done[2, "returned"].facts
    assert facts[f"accuracy_{facts['iteration']}"] == accuracy
    assert run.inputs[2, "search_greedy"]["policy"].path == "policy2"
    assert [run.inputs[i, "search_validation"]["policy"].path for i in range(3)] == ["base", "policy1", "policy2"]


def test_all_episodes_are_relabelled_with_the_newest_scores() -> None:
    run = Paper().carry_out()
    assert names(run.inputs[2, "examples"]["episodes"]) == ["episodes0", "episodes1"]
    assert names([run.inputs[2, "examples"]["scores"]]) == ["scores1"]
    assert "earlier" not in run.inputs[2, "examples"]


def test_without_pairs_a_strategy_that_needs_none_goes_on_and_the_others_end() -> None:
    run = Paper("run.strategy=star", without_pairs=(0, 2)).carry_out()
    assert sorted(i for i, name in run.done if name == "verifier") == [1]
    assert sorted(i for i, name in run.done if name == "scores") == [1]
    assert "scores" not in run.inputs[1, "examples"] and names([run.inputs[2, "examples"]["scores"]]) == ["scores1"]
    assert "verifier" not in run.inputs[2, "search_sweep"] and (2, "metrics") in run.done
    with pytest.raises(StoreError, match="which mucode needs"):
        Paper(without_pairs=(1,)).carry_out()


def test_examples_of_earlier_iterations_may_keep_their_labels() -> None:
    run = Paper("protocol.old_labels=kept").carry_out()
    assert names(run.inputs[1, "examples"]["episodes"]) == ["episodes0"] and "earlier" not in run.inputs[1, "examples"]
    assert names(run.inputs[2, "examples"]["episodes"]) == ["episodes1"]
    assert names([run.inputs[2, "examples"]["earlier"]]) == ["examples1"]


def test_kept_examples_lie_beside_the_new_ones(tmp_path: Path) -> None:
    """The new examples are of e1 alone; those of e0 are there as they were."""
    config = load_config(None, [])
    strategy = STRATEGIES["mucode"].completed(config.protocol, config.fine_tune.trajectories_per_problem)
    old = [episode("e0", wrong("w0"), right("r0"))]
    new = [episode("e1", wrong("w1"), right("r1"), iteration=1)]

    def relabelled(name: str, episodes: list[Any], earlier: list[str]) -> list[dict[str, Any]]:
        files = [str(tmp_path / name / committed(name, episodes).file)]
        scores = [{"episode_id": one.episode_id, "turn": 1, "score": 1.0} for one in episodes]
        table = pa.Table.from_pylist(scores, schema=SCORE_SCHEMA)
        record = commit_part(str(tmp_path / f"{name}-scores"), 0, table)
        bucket = {"part": 0, "directory": str(tmp_path / f"{name}-examples"), "episodes": files, "earlier": earlier}
        RelabelTask(strategy, "mucode", {})({**bucket, "scores": [str(tmp_path / f"{name}-scores" / record.file)]})
        return list(read_rows([example_file(name)]))

    def committed(name: str, episodes: list[Any]) -> PartRecord:
        rows = [one.to_row() for one in episodes]
        return commit_part(str(tmp_path / name), 0, pa.Table.from_pylist(rows, schema=EPISODE_SCHEMA))

    def example_file(name: str) -> str:
        (record,) = committed_parts(str(tmp_path / f"{name}-examples")).values()
        counts.update({name: record.counts})
        return str(tmp_path / f"{name}-examples" / record.file)

    counts: dict[str, dict[str, int]] = {}
    first = relabelled("first", old, [])
    second = relabelled("second", new, [example_file("first")])
    assert [(row["history_episode"], row["target"]) for row in first] == [("e0", "r0")] * 2
    assert second == [*first, *[row for row in second if row["history_episode"] == "e1"]]
    assert [(row["history_episode"], row["target"]) for row in second] == [("e0", "r0")] * 2 + [("e1", "r1")] * 2
    assert (counts["second"]["examples_kept"], counts["second"]["examples"], counts["second"]["histories"]) == (2, 2, 2)
