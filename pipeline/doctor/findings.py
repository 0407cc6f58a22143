"""What a check says: one line, and the numbers behind it."""

from dataclasses import dataclass, field
from typing import Any, Literal

Status = Literal["ok", "note", "fail", "skipped"]
"""note: nothing is broken, but a person should know. skipped: what it needs failed, or is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`check`: the name of what was looked at. `node`: the address of another node; "" for this machine.

    `values`: what was measured, in JSON's types, by names that hold their units.
    """

    check: str
    status: Status
    text: str
    node: str = ""
    values: dict[str, Any] = field(default_factory=dict)


def good(check: str, text: str, node: str = "", /, **values: Any) -> Finding:
    return Finding(check=check, status="ok", text=text, node=node, values=values)


def noted(check: str, text: str, node: str = "", /, **values: Any) -> Finding:
    return Finding(check=check, status="note", text=text, node=node, values=values)


def broken(check: str, text: str, node: str = "", /, **values: Any) -> Finding:
    return Finding(check=check, status="fail", text=text, node=node, values=values)


def skipped(check: str, text: str, node: str = "", /, **values: Any) -> Finding:
    return Finding(check=check, status="skipped", text=text, node=node, values=values)
