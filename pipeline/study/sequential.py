"""What `mucode study` does: every cell, in lanes or one after the other, then the tables and the report."""

import json
import os
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError, StoreError
from pipeline.state.lock import require_no_driver, sign
from pipeline.state.problems import ProblemSplits
from pipeline.state.run import Run
from pipeline.state.run_directory import claim, require_free, run_root
from pipeline.state.store import Store
from pipeline.study.forecast import duration, rehearse, seconds_left
from pipeline.study.parallel import Done, carry_out_in_lanes
from pipeline.study.spec import Cell, Study, cells, distinct
from pipeline.trackers.console import say

if TYPE_CHECKING:
    from pipeline.cluster.actor_groups import ActorGroups


def execute(study: Study) -> int:
    """Carry out or continue a study. Everything that can be wrong is found before any work is done."""
    from pipeline.preflight.check import check

    started = time.monotonic()
    todo = cells(study)
    splits = ProblemSplits()
    for config in distinct(todo):
        check(config, splits)
    require_cores(study.lanes)
    store = Store(study.directory)
    require_same(store, study, todo)
    if study.lanes > 1:
        begin(store, study)
        done = carry_out_in_lanes(todo, study.lanes)
    else:
        from pipeline.cluster.actor_groups import ActorGroups

        with ActorGroups(todo[0].config) as actor_groups:
            begin(store, study)
            done = carry_out(todo, actor_groups)
    print(publish(study, todo), flush=True)
    say(f"report: {study.directory}/report.html")
    if not done.ran:
        say(f"nothing left to do: all {done.skipped} stages of {store.root} are finished")
    say(f"{done.ran} stages run, {done.skipped} found finished, {time.monotonic() - started:.0f} s")
    return 0


def require_cores(lanes: int) -> None:
    """Lanes beyond the cores of this machine would only wait for each other."""
    cores = os.cpu_count() or 1
    if lanes > cores and not os.environ.get("RAY_ADDRESS"):
        raise ConfigError(
            f"lanes = {lanes}: this machine has {cores} cores; lower lanes, or name a cluster in RAY_ADDRESS"
        )


def begin(store: Store, study: Study) -> None:
    """Bind the directory to this study and this process."""
    from pipeline.state.environment import environment

    store.write(study.model_dump_json(indent=1).encode(), "study.json")
    sign(store)
    store.write(json.dumps(environment(), indent=1).encode(), "environment.json")
    say(f"study {store.root}")


def carry_out(todo: Sequence[Cell], actor_groups: "ActorGroups") -> Done:
    """One cell after the other, with the same actors."""
    from pipeline.commands.run import iterate

    splits = ProblemSplits()
    ran = skipped = 0
    for number, cell in enumerate(todo, 1):
        left = duration(seconds_left(rehearse(todo, splits).values()))
        say(f"cell {number} of {len(todo)}: {cell.name}, about {left} left")
        run = Run(cell.config, actor_groups, splits)
        claim(run.store, cell.config)
        iterate(run)
        ran, skipped = ran + len(run.ran), skipped + run.skipped
    return Done(ran, skipped)


def require_same(store: Store, study: Study, todo: list[Cell]) -> None:
    """Refuse a study directory that another driver writes, or whose cells were begun with other settings."""
    require_no_driver(store)
    for cell in todo:
        try:
            require_free(Store(run_root(cell.config)), cell.config)
        except StoreError as error:
            raise StoreError(f"{error} (for a study: its `name`)") from None


def publish(study: Study, todo: list[Cell]) -> str:
    """Write results.json, results.md and report.html from what is finished; returns the Markdown."""
    from pipeline.study.page import page
    from pipeline.study.results import as_json, as_markdown, read_results

    store = Store(study.directory)
    results = read_results(study, todo)
    text = as_markdown(results)
    store.write(as_json(results).encode(), "results.json")
    store.write(text.encode(), "results.md")
    store.write(page(results, store).encode(errors="replace"), "report.html")
    return text


def stored_study(root: str) -> Study | None:
    """The study that a directory was begun with, wherever it lies now; None where it is no study."""
    store = Store(root)
    data = store.read_json("study.json")
    if data is None:
        return None
    folder, _, name = store.root.rstrip("/").rpartition("/")
    return Study.model_validate(data | {"root": folder, "name": name})
