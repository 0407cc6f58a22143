"""The generator as a Ray actor, built from a config alone so that Ray can build it again."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from actors.generator import Generator, PolicyMismatchError
from actors.inference.engine import EngineConfig, EngineError
from actors.search.plan import SearchPlan, Shard
from actors.storage.parts import PartRecord
from actors.threads import use_threads

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorConfig:
    """All that a generator actor is built from; picklable, so that Ray can build it again."""

    engine: EngineConfig
    episodes_in_flight: int = 96
    turn_deadline_s: float = 600.0
    judge_deadline_s: float = 600.0
    judge_in_flight: int = 64  # calls that wait at one executor at a time


class GeneratorActor(Generator):
    """The Ray actor: builds its engine, its tokenizer and its way to the executors from `config` alone.

    Start it with `ray.remote(GeneratorActor).options(max_concurrency=…)`; shards are concurrent calls.
    """

    def __init__(self, config: GeneratorConfig, executors: list[Any]) -> None:
        use_threads(config.engine.threads)
        from transformers import AutoTokenizer  # may import torch, which reads the number of threads

        from actors.executor.client import JudgeClient, ray_lane
        from actors.inference.open import open_engine
        from actors.inference.weights import local_copy

        client = JudgeClient(
            [ray_lane(executor) for executor in executors],
            in_flight=config.judge_in_flight,
            deadline_s=config.judge_deadline_s,
        )
        super().__init__(
            open_engine(config.engine),
            AutoTokenizer.from_pretrained(local_copy(config.engine.checkpoint)),
            client,
            episodes_in_flight=config.episodes_in_flight,
            max_context=config.engine.max_context,
            turn_deadline_s=config.turn_deadline_s,
        )

    async def play(
        self, shard: Shard, plans: Sequence[SearchPlan], policy_id: str, *args: Any, **kwargs: Any
    ) -> PartRecord:
        """As `Generator.play`. If the engine died, the actor goes too: another one replays its shards."""
        try:
            return await super().play(shard, plans, policy_id, *args, **kwargs)
        except PolicyMismatchError:
            raise
        except EngineError:
            if self.engine.policy_id:
                raise
            logger.exception("the engine died while playing %r; this generator ends", shard)
            import ray

            ray.actor.exit_actor()
            raise
