"""A study without training: what its files ask for, and its claims and tables on cells that were made by hand."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.config.shipped import shipped_configs
from pipeline.errors import ConfigError
from pipeline.evaluation.claims import Claim
from pipeline.state.problems import ProblemSplits
from pipeline.study.cells.outcomes import StudyOutcomes
from pipeline.study.cells.reader import StudyReader
from pipeline.study.cells.rows import CELL_SCHEMA, StudyCells
from pipeline.study.dry_run import UnreadSplits, forecast_stages
from pipeline.study.hypotheses import HYPOTHESES, judge_hypotheses
from pipeline.study.inference.tables import one_turn_table, turns_table
from pipeline.study.load import load_study
from pipeline.study.runs import settled_runs, study_runs
from pipeline.study.spec import Study
from tests.support.published import real

PROBLEMS = 100
BUILTIN = ("model.generator=builtin:generator", "model.verifier=builtin:generator", "model.max_tokens=512")


def study(name: str = "study-real", *settings: str) -> Study:
    return load_study(shipped_configs()[name], settings=[*BUILTIN, *settings])


def rows(
    cell: str, selector: str, width: int, solved: tuple[int, ...], tokens: int = 10
) -> Iterator[dict[str, object]]:
    """`solved`: after each turn the first so many problems; a turn costs `tokens`."""
    known = {"cell": cell, "iteration": 0, "selector": selector, "width": width, "sample": 0, "prompt_tokens": 9}
    for number in range(PROBLEMS):
        for turn, right in enumerate(solved, 1):
            yield {**known, "problem_id": f"p{number:03}", "turn": turn, "solved": int(number < right)} | {
                "tokens": tokens,
                "executions": width,
            }


@pytest.fixture
def reader() -> StudyReader:
    asked = study()
    cells = [
        *rows("base-bt-seed0", "greedy", 1, (40, 44, 45)),
        *rows("base-verdict-bt-seed0", "greedy", 1, (40, 42, 42)),
        *rows("base-foreign-bt-seed0", "greedy", 1, (40, 45, 45)),
    ]
    for selector, solved in {"random": 41, "pt": 60, "cluster": 61, "mbr": 70, "oracle": 80}.items():
        if selector == "pt":
            cells += rows("base-bt-seed0", selector, 5, (solved, solved + 2, solved + 4))
        cells += rows("base-bt-seed0-one-turn", selector, 5, (solved,))
        cells += rows("base-bt-seed0-one-turn", selector, 10, (solved + 3,), tokens=60)
    cells += rows("base-verdict-bt-seed0", "pt", 5, (60, 60, 60))
    cells += rows("base-foreign-bt-seed0", "pt", 5, (60, 50, 40))
    table = pa.Table.from_pylist(cells, schema=CELL_SCHEMA)
    return StudyReader(StudyOutcomes(StudyCells(runs=tuple(study_runs(asked)), table=table)))


def claims(reader: StudyReader) -> dict[str, Claim]:
    return {claim.name: claim for claim in judge_hypotheses(study(), reader)}


def test_claims_compare_what_they_say(reader: StudyReader) -> None:
    found = claims(reader)
    values = {
        name: [round(100 * one.estimate.value) for one in claim.comparisons if one.estimate]
        for name, claim in found.items()
    }
    assert values["pt_over_random"] == [19] and found["pt_over_random"].verdict == "holds"
    assert values["oracle_over_pt"] == [20]
    assert values["agreement_at_least_pt"] == [1, 10]
    assert values["feedback_over_verdict"] == [3, 4]  # greedy 45 - 42, PT 64 - 60
    assert values["feedback_over_foreign"] == [0, 24] and found["feedback_over_foreign"].verdict == "undecided"
    assert [one.left for one in found["turns_over_samples"].comparisons] == ["base, PT, 3 turns"] * 2


def test_tables_show_all_selectors_and_every_turn(reader: StudyReader) -> None:
    table = one_turn_table(reader)
    assert [name for name, _ in table.rows] == [f"base, {one}" for one in ("random", "PT", "cluster", "MBR", "oracle")]
    assert table.columns[0] == "N = 1" and "N = 10" in table.columns
    shown = [row[table.columns.index("N = 10")] for _, row in table.rows]
    assert [round(100 * one.value) for one in shown] == [44, 63, 64, 73, 83]  # type: ignore[union-attr]
    by_turn = dict(turns_table(reader).rows)
    assert [round(100 * one.value) for one in by_turn["base (foreign), PT"]] == [60, 50, 40]  # type: ignore[union-attr]
    assert len(by_turn) == 3 + 3


@real
def test_the_study_is_inference_alone_and_asks_for_each_search_once() -> None:
    runs = settled_runs(study_runs(study()), fetch=False)
    names = [forecast.stage.name for forecast in forecast_stages(runs, UnreadSplits()).values()]
    assert set(names) == {"search_greedy", "search_sweep", "metrics"} and names.count("search_sweep") == 4
    feedback = {run.name: run.config.dialogue.feedback for run in runs}
    assert set(feedback.values()) == {"traceback", "verdict", "foreign"}
    assert all(run.config.generator.remembered_answers for run in runs)


@real
def test_the_study_of_a_verifier_trains_a_head_and_no_generator() -> None:
    runs = settled_runs(study_runs(study("study-real-verifier")), fetch=False)
    names = [forecast.stage.name for forecast in forecast_stages(runs, UnreadSplits()).values()]
    assert names.count("verifier") == 1 and "policy" not in names
    assert all(run.config.verifier.freeze and run.config.run.iterations == 0 for run in runs)


@real
def test_its_problems_are_those_of_both_sets() -> None:
    config = study_runs(study())[0].config
    problems = ProblemSplits().problems(config, "test")
    families = {problem.problem_id.partition("/")[0] for problem in problems}
    assert len(problems) == 257 + 164 and families == {"Mbpp", "HumanEval"}


def test_settings_of_the_command_replace_those_of_the_file(tmp_path: Path) -> None:
    assert study("study-real", "problems.limit_test=7").config["problems"]["limit_test"] == 7
    with pytest.raises(ConfigError, match=r"expected section\.key=value"):
        study("study-real", "limit_test=7")
    runs = study_runs(study("study-real", "dialogue.feedback=values"))
    assert [run.config.dialogue.feedback for run in runs] == ["values", "verdict", "foreign", "values"]


def test_claims_of_the_paper_are_the_default() -> None:
    named = load_study(shipped_configs()["study-tiny"]).claims
    assert set(HYPOTHESES) - set(named) == set(study().claims) - {"turns_over_samples"}
