"""The actors of a run: started when a phase needs them, gone when another phase needs their place."""

import asyncio
import os
from collections import defaultdict
from functools import cached_property, partial
from typing import Any, Literal

import ray

from actors.deadline import DeadlineError, within_deadline
from actors.executor.executor import Executor, ExecutorConfig
from actors.generator_actor import GeneratorActor, GeneratorConfig
from actors.inference.engine import LoadReport
from actors.scorers.actor import MOVED_GROUP, ScorerActor
from actors.scorers.client import ScorerClient
from actors.storage.checkpoint import Checkpoint
from actors.supervision.crew import WorkerStart
from actors.supervision.node_loss import alive_nodes
from actors.supervision.restart_budget import RestartBudget
from actors.supervision.restart_watch import RestartWatch
from pipeline.cluster.actor_calls import (
    END_DEADLINE_S,
    ActorStartError,
    ask_life,
    ask_scorer_life,
    await_all,
    end_all,
    late_start,
    load_remarks,
    tell_loss,
)
from pipeline.cluster.connect import connect_ray
from pipeline.cluster.interruption import Interrupted, leave_ray
from pipeline.cluster.node_machine import smallest_machine
from pipeline.cluster.slots import ReservedSlots
from pipeline.cluster.training_workers import TrainingWorkers
from pipeline.config.schema import Config
from pipeline.errors import what_happened
from pipeline.placement.growth import GrownCluster
from pipeline.placement.memory import check_memory
from pipeline.placement.nodes import describe_nodes, present_nodes, share_of_worker
from pipeline.placement.packing import Slot
from pipeline.placement.resources import describe_free, describe_placement, plan_resources
from pipeline.placement.room import require_room
from pipeline.sizing.choices import choose_sizes, scorer_threads, trainers_can_wait, training_threads
from pipeline.sizing.engine_settings import engine_config
from pipeline.sizing.model_facts import ModelFacts, find_model_facts
from pipeline.trackers.console import say

HURRY_S = 1.0
"""How long actors may take to close after SIGTERM; `ray job stop` sends SIGKILL three seconds later."""
CALLS_PER_ACTOR = 1000
"""Concurrent calls of an async actor; episodes in flight are bounded elsewhere."""


WORKERS_STAY = "training workers start early and stay between trainings (training.keep_workers)"


EXECUTOR_ADVICE = "Run `mucode doctor` on the sandbox nodes; its log is in Ray's session directory"
SCORER_ADVICE = "If the system ended it for lack of memory (`dmesg` says so), lower training.micro_batch_tokens"


