"""What names a stage's content: the settings that it reads and the digests of what goes in."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any


def digest_of(value: Any) -> str:
    """20 hex digits of anything that JSON can write; what it cannot is written as text."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:20]


@dataclass(frozen=True, kw_only=True)
class StageIdentity:
    """Which stage of which iteration, made with which settings from which inputs.

    `settings` holds the identity fields that the stage reads, flat; `inputs` a digest by name.
    """

    iteration: int
    stage: str
    settings: dict[str, Any]
    inputs: dict[str, str]

    @cached_property
    def hash(self) -> str:
        """Equal for stages that would compute the same thing, in whatever run and iteration."""
        return digest_of([self.stage, self.settings, self.inputs])

    def differences(self, settings: dict[str, Any], inputs: dict[str, str]) -> str:
        """What differs from a finished stage's settings and inputs, as text: "key: there …, now …"."""
        now = {**self.settings, **{f"input {name}": digest for name, digest in self.inputs.items()}}
        there = {**settings, **{f"input {name}": digest for name, digest in inputs.items()}}
        names = [key for key in sorted({*now, *there}) if digest_of(now.get(key)) != digest_of(there.get(key))]
        return "; ".join(f"{key}: there {there.get(key)!r}, now {now.get(key)!r}" for key in names)
