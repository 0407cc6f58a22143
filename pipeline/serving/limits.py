"""What one request may ask of a server, and what the server takes on at a time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingLimits:
    """`best_of` and `turns` are what is done unless a request asks for less."""

    best_of: int
    turns: int
    body_bytes: int = 1 << 20
    prompt_characters: int = 100_000
    tests: int = 100
    test_characters: int = 20_000
    """Of one test; of one of standard input and output, both together."""
    in_flight: int = 8
    """Requests that are worked on together."""
    queued: int = 32
    """Requests that wait for that."""
    deadline_s: float = 300.0
    """For all of a request, its waiting included."""
    cpu_limit_s: float = 10.0
    """Of a run of a program: one test of standard input and output, or all tests of a function together."""
    wall_limit_s: float = 60.0
