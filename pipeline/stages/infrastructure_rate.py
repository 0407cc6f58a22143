"""How much of the sandbox may fail before a sampling stage stops."""

from actors.storage.parts import committed_parts
from sandbox.errors import UserError

MIN_EPISODES_FOR_A_RATE = 20
"""Fewer than this say nothing about the sandbox's failure rate."""


class InfrastructureRateError(UserError, RuntimeError):
    """Too much of the sandbox failed; the episodes that it failed are masked, never labels."""


def require_sandbox(directory: str, limit: float) -> None:
    """Raise InfrastructureRateError if more than `limit` of a stage's committed episodes were failed by the sandbox."""
    parts = committed_parts(directory).values()
    failed = sum(part.counts.get("ended_infrastructure", 0) for part in parts)
    episodes = sum(part.counts.get("episodes", 0) for part in parts)
    if episodes and failed / episodes > limit:
        raise InfrastructureRateError(too_much_text(failed, episodes, limit))


def too_much_text(failed: float, episodes: float, limit: float) -> str:
    return (
        f"the sandbox failed in {failed:.0f} of {episodes:.0f} episodes, above executor.max_infrastructure_rate = "
        f"{limit:g}; those episodes are masked, never labels. Run `mucode doctor` on the sandbox nodes; if "
        "answers were lost, the actors' logs name them"
    )
