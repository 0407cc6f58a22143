"""A thread with a box: it takes jobs, judges them, and replaces the box whenever there is doubt about it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sandbox.containers.box import Box
from sandbox.containers.confinement import FIRST_SEED, SECOND_SEED
from sandbox.errors import BoxLost, SandboxUnavailable
from sandbox.judging.judge import Judgement, judge_program
from sandbox.judging.plan import JudgingPlan
from sandbox.pool.box_factory import BoxFactory, BoxKind
from sandbox.pool.machine_lock import MachineLock
from sandbox.pool.reference_outcomes import ReferenceOutcomes, judged_where, may_be_provoked, reject_provoked
from sandbox.verdict import Outcome, Verdict

ATTEMPTS = 3
ENGINE_PATIENCE_S = 20
"""How long a program waits for an engine that starts no box: long enough for it to be restarted."""
RUNS_PER_BOX = 5000
STARVED = "even alone in its pool the program got no core of this machine"


@dataclass(slots=True)
class PoolJob:
    """One program to judge, and where its outcome goes. `second_seed`: once more, if it is accepted."""

    plan: JudgingPlan
    program: str
    stop: bool
    deliver: Callable[[Outcome], Any]
    reference: str | None = None
    second_seed: bool = False


def infrastructure_outcome(message: str, attempt: int, reason: str = "sandbox") -> Outcome:
    return Outcome(verdict=Verdict.INFRASTRUCTURE_ERROR, message=message, attempt=attempt, reason=reason)


class PoolWorker(threading.Thread):
    """One box at work, replaced whenever there is the slightest doubt about it."""

    def __init__(
        self,
        factory: BoxFactory,
        next_job: "Callable[[], PoolJob | None]",
        machine: MachineLock,
        references: ReferenceOutcomes,
        name: str,
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._factory, self._next_job, self._machine, self._references = factory, next_job, machine, references
        self._boxes: dict[BoxKind, Box] = {}
        self._judge_boxes: dict[BoxKind, Box] = {}

    def run(self) -> None:
        while (job := self._next_job()) is not None:
            try:
                outcome = self._outcome(job, FIRST_SEED)
                if outcome.verdict is Verdict.UNJUDGED and may_be_provoked(outcome):
                    outcome = self._compared(job, outcome)
                if job.second_seed and outcome.accepted:
                    again = self._outcome(job, SECOND_SEED)
                    outcome = replace(outcome, seed_dependent=None if again.label is None else not again.accepted)
            except Exception as error:  # a bug of ours must not end the thread and hang whoever waits
                outcome = infrastructure_outcome(f"{type(error).__name__}: {error}", ATTEMPTS)
                self._drop_boxes()
            job.deliver(outcome)
        self._drop_boxes()

    def _compared(self, job: PoolJob, outcome: Outcome) -> Outcome:
        """Of an unjudged program: rejected if the reference solution is judged where it is not, twice."""
        if job.reference is None or job.reference == job.program:
            return outcome
        key = job.plan.identity, job.reference
        reference = self._references.get(key)
        if reference is None:
            reference = self._outcome(replace(job, program=job.reference, stop=False), FIRST_SEED)
            self._references.keep(key, reference)
        if not judged_where(outcome, reference):
            return outcome
        again = self._outcome(job, FIRST_SEED)
        return reject_provoked(again) if judged_where(again, reference) and may_be_provoked(again) else again

    def _outcome(self, job: PoolJob, seed: int) -> Outcome:
        """Up to ATTEMPTS boxes; what looks like the machine's doing once more, alone."""
        reason, attempt, patience = "", 1, time.monotonic() + ENGINE_PATIENCE_S
        while attempt <= ATTEMPTS:
            try:
                with self._machine.shared():
                    judgement = self._attempt(job, seed)
                if judgement.doubtful:
                    with self._machine.exclusive():
                        judgement = self._attempt(job, seed)
                elif judgement.idle:  # a sleeper would stop everybody else; but a disk or a guest may have stood still
                    with self._machine.shared():
                        judgement = self._attempt(job, seed)
                if judgement.starved:
                    message = f"{STARVED}: {judgement.outcome.message}"
                    return infrastructure_outcome(message, attempt, "starved")
                return replace(judgement.outcome, attempt=attempt)
            except BoxLost as error:
                reason = str(error)
                if self._out_of_memory((job.plan.language, seed)):
                    message = f"memory limit: {job.plan.limits.memory_mib} MiB"
                    return Outcome(verdict=Verdict.MEMORY_LIMIT, message=message, attempt=attempt, reason="memory")
                self._drop_boxes()
                attempt += 1
            except SandboxUnavailable as error:  # no attempt: the engine may be about to come back
                reason = str(error)
                self._drop_boxes()
                if self._factory.closed or time.monotonic() > patience:
                    break
                time.sleep(1)
        return infrastructure_outcome(reason, min(attempt, ATTEMPTS))

    def _attempt(self, job: PoolJob, seed: int) -> Judgement:
        plan, kind, memory_mib = job.plan, (job.plan.language, seed), job.plan.limits.memory_mib
        if plan.language.compile:
            memory_mib = max(memory_mib, plan.language.compile_limits.memory_mib)
        box = self._ready(kind, memory_mib)
        judge_box = partial(self._ready_judge, kind, plan.limits.memory_mib)
        try:
            return judge_program(plan, job.program, box, judge_box, job.stop, self._factory.compiled)
        finally:
            if box.tainted or box.runs >= RUNS_PER_BOX:
                self._factory.discard(box)
                self._boxes.pop(kind, None)

    def _ready(self, kind: BoxKind, memory_mib: int) -> Box:
        box = self._boxes.get(kind)
        if box is not None and box.memory_mib < memory_mib:
            self._factory.discard(self._boxes.pop(kind))
            box = None
        if box is None:
            box = self._boxes[kind] = self._factory.take(memory_mib, kind)
        return box

    def _ready_judge(self, kind: BoxKind, memory_mib: int) -> Box:
        box = self._judge_boxes.get(kind)
        if box is not None and (box.tainted or box.memory_mib < memory_mib):
            self._factory.discard(self._judge_boxes.pop(kind))
            box = None
        if box is None:
            box = self._judge_boxes[kind] = self._factory.take(memory_mib, kind)
        return box

    def _out_of_memory(self, kind: BoxKind) -> bool:
        """Whether the program's own box died of memory, as the engine saw it."""
        box = self._boxes.get(kind)
        return box is not None and box.ran_out_of_memory(self._factory.client)

    def _drop_boxes(self) -> None:
        for box in (*self._boxes.values(), *self._judge_boxes.values()):
            self._factory.discard(box)
        self._boxes.clear()
        self._judge_boxes.clear()
