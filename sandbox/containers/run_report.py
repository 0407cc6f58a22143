"""What the fork server measured of one run."""

from dataclasses import dataclass

from sandbox.protocol.frames import Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """The fork server's report on a finished run. Evidence: no program writes it.

    Seconds and MiB are of all processes of the run, `peak_mib` of the largest. `delay_s`: for how long one of them was
    ready and had no core. `oom`: the kernel killed one for memory. `clean`: nothing of the run is left in the box.
    """

    end: Ending
    code: int | None
    cpu_s: float
    wall_s: float
    peak_mib: float
    delay_s: float
    processes: int
    oom: bool
    clean: bool
