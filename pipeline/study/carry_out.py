"""What `mucode study` does: every cell in turn, in one fleet that outlives them, then the tables and the report."""

import json
import time

from pipeline.run import Run, Splits, claim, require_free, require_no_driver, run_root, sign
from pipeline.store import Store, StoreError
from pipeline.study.plan import duration, rehearse, seconds_left
from pipeline.study.spec import Cell, Study, cells
from pipeline.telemetry import say


def execute(study: Study) -> int:
    """Carry out or continue a study. Everything that can be wrong is found before any work is done."""
    from pipeline.driver import environment, iterate
    from pipeline.preflight import check

    started = time.monotonic()
    todo = cells(study)
    for config in {cell.config.model_dump_json(exclude={"run"}): cell.config for cell in todo}.values():
        check(config)
    store = Store(study.directory)
    require_same(store, study, todo)
    from pipeline.fleet import Fleet

    splits = Splits()
    ran = skipped = 0
    with Fleet(todo[0].config) as fleet:
        store.write(study.model_dump_json(indent=1).encode(), "study.json")
        sign(store)
        store.write(json.dumps(environment(), indent=1).encode(), "environment.json")
        say(f"study {store.root}")
        for number, cell in enumerate(todo, 1):
            left = duration(seconds_left(rehearse(todo, splits).values()))
            say(f"cell {number} of {len(todo)}: {cell.name}, about {left} left in all")
            run = Run(cell.config, fleet, splits)
            claim(run.store, cell.config)
            iterate(run)
            ran, skipped = ran + len(run.ran), skipped + run.skipped
    if not ran:
        say(f"nothing left to do: all {skipped} stages of {store.root} are finished")
    say(f"{ran} stages run, {skipped} found finished, {time.monotonic() - started:.0f} s")
    return 0


def require_same(store: Store, study: Study, todo: list[Cell]) -> None:
    """Refuse a study directory that another driver writes, or whose cells were begun with other settings."""
    require_no_driver(store)
    for cell in todo:
        try:
            require_free(Store(run_root(cell.config)), cell.config)
        except StoreError as error:
            raise StoreError(f"{error} (for a study: its `name`)") from None
