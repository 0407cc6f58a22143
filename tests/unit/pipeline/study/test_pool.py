"""Cells of studies that differ in their test problems, laid together."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipeline import cli
from pipeline.config.shipped import shipped_configs
from pipeline.evaluation.verifier_metrics import OWN_HELD_OUT
from pipeline.study.cells.file import CellsFile, encode_cells
from pipeline.study.cells.rows import CELL_SCHEMA, RunFacts, StudyCells
from pipeline.study.load import load_study
from pipeline.study.runs import study_runs
from pipeline.study.spec import Study

BUILTIN = ("model.generator=builtin:generator", "model.verifier=builtin:generator", "model.max_tokens=512")
SETS = {"mbpp_sanitized:test": "Mbpp", "humaneval": "HumanEval"}


def study(tests: str, *settings: str) -> Study:
    given = [*BUILTIN, f"problems.test={tests}", *settings]
    return load_study(shipped_configs()["study-real"], {"name": "both"}, given)


def rows(asked: Study) -> Iterator[dict[str, object]]:
    """What is right differs by problem, search and turn."""
    for number, run in enumerate(study_runs(asked)):
        settings = run.config.eval
        searches = [("greedy", 1), *((name, width) for name in settings.selectors for width in settings.widths or (5,))]
        for selector, width in searches:
            known = {"cell": run.name, "view": run.view, "iteration": 0, "selector": selector, "width": width}
            for family in SETS.values():
                for problem in range(30):
                    for turn in range(1, settings.turns + 1):
                        right = (problem * 7 + width + number + len(family)) % 11 < 4 + turn + len(selector) % 3
                        spent = {"tokens": 90 * width, "prompt_tokens": 80, "executions": width}
                        yield (
                            known | spent | {"problem_id": f"{family}/{problem}", "turn": turn, "solved": float(right)}
                        )


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return pa.Table.from_pylist(list(rows(study("humaneval"))), schema=CELL_SCHEMA)


def write(file: Path, asked: Study, table: pa.Table, ranked: float = 0.5, iteration: int = 0) -> str:
    facts = RunFacts(finished=True, iteration=iteration, pair_accuracy={OWN_HELD_OUT: ranked})
    runs = tuple(study_runs(asked))
    cells = StudyCells(runs=runs, facts={run.name: facts for run in runs}, table=table)
    file.write_bytes(encode_cells(CellsFile(asked, cells)))
    return str(file)


def of(table: pa.Table, family: str) -> pa.Table:
    return table.filter(pc.starts_with(table["problem_id"], f"{family}/"))


def test_two_halves_are_the_study_of_both(tmp_path: Path, table: pa.Table) -> None:
    """The files, too: what is made of them again is the same."""
    whole = write(tmp_path / "whole.parquet", study("+".join(SETS)), table)
    halves = [write(tmp_path / family, study(tests), of(table, family)) for tests, family in SETS.items()]
    assert cli.main(["study", "recompute", whole, "--out", str(tmp_path / "1")]) == 0
    assert cli.main(["study", "recompute", *halves, "--out", str(tmp_path / "2"), "--name", "both"]) == 0
    assert cli.main(["study", "recompute", str(tmp_path / "2/cells.parquet"), "--out", str(tmp_path / "3")]) == 0
    for name in ("results.json", "results.md"):
        contents = {(tmp_path / str(number) / name).read_bytes() for number in (1, 2, 3)}
        assert len(contents) == 1
    assert b"60 problems" in contents.pop()


def test_what_does_not_belong_together_is_refused(
    tmp_path: Path, table: pa.Table, capsys: pytest.CaptureFixture[str]
) -> None:
    first = write(tmp_path / "first", study("humaneval"), of(table, "HumanEval"))
    others = {
        "both have the problem HumanEval/0": (study("humaneval"), "HumanEval", 0),
        "differ in eval.temperature: 0.7 and 0.9": (study("mbpp", "eval.temperature=0.9"), "Mbpp", 0),
        "returned the generators of iterations 0, 2": (study("mbpp"), "Mbpp", 2),
    }
    for said, (asked, family, iteration) in others.items():
        second = write(tmp_path / "second", asked, of(table, family), iteration=iteration)
        assert cli.main(["study", "recompute", first, second]) == 2
        assert said in capsys.readouterr().err
    assert cli.main(["study", "recompute", first, second, "--name", "a/b"]) == 2
    assert "--name 'a/b': expected letters" in capsys.readouterr().err


def test_ranked_pairs_are_told_if_all_found_the_same(
    tmp_path: Path, table: pa.Table, capsys: pytest.CaptureFixture[str]
) -> None:
    for shares, told in {(0.4321, 0.4321): True, (0.4321, 0.9876): False}.items():
        files = [
            write(tmp_path / family, study(tests), of(table, family), ranked=share)
            for (tests, family), share in zip(SETS.items(), shares, strict=True)
        ]
        assert cli.main(["study", "recompute", *files]) == 0
        assert ("43.2 [43.2, 43.2]" in capsys.readouterr().out) == told


def test_a_search_that_one_of_them_has_not_is_not_there_yet(
    tmp_path: Path, table: pa.Table, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would be shown, and compared, over fewer problems than the others."""
    missing = pc.and_(pc.equal(table["selector"], "pt"), pc.equal(table["width"], 5))
    without = table.filter(pc.invert(missing))
    first, second = (of(one, family) for one, family in zip((table, without), SETS.values(), strict=True))
    parts = [
        write(tmp_path / family, study(tests), of_family)
        for (tests, family), of_family in zip(SETS.items(), (first, second), strict=True)
    ]
    whole = write(tmp_path / "whole", study("+".join(SETS)), without)
    assert cli.main(["study", "recompute", whole]) == 0
    expected = capsys.readouterr().out
    assert cli.main(["study", "recompute", *parts, "--name", "both"]) == 0
    assert capsys.readouterr().out == expected
