"""What a lease file says: which process drives a run directory, and how often it has said so."""

import json
import os
import socket
import uuid
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from sandbox.processes import boot_id, pid_namespace, start_time

LONGEST_S = 3600.0
"""A holder that asks for more is not waited for as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverProcess:
    """A process, and where its id means something. `started`: clock ticks since boot; "": the system does not say."""

    host: str
    boot: str
    pid_namespace: str
    pid: Annotated[int, Field(gt=0, lt=1 << 31)]
    started: str

    def is_here(self) -> bool:
        """Whether it was a process of this machine, so that this machine knows whether it has ended."""
        return (self.host, self.boot, self.pid_namespace) == (socket.gethostname(), boot_id(), pid_namespace())

    def has_ended(self) -> bool | None:
        """None if that cannot be known here."""
        if not self.is_here():
            return None
        if started := start_time(self.pid):
            return started != self.started if self.started else None
        try:
            os.kill(self.pid, 0)  # /proc may be absent, or hide the processes of others
        except ProcessLookupError:
            return True
        except OSError:
            pass  # another user's
        return None

    def __str__(self) -> str:
        return f"process {self.pid} on {'this machine' if self.is_here() else f'host {self.host}'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRecord:
    """`holder`: drawn for each lease; `renewed`: by the holder's clock, for people alone; `lease_s`: a holder that
    renews nothing for so long is taken for dead."""

    holder: str
    process: DriverProcess
    lease_s: Annotated[float, Field(gt=0, le=LONGEST_S, allow_inf_nan=False)]
    renewals: int
    renewed: str
    released: bool = False

    def again(self, *, released: bool = False) -> "LeaseRecord":
        """As the holder says it next."""
        return replace(self, renewals=self.renewals + 1, renewed=_now(), released=released)

    def encode(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()


_RECORD = TypeAdapter(LeaseRecord)


def this_process() -> DriverProcess:
    pid = os.getpid()
    return DriverProcess(
        host=socket.gethostname(),
        boot=boot_id(),
        pid_namespace=pid_namespace(),
        pid=pid,
        started=start_time(pid) or "",
    )


def new_record(lease_s: float, process: DriverProcess | None = None) -> LeaseRecord:
    """Of a holder that begins; `process`: this one."""
    return LeaseRecord(
        holder=uuid.uuid4().hex, process=process or this_process(), lease_s=lease_s, renewals=0, renewed=_now()
    )


def parse_record(data: bytes) -> LeaseRecord | None:
    """None if it is not what a holder writes: cut short, or a stranger's. What a newer version adds is passed over."""
    try:
        return _RECORD.validate_json(data, strict=True)
    except ValidationError:
        return None


def _now() -> str:
    return datetime.now(UTC).isoformat(sep=" ", timespec="seconds")
