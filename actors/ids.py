"""Ids and seeds that depend on what they name alone, in every process and on every machine."""

import hashlib
import json


def stable_id(*parts: object) -> str:
    """20 hex digits that depend on the parts alone, in every process and on every machine."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:20]


def stable_seed(*parts: object) -> int:
    """A seed in [0, 2**31) that depends on the parts alone."""
    return int(stable_id(*parts)[:8], 16) & 0x7FFF_FFFF
