"""What is asked of actors of every kind: that they come up, end, say which process they are and how a load went."""

from typing import Any

import ray
from ray.exceptions import GetTimeoutError

from actors.inference.engine import LoadReport
from pipeline.placement.resources import describe_free
from pipeline.trackers.console import notice
from sandbox.errors import UserError

END_DEADLINE_S = 20.0
"""How long the actors of a phase may take to close before they are killed."""
KNOWN_SHARE = 0.99
"""Of a checkpoint's parameters that the weight check should know in the engine; files may hold small tables besides."""


class ActorStartError(UserError, RuntimeError):
    """An actor did not come up in time."""


def load_remarks(slot: int, report: LoadReport) -> list[str]:
    """What the console says of weights that did not go into an engine in place, or could not be compared there."""
    remarks = []
    if report.rebuilt:
        remarks.append(f"  generator {slot} built its engine anew, {report.seconds:.0f} s: {report.rebuilt}")
    if report.share < KNOWN_SHARE:
        rest = "the rest by log-probabilities" if report.reference else "the model is too large for transformers here"
        remarks.append(
            f"  generator {slot}: {report.share:.0%} of the weights could be compared with the files; {rest}"
        )
    return remarks


def await_all(name: str, references: list[Any], deadline_s: float, setting: str) -> list[Any]:
    """`setting`: the name of the deadline, for the message."""
    try:
        found: list[Any] = ray.get(references, timeout=deadline_s)
        return found
    except GetTimeoutError:
        raise late_start(name, deadline_s, setting) from None


def late_start(name: str, deadline_s: float, setting: str) -> ActorStartError:
    return ActorStartError(
        f"{name} did not come up in {setting} = {deadline_s:g} s; free on the cluster: "
        f"{describe_free(ray.available_resources())}. If a large model was still loading, raise {setting}; the actor's "
        "log under Ray's session directory says how far it was"
    )


def end_all(handles: list[Any], most_s: float | None = None) -> None:
    """Let actors close what they hold, all at once, then kill them; a dead one is already gone."""
    if handles:
        closed = [handle.close.remote() for handle in handles]
        ray.wait(closed, num_returns=len(handles), timeout=END_DEADLINE_S if most_s is None else most_s)
    for handle in handles:
        ray.kill(handle)


def ask_life(actor: Any) -> Any:
    return actor.life.remote()


def ask_scorer_life(actor: Any) -> Any:
    return actor.life.options(concurrency_group="moved").remote()


def tell_loss(text: str) -> None:
    """Of an actor that died, or was started again."""
    notice(f"  {text}", workers_lost=1)
