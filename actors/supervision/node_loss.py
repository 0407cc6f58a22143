"""Whether an actor was lost because its node was: nobody's fault, and no reason to start it less often."""

NODE_DIED = "its node has died"
"""Ray's words for it; the error itself keeps no more than `preempted`, which is one of the reasons."""
VERDICT_S = 60.0
"""Ray asks a silent node some five times before it calls it dead; meanwhile its actors are only out of reach."""


def alive_nodes() -> set[str]:
    """Ray's ids of the nodes that live, as far as it knows."""
    import ray

    return {node["NodeID"] for node in ray.nodes() if node["Alive"]}


def node_was_lost(error: BaseException | None, node_id: str) -> bool:
    """By what Ray says of an actor (None: nothing, it was only silent) and of its node ("" if nobody knows which)."""
    if getattr(error, "preempted", False) or (error is not None and NODE_DIED in str(error)):
        return True
    return bool(node_id) and node_id not in alive_nodes()
