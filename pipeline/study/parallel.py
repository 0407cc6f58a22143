"""Runs side by side: several worker processes, each with actors of its own; the main runs of one seed stay together.

    consumes       groups of runs, the largest first, handed to whichever worker is free
    waits for      a worker's reply: a group is done, or what went wrong
    produces       how many stages were run and how many found finished
    unblocked by   that reply, or the end of the worker's process; a worker ends when the study's process does

Stages that two groups want (curves need the models of their seed's main runs) are guarded by `Store.alone`.
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

from pipeline.cluster.interruption import interrupt_at_sigterm
from pipeline.errors import root_cause, what_happened
from pipeline.study.runs import StudyRun
from pipeline.study.sequential import StageTally, execute_sequentially
from pipeline.trackers import console
from sandbox.errors import ENDED_IN_THE_MIDDLE, UserError
from sandbox.terminal import print_anything

END_DEADLINE_S = 180.0
"""How long a worker may take to end its actors before it is killed."""


class WorkerError(UserError, RuntimeError):
    """What a worker was refused, in its own words. What was finished, by other workers too, is kept."""

    exit_status = ENDED_IN_THE_MIDDLE


class WorkerCrashedError(RuntimeError):
    """A worker met an error that explains nothing. Its cause is a WorkerTraceback."""


class WorkerTraceback(Exception):
    """Where that error was raised, as text: tracebacks do not pass from one process to another."""


class WorkerDiedError(UserError, RuntimeError):
    """A worker's process ended in the middle of its work; the message says which one."""

    exit_status = ENDED_IN_THE_MIDDLE


class WorkerFailure(NamedTuple):
    """A worker's last reply. `explained`: the text says what to do. The worker has printed nothing."""

    text: str
    explained: bool
    traceback: str


class StudyWorker(NamedTuple):
    name: str
    process: SpawnProcess
    connection: Connection


def group_runs(runs: Sequence[StudyRun]) -> list[list[StudyRun]]:
    """Main runs by seed, the largest group first, so that workers end together; then what builds on them, and the
    positions of each dial by seed."""
    found: dict[tuple[int, bool, bool, str], list[StudyRun]] = {}
    for run in runs:
        dial = run.variant.partition("-")[0] if run.view == "dials" else ""
        found.setdefault((run.seed, run.view == "main", run.view == "hidden_tests", dial), []).append(run)
    return sorted(found.values(), key=lambda group: (group[0].view != "main", -len(group)))


def execute_in_parallel(runs: Sequence[StudyRun], workers: int) -> StageTally:
    """Execute all runs. The first worker that fails ends the others, too.

    Raises WorkerError, WorkerCrashedError or WorkerDiedError.
    """
    todo = group_runs(runs)
    tally = StageTally(0, 0)
    with _started_workers(min(workers, len(todo))) as free:
        busy: dict[object, StudyWorker] = {}
        while todo or busy:
            while todo and free:
                worker = free.pop()
                _send_group(worker, todo.pop(0))
                busy[worker.connection] = worker
            _dismiss(free)
            for connection in wait([worker.connection for worker in busy.values()]):
                worker = busy.pop(connection)
                tally = tally.plus(_reply(worker))
                free.append(worker)
        _dismiss(free)
    return tally


def _dismiss(workers: list[StudyWorker]) -> None:
    """Nothing is left for these."""
    for worker in workers:
        with suppress(OSError):
            worker.connection.send(None)
    workers.clear()


def _send_group(worker: StudyWorker, group: list[StudyRun]) -> None:
    try:
        worker.connection.send(group)
    except OSError:
        raise _death(worker) from None


def _reply(worker: StudyWorker) -> StageTally:
    """A connection that ends without a reply is the worker's death."""
    try:
        reply: StageTally | WorkerFailure = worker.connection.recv()
    except (EOFError, OSError):
        raise _death(worker) from None
    if isinstance(reply, WorkerFailure):
        said = f"{worker.name}: {reply.text}"
        raise WorkerError(said) if reply.explained else WorkerCrashedError(said) from WorkerTraceback(reply.traceback)
    return reply


def _death(worker: StudyWorker) -> WorkerDiedError:
    worker.process.join(END_DEADLINE_S)
    return WorkerDiedError(f"{worker.name} died (exit status {worker.process.exitcode}); the same command continues")


@contextmanager
def _started_workers(count: int) -> Iterator[list[StudyWorker]]:
    """Workers that wait for work; on the way out they end by themselves, or are ended after a failure."""
    workers = _start_workers(count)
    try:
        yield list(workers)
    except BaseException:
        for worker in workers:
            worker.process.terminate()
        raise
    finally:
        for worker in workers:
            worker.process.join(END_DEADLINE_S)
            worker.process.kill()


def _start_workers(count: int) -> list[StudyWorker]:
    context = multiprocessing.get_context("spawn")
    workers: list[StudyWorker] = []
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)  # inherited: Ctrl-C reaches workers through their parent
    try:
        for number in range(1, count + 1):
            here, there = context.Pipe()
            name = f"worker {number}"
            process = context.Process(target=_worker_main, args=(name, there, count, number - 1), name=name)
            process.start()
            there.close()
            workers.append(StudyWorker(name, process, here))
    finally:
        signal.signal(signal.SIGINT, handler)
    return workers


def _worker_main(name: str, connection: Connection, workers: int, worker: int) -> None:
    """A worker's process: groups of runs until there are no more."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    interrupt_at_sigterm()
    print_anything()
    console.prefix = f"{name} │ "
    try:
        _execute_groups(connection, workers, worker)
    except KeyboardInterrupt:
        pass  # the study's process says so
    except Exception as error:
        explained = isinstance(root_cause(error), UserError)
        connection.send(WorkerFailure(what_happened(error), explained, traceback.format_exc()))


def _execute_groups(connection: Connection, workers: int, worker: int) -> None:
    from pipeline.cluster.actor_groups import ActorGroups

    group = connection.recv()
    if group is None:
        return
    with ActorGroups(group[0].config, workers, worker) as actor_groups:
        while group is not None:
            connection.send(execute_sequentially(group, actor_groups))
            group = connection.recv()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)  # as if killed: what is committed is kept, and boxes and actors end with this process
