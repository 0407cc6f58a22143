"""Actors that Ray starts again by itself: each restart is told, and a crash loop ends the run."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from actors.supervision.node_loss import alive_nodes, node_was_lost
from actors.supervision.restart_budget import RestartBudget
from actors.supervision.revival import is_loss
from actors.supervision.supervisor import WorkersLostError

LIFE = uuid.uuid4().hex
"""Of this process, and no other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeSign:
    """Which process an actor is, where, and how many pieces of work it has finished in there."""

    life: str
    node_id: str
    finished: int


def life_sign(finished: int) -> LifeSign:
    """Of the actor that calls this."""
    import ray

    return LifeSign(life=LIFE, node_id=ray.get_runtime_context().get_node_id(), finished=finished)


@dataclass(slots=True)
class _Seen:
    """What is known of one actor. `asked`: a reference that may come."""

    budget: RestartBudget = field(default_factory=RestartBudget)
    asked: Any = None
    last: LifeSign | None = None
    told: str = ""


class RestartWatch:
    """Of all actors of one kind, for as long as the run lasts. Waits for nobody."""

    def __init__(
        self,
        kind: str,
        ask: Callable[[Any], Any],
        tell: Callable[[str], None],
        text_of: Callable[[Exception], str] = str,
        advice: str = "",
    ) -> None:
        """`ask(actor)` gives a reference to its `LifeSign`; `tell`, `text_of` and `advice` as a supervisor has them."""
        self.kind, self.advice = kind, advice
        self._ask, self._tell, self._text_of = ask, tell, text_of
        self._seen: dict[Any, _Seen] = {}

    def look(self, actors: Sequence[Any]) -> None:
        """Take what they have said since the last look, and ask again.

        Raises WorkersLostError if one dies again and again, or all are dead for good.
        """
        import ray

        for number, actor in enumerate(actors):
            seen = self._seen.setdefault(actor, _Seen())
            if seen.asked is not None and ray.wait([seen.asked], timeout=0)[0]:
                reference, seen.asked = seen.asked, None
                try:
                    self._hear(f"{self.kind} {number}", seen, ray.get(reference))
                except Exception as error:
                    if not is_loss(error):
                        raise
                    self._miss(f"{self.kind} {number}", seen, error)
            if seen.asked is None:
                seen.asked = self._ask(actor)
        if actors and all(self._seen[actor].told for actor in actors):
            raise WorkersLostError(f"{self._seen[actors[0]].told} {self.advice}")

    def _hear(self, name: str, seen: _Seen, sign: LifeSign) -> None:
        before, seen.last = seen.last, sign
        if before is None or before.life == sign.life:
            return
        if node_was_lost(None, before.node_id):
            self._tell(f"{name} went with its node; Ray has started another one")
        elif why := seen.budget.spend(before.finished > 0, before.node_id, alive_nodes()):
            raise WorkersLostError(f"{name} dies whenever Ray starts it: {why}. {self.advice}")
        else:
            self._tell(f"{name} died; Ray has started another one")

    def _miss(self, name: str, seen: _Seen, error: Exception) -> None:
        """Tell of one that failed in its start, once: Ray does not start it again. Others are on their way."""
        if getattr(error, "actor_init_failed", False) and not seen.told:
            seen.told = f"{name} did not start again: {self._text_of(error)}."
            self._tell(seen.told)
