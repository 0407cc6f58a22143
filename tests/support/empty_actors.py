"""Actors that hold what the real ones reserve and do nothing: to try where Ray puts them."""

from typing import Any

import ray

from actors.supervision.restart_watch import LifeSign, life_sign

Place = tuple[str, tuple[str, ...]]
"""Ray's id of a node, and of the accelerators on it that Ray gave the actor."""


class EmptyActor:
    """Answers to what `ActorGroups` asks of generators, scorers and executors.

    Asynchronous as those are: Ray gives other actors a thread for each call that may run at once, a thousand each.
    """

    def __init__(self, *_: Any, **__: Any) -> None: ...

    async def load(self, policy: Any) -> None: ...

    async def ready(self) -> None: ...

    async def life(self) -> LifeSign:
        return life_sign(0)

    async def close(self) -> None: ...

    async def score(self, verifier: Any, pairs: list[Any]) -> list[float]:
        return []

    async def place(self) -> Place:
        return ray.get_runtime_context().get_node_id(), tuple(map(str, ray.get_gpu_ids()))
