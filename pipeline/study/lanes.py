"""Cells side by side: a process per lane, each with a fleet of its own; the main cells of one seed stay in one lane.

    consumes       groups of cells, the largest first, handed to whichever lane is free
    waits for      a lane's word: a group is done, or what went wrong
    produces       how many stages were run and how many found finished
    unblocked by   that word, or the end of the lane's process; a lane ends when the study's process does

Stages that groups share (a base model's greedy search is the same under every seed) are guarded by `Store.alone`.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import NamedTuple

from pipeline import telemetry
from pipeline.study.spec import Cell

END_DEADLINE_S = 60.0
"""How long a lane may take to end its actors before it is killed."""


class LaneError(RuntimeError):
    """A lane failed or died; the message says which and why. What was finished is kept."""


class Done(NamedTuple):
    ran: int
    skipped: int


class Lane(NamedTuple):
    name: str
    process: SpawnProcess
    talk: Connection


def groups(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Main cells by seed, the largest group first, so that lanes end together; then what builds on them."""
    found: dict[tuple[int, bool, bool], list[Cell]] = {}
    for cell in cells:
        found.setdefault((cell.seed, cell.view == "main", cell.view == "hidden_tests"), []).append(cell)
    return sorted(found.values(), key=lambda group: (group[0].view != "main", -len(group)))


def carry_out_in_lanes(cells: Sequence[Cell], lanes: int) -> Done:
    """Carry out all cells. Raises LaneError at the first lane that fails; the others end then, too."""
    todo = groups(cells)
    ran = skipped = 0
    with _started(min(lanes, len(todo))) as free:
        busy: dict[Connection, Lane] = {}
        while todo or busy:
            while todo and free:
                lane = free.pop()
                lane.talk.send(todo.pop(0))
                busy[lane.talk] = lane
            for talk in wait(list(busy)):
                lane = busy.pop(talk)  # type: ignore[call-overload]
                done = _word(lane)
                ran, skipped = ran + done.ran, skipped + done.skipped
                free.append(lane)
    return Done(ran, skipped)


def _word(lane: Lane) -> Done:
    """What a lane says; a connection that ends without a word is the lane's death."""
    try:
        said = lane.talk.recv()
    except EOFError:
        lane.process.join(END_DEADLINE_S)
        raise LaneError(f"{lane.name} died (exit status {lane.process.exitcode}); the same command continues") from None
    if isinstance(said, str):
        raise LaneError(f"{lane.name}: {said}")
    return said


@contextmanager
def _started(count: int) -> Iterator[list[Lane]]:
    """Lanes that wait for work; on the way out they end by themselves, or are ended after a failure."""
    context = multiprocessing.get_context("spawn")
    lanes = []
    for number in range(1, count + 1):
        here, there = context.Pipe()
        name = f"lane {number}"
        process = context.Process(target=_lane, args=(name, there, count), name=name)
        process.start()
        there.close()
        lanes.append(Lane(name, process, here))
    try:
        yield list(lanes)
        for lane in lanes:
            lane.talk.send(None)
    except BaseException:
        for lane in lanes:
            if lane.process.pid and lane.process.is_alive():
                os.kill(lane.process.pid, signal.SIGINT)  # at SIGTERM Ray would print a stack
        raise
    finally:
        for lane in lanes:
            lane.process.join(END_DEADLINE_S)
            lane.process.kill()


def _lane(name: str, talk: Connection, lanes: int) -> None:
    """A lane's process: groups of cells until there are no more."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    signal.signal(signal.SIGINT, _interrupt)
    telemetry.prefix = f"{name} │ "
    try:
        _work(talk, lanes)
    except KeyboardInterrupt:
        pass  # the study's process says so
    except Exception as error:
        if not _explains_itself(error):
            traceback.print_exc()
        talk.send(f"{type(error).__name__}: {error}")


def _interrupt(*_: object) -> None:
    """Once: Ctrl-C comes from the terminal and from the study's process, and actors must end in between."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _work(talk: Connection, lanes: int) -> None:
    from pipeline.fleet import Fleet
    from pipeline.study.carry_out import carry_out

    group = talk.recv()
    if group is None:
        return
    with Fleet(group[0].config, lanes) as fleet:
        while group is not None:
            talk.send(carry_out(group, fleet))
            group = talk.recv()


def _explains_itself(error: Exception) -> bool:
    from pipeline.cli import is_refusal

    return is_refusal(error)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)  # as if killed: what is committed is kept, and boxes and actors end with this process
