"""What names a stage's content: a hash of its settings and its inputs."""

import hashlib
import json
from typing import Any


def digest_of(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:20]


def identity_hash(name: str, identity: dict[str, Any], inputs: dict[str, str]) -> str:
    return digest_of([name, identity, inputs])
