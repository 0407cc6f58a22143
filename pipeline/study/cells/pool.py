"""Cells of studies that differ in their test problems alone, laid together as those of one study."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import StoreError
from pipeline.study.cells.file import CellsFile
from pipeline.study.cells.rows import RunFacts, StudyCells
from pipeline.study.runs import stored_study_runs
from pipeline.study.spec import Study

_TESTS = "problems", "test"
_SEARCH = ["cell", "iteration", "selector", "width"]
_ORDER = ("run", "iteration", "selector", "width", "sample", "turn", "problem_id")
"""So that the rows of a search lie behind each other."""


def pool_cells(parts: Sequence[CellsFile], name: str | None = None) -> CellsFile:
    """One study over the test problems of all. `name`: its name; the default is made of theirs.

    A search that is not finished in all of them is left out: it would be compared over other problems than the rest.

    Raises StoreError if other settings differ, or if two have a problem in common.
    """
    studies = [part.study for part in parts]
    _require_alike(studies)
    _require_disjoint(parts)
    section, key = _TESTS
    tests = "+".join(str(study.config[section][key]) for study in studies)
    changed = {section: studies[0].config[section] | {key: tests}}
    called = name or "-and-".join(study.name for study in studies)
    pooled = studies[0].model_copy(update={"name": called, "config": studies[0].config | changed})
    runs = tuple(stored_study_runs(pooled))
    table = pa.concat_tables(_common_searches([part.cells.table for part in parts]))
    table = _sorted_by_search(table, [run.name for run in runs])
    facts = {run.name: _pool_facts(run.name, parts) for run in runs}
    return CellsFile(pooled, StudyCells(runs=runs, facts=facts, table=table), _pool_plugins(parts))


def _require_alike(studies: Sequence[Study]) -> None:
    first, *others = map(_settings, studies)
    for study, settings in zip(studies[1:], others, strict=True):
        differing = sorted(key for key in {*first, *settings} if first.get(key) != settings.get(key))
        if differing:
            key = differing[0]
            raise StoreError(
                f"{studies[0].name} and {study.name} differ in {key}: {first.get(key)!r:.60} and "
                f"{settings.get(key)!r:.60}; studies are laid together that differ in problems.test alone"
            )


def _settings(study: Study) -> dict[str, object]:
    """By their keys, without what may differ."""
    top = study.model_dump(mode="json", exclude={"name", "root", "lanes", "config"})
    inside = {f"{one}.{key}": value for one, values in study.config.items() for key, value in values.items()}
    return {key: value for key, value in (top | inside).items() if key != ".".join(_TESTS)}


def _require_disjoint(parts: Sequence[CellsFile]) -> None:
    seen: dict[str, str] = {}
    for part in parts:
        mine = pc.unique(part.cells.table["problem_id"]).to_pylist()
        for problem in mine:
            if problem in seen:
                raise StoreError(
                    f"{seen[problem]} and {part.study.name} both have the problem {problem}; studies are laid together "
                    "that share no test problem"
                )
        seen |= dict.fromkeys(mine, part.study.name)


def _common_searches(tables: Sequence[pa.Table]) -> list[pa.Table]:
    """The rows of the searches that every table has."""
    common = tables[0].select(_SEARCH).group_by(_SEARCH).aggregate([])
    for table in tables[1:]:
        common = common.join(table.select(_SEARCH), _SEARCH, join_type="left semi")
    return [table.join(common, _SEARCH, join_type="left semi").cast(table.schema) for table in tables]


def _pool_facts(run: str, parts: Sequence[CellsFile]) -> RunFacts:
    """What is known of the verifiers is told if all studies found the same."""
    first, *others = (_facts(run, part) for part in parts)
    if any(one.iteration != first.iteration for one in others):
        iterations = ", ".join(str(one.iteration) for one in (first, *others))
        raise StoreError(
            f"the run {run} returned the generators of iterations {iterations}; studies are laid together whose "
            "trainings are the same"
        )
    alike = {
        name: value
        for name, value in first.pair_accuracy.items()
        if all(one.pair_accuracy.get(name) == value for one in others)
    }
    return replace(first, finished=first.finished and all(one.finished for one in others), pair_accuracy=alike)


def _facts(run: str, part: CellsFile) -> RunFacts:
    if run not in part.cells.facts:
        raise StoreError(f"{part.study.name} says nothing of the run {run}; restore its cells.parquet")
    return part.cells.facts[run]


def _pool_plugins(parts: Sequence[CellsFile]) -> list[dict[str, str]]:
    rows = [tuple(row.items()) for part in parts for row in part.plugins]
    return [dict(row) for row in dict.fromkeys(rows)]


def _sorted_by_search(table: pa.Table, names: Sequence[str]) -> pa.Table:
    place = pc.index_in(table["cell"], value_set=pa.array(names))
    order = [(name, "ascending") for name in _ORDER]
    return table.append_column("run", place).sort_by(order).drop_columns("run")
