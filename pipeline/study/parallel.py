"""Cells side by side: a process per lane, each with actors of its own; the main cells of one seed stay in one lane.

    consumes       groups of cells, the largest first, handed to whichever lane is free
    waits for      a lane's word: a group is done, or what went wrong
    produces       how many stages were run and how many found finished
    unblocked by   that word, or the end of the lane's process; a lane ends when the study's process does

Stages that two groups want (curves need the models of their seed's main cells) are guarded by `Store.alone`.
"""

import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import NamedTuple

from pipeline.study.spec import Cell
from pipeline.trackers import console
from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError

END_DEADLINE_S = 180.0
"""How long a lane may take to end its actors before it is killed."""


class LaneError(UserError, RuntimeError):
    """What a lane was refused, in its own words. What was finished is kept."""


class LaneDiedError(UserError, RuntimeError):
    """A lane ended in the middle of its work, or met an error that explains nothing; the message says which lane."""

    exit_status = ENDED_IN_THE_MIDDLE


class Done(NamedTuple):
    ran: int
    skipped: int


class Failure(NamedTuple):
    text: str
    explained: bool


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
    """Carry out all cells. The first lane that fails ends the others, too: LaneError, or LaneDiedError."""
    todo = groups(cells)
    ran = skipped = 0
    with _started(min(lanes, len(todo))) as free:
        busy: dict[Connection, Lane] = {}
        while todo or busy:
            while todo and free:
                lane = free.pop()
                _send(lane, todo.pop(0))
                busy[lane.talk] = lane
            for lane in free:  # nothing is left for it
                with suppress(OSError):
                    lane.talk.send(None)
            free.clear()
            for talk in wait(list(busy)):
                lane = busy.pop(talk)  # type: ignore[call-overload]
                done = _word(lane)
                ran, skipped = ran + done.ran, skipped + done.skipped
                free.append(lane)
        for lane in free:
            with suppress(OSError):
                lane.talk.send(None)
    return Done(ran, skipped)


def _send(lane: Lane, group: list[Cell]) -> None:
    try:
        lane.talk.send(group)
    except OSError:
        raise _death(lane) from None


def _word(lane: Lane) -> Done:
    """What a lane says; a connection that ends without a word is the lane's death."""
    try:
        said = lane.talk.recv()
    except (EOFError, OSError):
        raise _death(lane) from None
    if isinstance(said, Failure):
        raise (LaneError if said.explained else LaneDiedError)(f"{lane.name}: {said.text}")
    return said


def _death(lane: Lane) -> LaneDiedError:
    lane.process.join(END_DEADLINE_S)
    return LaneDiedError(f"{lane.name} died (exit status {lane.process.exitcode}); the same command continues")


@contextmanager
def _started(count: int) -> Iterator[list[Lane]]:
    """Lanes that wait for work; on the way out they end by themselves, or are ended after a failure."""
    context = multiprocessing.get_context("spawn")
    lanes: list[Lane] = []
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited: Ctrl-C reaches lanes through their parent alone
    try:
        for number in range(1, count + 1):
            here, there = context.Pipe()
            name = f"lane {number}"
            process = context.Process(target=_lane, args=(name, there, count), name=name)
            process.start()
            there.close()
            lanes.append(Lane(name, process, here))
    finally:
        signal.signal(signal.SIGINT, handler)
    try:
        yield list(lanes)
    except BaseException:
        for lane in lanes:
            lane.process.terminate()
        raise
    finally:
        for lane in lanes:
            lane.process.join(END_DEADLINE_S)
            lane.process.kill()


def _lane(name: str, talk: Connection, lanes: int) -> None:
    """A lane's process: groups of cells until there are no more."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    signal.signal(signal.SIGTERM, _interrupt)
    console.prefix = f"{name} │ "
    try:
        _work(talk, lanes)
    except KeyboardInterrupt:
        pass  # the study's process says so
    except Exception as error:
        explained = isinstance(error, UserError)
        if not explained:
            traceback.print_exc()
        talk.send(Failure(f"{type(error).__name__}: {error}", explained))


def _work(talk: Connection, lanes: int) -> None:
    from pipeline.cluster.actor_groups import ActorGroups
    from pipeline.study.sequential import carry_out

    group = talk.recv()
    if group is None:
        return
    with ActorGroups(group[0].config, lanes) as actor_groups:
        signal.signal(signal.SIGTERM, _interrupt)  # Ray has put a handler of its own, which prints a stack
        while group is not None:
            talk.send(carry_out(group, actor_groups))
            group = talk.recv()


def _interrupt(*_: object) -> None:
    """Once: actors end after it, undisturbed."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)  # as if killed: what is committed is kept, and boxes and actors end with this process
