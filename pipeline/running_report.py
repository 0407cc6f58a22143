"""report.html while a run goes on: after its stages if that is cheap, else after its iterations.

It is written whole or not at all. One that fails ends nothing: that is told, its traceback is kept in failures/, and
the next one is tried.
"""

import time

from pipeline.errors import what_happened
from pipeline.report.page import write_report
from pipeline.state.failures import keep_traceback
from pipeline.state.store import Store
from pipeline.trackers.console import notice, say

MOST_S = 3.0
"""A report that takes longer is written after iterations alone."""
SHARE = 0.05
"""Of a run's time that reports after stages may take."""


class RunningReport:
    """Of one run, whose driver calls it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._cost_s, self._written = 0.0, time.monotonic()
        self._is_old = False

    def after_stage(self) -> None:
        """Write it, unless the last one took too long for that."""
        self._is_old = True
        if self._cost_s <= min(MOST_S, SHARE * (time.monotonic() - self._written)):
            self.write()
            if self._cost_s > MOST_S:
                say(f"  report.html takes {self._cost_s:.0f} s: it is written after each iteration from now on")

    def after_iteration(self) -> None:
        """Write it, unless nothing was done since the last one."""
        if self._is_old:
            self.write()

    def write(self) -> str | None:
        """The path of the file; None if it could not be written."""
        started = time.monotonic()
        try:
            return write_report(self._store)
        except Exception as error:  # whatever a damaged file or a full disk raises: the run is worth more
            kept = keep_traceback(error, "report.txt", self._store.files)
            notice(f"  report.html could not be written: {what_happened(error)} (traceback: {kept})")
            return None
        finally:
            self._written = time.monotonic()
            self._cost_s = self._written - started
            self._is_old = False
