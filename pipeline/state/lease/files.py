"""The lease files of a run directory: `lease/000001.json` of its first driver, `lease/000002.json` of the next.

Of several writers one makes a file, so each number has one holder; the highest number holds the directory. A holder
renews its own file and no other, whose name nobody else will ever write, so renewing needs no condition.
"""

import re
from contextlib import suppress
from dataclasses import dataclass

from pipeline.state.lease.record import LeaseRecord, parse_record
from pipeline.state.run_files import RunFiles

LEASE = "lease"
"""Folder of a run directory."""
NAME = re.compile(r"(\d{6,})\.json")


@dataclass(frozen=True, slots=True)
class FoundLease:
    """A lease file as it was read. `record`: None if it does not say what a holder writes, or is gone again."""

    number: int
    data: bytes
    record: LeaseRecord | None


class LeaseFiles:
    def __init__(self, files: RunFiles) -> None:
        self._files = files
        self.root = files.root

    def newest(self) -> FoundLease | None:
        """Of the last driver so far; None if there was none."""
        numbers = self._numbers()
        if not numbers:
            return None
        data = self.read(max(numbers))
        return FoundLease(max(numbers), data, parse_record(data))

    def read(self, number: int) -> bytes:
        """b"" if there is no such file, as of one that a later driver has removed since it was listed."""
        try:
            return self._files.read(LEASE, _name(number))
        except FileNotFoundError:
            return b""

    def create(self, number: int, record: LeaseRecord) -> bool:
        """Whether `record` got this number; also said of a file that was made by a request whose reply was lost."""
        return self._files.create(record.encode(), LEASE, _name(number))

    def write(self, number: int, record: LeaseRecord) -> None:
        """For the holder of the number alone."""
        self._files.write(record.encode(), LEASE, _name(number))

    def remove(self, number: int) -> None:
        with suppress(FileNotFoundError):
            self._files.delete(LEASE, _name(number))

    def remove_before(self, number: int) -> None:
        """Those of former drivers."""
        for one in self._numbers():
            if one < number:
                self.remove(one)

    def path_of(self, number: int) -> str:
        return f"{self.root}/{LEASE}/{_name(number)}"

    def _numbers(self) -> list[int]:
        return [int(match[1]) for match in map(NAME.fullmatch, self._files.names(LEASE)) if match]


def _name(number: int) -> str:
    return f"{number:06d}.json"
