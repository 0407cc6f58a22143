"""How a run ended, by the fork server's report, as a failure: evidence that a program cannot forge."""

import signal

from sandbox.containers.run_report import RunReport
from sandbox.containers.session import OUTPUT_BYTES
from sandbox.errors import BoxLost
from sandbox.judging.failure import Failure
from sandbox.problem import Limits
from sandbox.verdict import Verdict

BASE_MIB = 128
"""What a run time has in memory besides a program's data, at most: code, libraries, the fork server's pages."""
ABORTED = (-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL)
"""How run times of other languages end themselves when memory ends."""


def run_failure(done: RunReport, limits: Limits) -> Failure | None:
    """What the fork server's report means; None for a run that kept its limits and ended with status 0 or by us."""
    memory = Failure(Verdict.MEMORY_LIMIT, f"memory limit: {limits.memory_mib} MiB", "memory")
    # the kernel killed a process of the run for memory, and whether the run lived on is luck; or one had more than
    # its limit on data allows, as shared memory
    if done.oom or done.peak_mib > 1.25 * limits.memory_mib + BASE_MIB:
        return memory
    if done.end == "wall":
        return wall_failure(limits)
    if done.end == "cpu" or done.cpu_s > limits.cpu_limit_s or done.code == -signal.SIGXCPU:
        return Failure(Verdict.TIME_LIMIT, f"time limit: {limits.cpu_limit_s:g} s of CPU", "cpu")
    if done.end == "messages flood":
        return flood_failure(limits)
    if done.end == "output flood":
        return Failure(Verdict.OUTPUT_LIMIT, f"output limit: {OUTPUT_BYTES >> 20} MiB", "output")
    if done.end == "told" or done.code == 0:
        return None
    if done.code in ABORTED and done.peak_mib > limits.memory_mib / 2:
        return memory
    if done.code is not None and done.code < 0:
        return Failure(Verdict.RUNTIME_ERROR, f"killed by signal {-done.code}", "signal")
    return Failure(Verdict.RUNTIME_ERROR, f"the program ended itself with status {done.code}", "exit")


def wall_failure(limits: Limits) -> Failure:
    """The wall time was over."""
    return Failure(Verdict.TIME_LIMIT, f"time limit: {limits.wall_limit_s:g} s of wall time", "wall")


def flood_failure(limits: Limits) -> Failure:
    """More values than a problem allows."""
    return Failure(Verdict.OUTPUT_LIMIT, f"output limit: values of {limits.values_mib} MiB", "values")


def tests_failure(done: RunReport, malformed: bool, through: bool, limits: Limits) -> Failure | None:
    """The end of the tests' own run: None if they were through, else the limit that they met, or their crash.

    Raises BoxLost if our own code failed in there: it ends without a word on every test, which no program decides.
    """
    itself = done.end == "exit" and done.code is not None and done.code >= 0
    if malformed or (itself and (done.code or not through)):
        raise BoxLost(f"the tests' own run ended without having been through: by {done.end} (status {done.code})")
    return None if itself else run_failure(done, limits)
