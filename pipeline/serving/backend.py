"""What answers: one search per request, with the engine, the boxes and the scorer that evaluations use.

consumes       a problem and a plan
waits for      the engine, the executor's pool and the scorer, as an evaluation's episode does
produces       an episode
unblocked by   the answer; an engine that hangs or died, which ends the episode by an error; whoever asked giving up
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from actors.executor.client import JudgeClient
from actors.executor.executor import Executor, ExecutorConfig
from actors.inference.engine import Engine
from actors.inference.watched import WatchedEngine
from actors.scorers.actor import ScorerActor
from actors.scorers.scorer import Pair
from actors.search.episode import Episode
from actors.search.plan import SearchPlan
from actors.search.request_cache import AsyncScorer, RolloutServices
from actors.search.search import play_episodes
from actors.storage.checkpoint import Checkpoint
from pipeline.config.schema import Config
from pipeline.sizing.choices import Sizes
from pipeline.sizing.engine_settings import engine_config
from sandbox.problem import Problem

Close = Callable[[], Awaitable[None]]


class SearchBackend:
    """`services`: who takes part in a search; `verifier_id`: of the scorer's weights, "" without one."""

    def __init__(self, services: RolloutServices, verifier_id: str = "", close: Sequence[Close] = ()) -> None:
        self.services, self.verifier_id, self._close = services, verifier_id, close

    @property
    def scores(self) -> bool:
        return self.services.scorer is not None

    @property
    def alive(self) -> bool:
        """Whether the engine holds its policy: one that hangs or died does not."""
        return bool(self.services.engine.policy_id)

    async def search(self, problem: Problem, plan: SearchPlan) -> Episode:
        """Raises EngineError or StalledError if the engine is lost."""
        (episode,) = await play_episodes(self.services, [plan], problem, 0, verifier_id=self.verifier_id)
        return episode

    async def close(self) -> None:
        for close in self._close:
            await close()


async def open_backend(config: Config, sizes: Sizes, policy: Checkpoint, verifier: Checkpoint | None) -> SearchBackend:
    """Start boxes, engine and scorer in this process, for a settled config. Takes 10 to 70 s.

    Raises SandboxUnavailable, EngineError or CheckpointError; what was started is closed then.
    """
    executor = await asyncio.to_thread(_executor, config)
    closing: list[Close] = [executor.close]
    try:
        engine, tokenizer = await asyncio.to_thread(_engine, config, sizes, policy)
        closing.append(engine.close)
        await engine.load(policy)
        services = RolloutServices(
            engine=WatchedEngine(engine, config.generator.stall_s, engine_config(config, sizes, policy).max_sequences),
            tokenizer=tokenizer,
            judge=JudgeClient([executor.judge], stall_s=config.executor.stall_s),
            scorer=None if verifier is None else await _scorer(config, sizes, verifier),
            max_context=config.context_tokens,
        )
    except BaseException:
        for close in closing:
            await close()
        raise
    return SearchBackend(services, verifier.policy_id if verifier else "", closing)


def _executor(config: Config) -> Executor:
    settings = config.executor
    return Executor(
        ExecutorConfig(
            boxes=settings.boxes,
            least_boxes=settings.least_boxes,
            idle_s=settings.idle_s,
            runtime=settings.runtime,
            packages=config.sandbox.packages,
        )
    )


def _engine(config: Config, sizes: Sizes, policy: Checkpoint) -> "tuple[Engine, object]":
    from transformers import AutoTokenizer

    from actors.inference.adapter import base_directory
    from actors.inference.open import open_engine
    from actors.inference.weights import local_copy

    engine = open_engine(engine_config(config, sizes, policy))
    return engine, AutoTokenizer.from_pretrained(base_directory(local_copy(policy)))


async def _scorer(config: Config, sizes: Sizes, verifier: Checkpoint) -> AsyncScorer:
    """A scorer on a thread of its own: it scores one batch after the other."""
    from concurrent.futures import ThreadPoolExecutor

    thread = ThreadPoolExecutor(1, "scorer")

    async def aside(function: Callable[..., list[float]], *arguments: object) -> list[float]:
        return await asyncio.get_running_loop().run_in_executor(thread, function, *arguments)

    make = partial(
        ScorerActor,
        config.verifier.scorer,
        dtype=config.weights_dtype,
        max_tokens=config.verifier_tokens,
        threads=sizes.generator_threads,
    )
    actor = await asyncio.get_running_loop().run_in_executor(thread, make)
    await aside(actor.score, verifier, [("-", "-")])  # loads it now, or says why it cannot

    async def scores(pairs: Sequence[Pair]) -> list[float]:
        return await aside(actor.score, verifier, list(pairs))

    return scores