class ActorGroups:
    """Generators, executors and scorers of one run. A context manager: leaving it ends every actor."""

    def __init__(self, config: Config, workers: int = 1, worker: int = 0) -> None:
        """`workers`: how many of a study share the cluster; `worker`: which of them this one is, from 0.

        Raises ResourceError if a phase does not fit.
        """
        self.config = config
        connect_ray(config)
        facts = _facts(config.model.generator)
        own_ray = not os.environ.get("RAY_ADDRESS")
        waits = own_ray and config.learns and trainers_can_wait(config, facts, smallest_machine(), workers)
        self.training_workers = TrainingWorkers() if waits else None
        """Those that stay between trainings; None: each training starts its own."""
        self._cluster = GrownCluster(
            config,
            lambda: share_of_worker(present_nodes(), workers, worker),
            partial(plan_resources, config, trainers_wait=waits),
        )
        self.nodes, self.plan = self._cluster.nodes, self._cluster.plan
        self.lanes, self.machine = workers, smallest_machine()
        notes = check_memory(config, self.plan, self.nodes)
        say(f"Ray: {describe_nodes(self.nodes)}")
        lines = [describe_placement(self.plan), *(f"note: {note}" for note in notes), WORKERS_STAY if waits else ""]
        for line in filter(None, lines):
            say(f"  {line}")
        self._reserved = ReservedSlots()
        self._layout = self.plan.sampling
        self.sizes = choose_sizes(config, facts, self.machine, workers)
        self._generators: dict[int, Any] = {}
        self._placed: dict[int, Any] = {}  # by slot: what comes when Ray has reserved it; None if it needs nothing
        self.generator_budgets: dict[int, RestartBudget] = defaultdict(RestartBudget)
        self._proven: set[int] = set()  # slots whose generator has come up once
        self._scorers: list[Any] = []
        self._scorer_threads: int | None = None
        self.engines_rebuilt = 0  # loads whose weights did not go in place
        self._executor_watch = RestartWatch("executor", ask_life, tell_loss, what_happened, EXECUTOR_ADVICE)
        self._scorer_watch = RestartWatch("verifier", ask_scorer_life, tell_loss, what_happened, SCORER_ADVICE)

    def __enter__(self) -> "ActorGroups":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """End every actor; in a hurry after SIGTERM, since SIGKILL may follow."""
        hurried = kind is Interrupted
        if self.training_workers is not None and not hurried:  # they are on this command's Ray, and end with it
            self.training_workers.close()
        handles = [*self._generators.values(), *self.__dict__.pop("executors", [])]
        end_all(handles, HURRY_S if hurried else END_DEADLINE_S)
        self._generators = {}
        self.release_scorers()
        leave_ray()

    # ---- executors --------------------------------------------------------------------------------------------

    @cached_property
    def executors(self) -> list[Any]:
        """Started once; they take the `sandbox` resource and no CPU."""
        settings = self.config.executor
        config = ExecutorConfig(
            boxes=settings.boxes,
            least_boxes=settings.least_boxes,
            idle_s=settings.idle_s,
            runtime=settings.runtime,
            packages=self.config.sandbox.packages,
            second_seed=settings.second_seed,
        )
        actor = ray.remote(Executor).options(
            num_cpus=0, max_concurrency=CALLS_PER_ACTOR, max_restarts=-1, max_task_retries=0, **self._sandbox_place()
        )
        handles: list[Any] = [actor.remote(config) for _ in range(settings.replicas)]
        await_all(
            "executors",
            [handle.ready.remote() for handle in handles],
            settings.start_deadline_s,
            "executor.start_deadline_s",
        )
        return handles

    def _sandbox_place(self) -> dict[str, Any]:
        if any(node.sandbox for node in self.nodes):
            return {"resources": {"sandbox": self.config.executor.boxes}}
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        say("  no node declares the `sandbox` resource; boxes run on the driver's node (executor.on_driver)")
        node = ray.get_runtime_context().get_node_id()
        return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=False)}

    # ---- generators -------------------------------------------------------------------------------------------

    def start_generator(self, slot: int, policy: Checkpoint, *, replace: bool) -> WorkerStart:
        """A generator that will hold `policy`, the slot's own if it has one; `replace`: another one in its place."""
        first = slot not in self._proven
        if replace and (lost := self._generators.pop(slot, None)) is not None:
            ray.kill(lost)
        if slot not in self._generators:
            self._generators[slot] = self._make_generator(policy, slot)
            self._placed[slot] = self._reserved.ready(self._slot("generators", slot))
        handle = self._generators[slot]
        return WorkerStart(worker=handle, ready=handle.load.remote(policy), first=first)

    def generator_has_place(self, slot: int) -> bool:
        """Whether Ray has reserved the slot: what the plan found free may be in others' hands, or on its way."""
        reference = self._placed[slot]
        return reference is None or bool(ray.wait([reference], timeout=0)[0])

    def generator_started(self, slot: int, loaded: LoadReport | None) -> Any:
        """The slot's generator, which holds the policy now; the console says what is notable of the load."""
        self._proven.add(slot)
        if loaded is not None:
            self.engines_rebuilt += bool(loaded.rebuilt)
            for line in load_remarks(slot, loaded):
                say(line)
        return self._generators[slot]

    def generator_start_error(self, slot: int, reason: str) -> ActorStartError:
        """`reason`: why it did not come up; "" if it found no place."""
        if reason:
            return ActorStartError(f"generator {slot} {reason}")
        return self._no_place(f"generator {slot}", self._slot("generators", slot))

    def _make_generator(self, policy: Checkpoint, number: int) -> Any:
        settings, sizes = self.config.generator, self.sizes
        config = GeneratorConfig(
            engine=engine_config(self.config, sizes, policy),
            episodes_in_flight=sizes.episodes_in_flight,
            stall_s=settings.stall_s,
            judge_stall_s=self.config.executor.stall_s,
            remembered_answers=settings.remembered_answers,
        )
        actor = ray.remote(GeneratorActor).options(
            **self._reserved.options(self._slot("generators", number), self.plan.generator),
            max_concurrency=CALLS_PER_ACTOR,
            max_restarts=0,  # the supervisor replaces the dead, and knows which shards were lost
        )
        return actor.remote(config, self.executors)

    def release_generators(self) -> None:
        """End the engines, so that what they hold is free."""
        end_all(list(self._generators.values()))
        self._generators = {}
        self._release_slots()

    def release_for(self, phase: str) -> None:
        """Before `sampling`, `training`, `scoring` or `data`: end what holds resources that the phase needs. Raises
        ResourceError if nodes have died since, so that the phase finds no room."""
        if self.training_workers is not None:
            self.training_workers.await_imports()
        layout = self.plan.layout(phase)
        moves = layout is not self._layout
        if moves or phase in self.plan.scorers_exit_for:
            self.release_scorers()
        if moves or phase in self.plan.generators_exit_for or (phase == "training" and self.sizes.trains_alone):
            self.release_generators()
        self._layout = layout
        require_room(phase, self.plan, self.nodes, alive_nodes(), self._held_slots(), self.config.training.workers)

    def _slot(self, role: Literal["generators", "scorers"], number: int) -> Slot:
        """Where the plan has that actor in this phase."""
        return next(slot for slot in self._layout if number in getattr(slot, role))

    def _require_place(self, name: str, slot: Slot) -> None:
        """Wait until Ray has reserved the slot."""
        if not self._reserved.wait(slot, self.config.generator.start_deadline_s):
            raise self._no_place(name, slot)

    def _no_place(self, name: str, slot: Slot) -> ActorStartError:
        return ActorStartError(
            f"{name} found no place in {self.config.generator.start_deadline_s:.0f} s: it needs {slot.gpus:g} GPU and "
            f"{slot.cpus:g} CPU on one node, as node {slot.node.name} had when the command started; free now: "
            f"{describe_free(ray.available_resources())}. If other work took it, wait for that, or lower "
            "generator.replicas or verifier.replicas"
        )

    def _held_slots(self) -> set[Slot]:
        """What still lives keeps its slot, and with it what was reserved for others there."""
        generators = [self._slot("generators", number) for number in self._generators]
        scorers = [self._slot("scorers", number) for number in range(len(self._scorers))]
        return {*generators, *scorers}

    def _release_slots(self) -> None:
        self._reserved.release_all_but(self._held_slots())

    def training_threads(self, base: str) -> int:
        """CPU threads of each worker that trains the model at `base`."""
        return training_threads(self.config, _facts(base), self.machine, self.lanes)

    def watch_services(self) -> None:
        """Notice what Ray has started again. Raises WorkersLostError if one of them dies again and again."""
        self._executor_watch.look(self.__dict__.get("executors", []))
        self._scorer_watch.look(self._scorers)

    # ---- the verifier -----------------------------------------------------------------------------------------

    def expect_scoring(self, base: str) -> None:
        """Before a verifier is trained from `base`: scorers that stay beside the training load what they will need."""
        if self.training_workers is None or self.plan.scoring is not self.plan.sampling:
            return
        for handle in self._start_scorers(base, self.config.verifier.replicas):
            handle.prepare.remote()

    def scorers(self, verifier: Checkpoint, replicas: int | None = None) -> list[ScorerClient]:
        """The verifier as actors, as many as the settings say; they stay for the next verifier."""
        settings = self.config.verifier
        self._start_scorers(verifier.path, replicas or settings.replicas)
        for number in range(len(self._scorers)):
            self._require_place(f"verifier {number}", self._slot("scorers", number))
        self._load_verifier(verifier)
        self._scorer_watch.look(self._scorers)  # so that one that dies at once is missed, too
        return [ScorerClient(handle, verifier, settings.stall_s) for handle in self._scorers]

    def _start_scorers(self, path: str, count: int) -> list[Any]:
        """Those that are missing, for the model at `path`."""
        threads = scorer_threads(self.config, _facts(path), self.machine, self.lanes)
        if threads != self._scorer_threads:  # torch reads it once
            self.release_scorers()
        self._scorer_threads = threads
        made: Any = ray.remote(concurrency_groups=MOVED_GROUP)  # type: ignore[call-overload]  # Ray's stubs lack it
        started = []
        while (number := len(self._scorers)) < count:
            place = self._reserved.options(self._slot("scorers", number), self.plan.scorer)
            actor = made(ScorerActor).options(max_restarts=-1, **place)
            handle = actor.remote(
                self.config.verifier.scorer,
                dtype=self.config.weights_dtype,
                max_tokens=self.config.verifier_tokens,
                batch_tokens=self.config.training.micro_batch_tokens,
                threads=threads,
            )
            self._scorers.append(handle)
            started.append(handle)
        return started

    def _load_verifier(self, verifier: Checkpoint) -> None:
        """Have every scorer load the checkpoint; one that died since it was last used, or dies now, is waited for."""
        deadline_s, setting = self.config.generator.start_deadline_s, "generator.start_deadline_s"
        clients = [
            ScorerClient(handle, verifier, max(deadline_s, self.config.verifier.stall_s)) for handle in self._scorers
        ]

        async def load() -> None:
            await within_deadline(deadline_s, "verifier", asyncio.gather(*(client([]) for client in clients)))

        try:
            asyncio.run(load())
        except DeadlineError:
            raise late_start("verifier", deadline_s, setting) from None

    def release_scorers(self) -> None:
        for handle in self._scorers:
            ray.kill(handle)
        self._scorers = []
        self._release_slots()


def _facts(name: str) -> ModelFacts:
    facts = find_model_facts(name, fetch=True)
    assert facts is not None, "it was fetched"
    return facts
