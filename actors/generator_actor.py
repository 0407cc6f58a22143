"""The generator as a Ray actor, built from a config alone so that Ray can build it again."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actors.generator import Generator, PolicyMismatchError
from actors.inference.engine import EngineConfig, EngineError
from actors.search.plan import SearchPlan, Shard
from actors.storage.parts import PartRecord
from actors.supervision.supervisor import WorkerBrokenError
from actors.threads import use_threads

CLOSE_S = 20.0
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorConfig:
    """All that a generator actor is built from; picklable, so that Ray can build it again."""

    engine: EngineConfig
    episodes_in_flight: int = 96
    stall_s: float = 600.0  # without a token
    judge_stall_s: float = 600.0  # without an outcome
    judge_in_flight: int = 64  # calls that wait at one executor at a time
    remembered_answers: int = 0


class GeneratorActor(Generator):
    """The Ray actor: builds its engine, its tokenizer and its way to the executors from `config` alone.

    Start it with `ray.remote(GeneratorActor).options(max_concurrency=…)`; shards are concurrent calls.
    """

    def __init__(self, config: GeneratorConfig, executors: list[Any]) -> None:
        use_threads(config.engine.threads)
        import ray
        from transformers import AutoTokenizer  # may import torch, which reads the number of threads

        from actors.executor.client import JudgeClient, RayLane
        from actors.inference.adapter import base_directory
        from actors.inference.open import open_engine
        from actors.inference.weights import local_copy

        client = JudgeClient(
            [RayLane(executor) for executor in executors],
            in_flight=config.judge_in_flight,
            stall_s=config.judge_stall_s,
        )
        super().__init__(
            open_engine(config.engine),
            AutoTokenizer.from_pretrained(base_directory(local_copy(config.engine.checkpoint))),
            client,
            episodes_in_flight=config.episodes_in_flight,
            max_context=config.engine.max_context,
            stall_s=config.stall_s,
            sequences=config.engine.max_sequences,
            remembered_answers=config.remembered_answers,
        )
        self.node_id = ray.get_runtime_context().get_node_id()

    async def play(
        self, shard: Shard, plans: Sequence[SearchPlan], policy_id: str, *args: Any, **kwargs: Any
    ) -> PartRecord | None:
        """As `Generator.play`. Raises WorkerBrokenError if the engine is gone or hangs: another actor may do better."""
        try:
            return await super().play(shard, plans, policy_id, *args, **kwargs)
        except PolicyMismatchError:
            raise
        except EngineError as error:
            if self.engine.policy_id:
                raise
            logger.exception("the engine is lost while playing %r", shard)
            with contextlib.suppress(Exception):  # its processes hold the device, and may outlive this one
                await asyncio.wait_for(self.engine.close(), CLOSE_S)
            raise WorkerBrokenError(str(error)) from error
