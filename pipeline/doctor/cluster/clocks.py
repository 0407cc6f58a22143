"""How far a node's clock is from the driver's, and how exactly that is known."""

import time
from collections.abc import Callable

from pipeline.doctor.findings import Finding, broken, good

ROUNDS = 5
MOST_SKEW_S = 5.0
"""Of two clocks: who writes a run is told apart by times, and object stores refuse requests that are minutes late."""


def compare_clocks(node: str, ask: Callable[[], float]) -> Finding:
    """`ask`: the node's clock, over the network. The quickest of a few replies counts: a half of its round trip is how
    far off the difference may be."""
    found = min((_difference(ask) for _ in range(ROUNDS)), key=lambda one: one[1])
    skew, error = found
    text = f"{skew:+.3f} s ± {error:.3f} s from here"
    values = {"skew_s": round(skew, 4), "error_s": round(error, 4)}
    if abs(skew) - error > MOST_SKEW_S:
        return broken(
            "clock", f"{text}, more than {MOST_SKEW_S:g} s: let chrony or ntpd set the clocks", node, **values
        )
    return good("clock", text, node, **values)


def _difference(ask: Callable[[], float]) -> tuple[float, float]:
    """Seconds that the other clock is ahead, and half the round trip."""
    before, started = time.time(), time.monotonic()
    there = ask()
    half = (time.monotonic() - started) / 2
    return there - (before + half), half
