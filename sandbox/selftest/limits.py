"""The self-test's limit checks: programs that try what one promised limit forbids, on the kernel and engine at hand.

They are the files of `programs/`, in the order of their names: the last one looks for what those before it left. A
program's `f` returns what got through, in words, and must return an empty list; or its run must end at the limit. A
file begins with a header of comments:

    limit      the name of what is tried
    tried      what the program does
    verdict    of the run that shows that the limit holds; accepted, unless said
    message    how that verdict's message begins, if it matters
    cpu_s, wall_s   limits of the run, unless QUICK's
    runtimes   in which it is tried, unless in all
    needs      constants that the program is given
    advice     what to do if the limit does not hold: words, or a key of ADVICE
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from sandbox.containers.confinement import ENVIRONMENT, HOSTNAME, PIDS, TMP_INODES, TMP_MIB, USER
from sandbox.guest import seccomp
from sandbox.problem import Limits
from sandbox.verdict import Verdict

MEMORY_MIB = 64
"""Of a run in the box that the checks run in: small, so that reaching it is quick."""
QUICK = Limits(cpu_limit_s=5, wall_limit_s=20, memory_mib=MEMORY_MIB)
PROGRAMS = Path(__file__).with_name("programs")
HEADER = re.compile(r"# (\w+): (.*)")
FIELDS = ("limit", "tried", "verdict", "message", "cpu_s", "wall_s", "runtimes", "needs", "advice")
DELEGATE = (
    "the engine has no {0} controller: mount or delegate it (rootless: systemd's Delegate=yes), or boot with"
    " cgroup_enable={0}; `docker info` prints warnings about it"
)
FILTER = "the kernel needs CONFIG_SECCOMP_FILTER, the engine its seccomp support (`docker info`, security options)"
ADVICE = {
    "ENGINE": "the engine did not apply an option of the box; update the engine, or use another one (DOCKER_HOST)",
    "DELEGATE pids": DELEGATE.format("pids"),
    "DELEGATE memory": DELEGATE.format("memory"),
    "FILTER": FILTER,
}
CONSTANTS = {
    "USER": USER,
    "ENVIRONMENT": {**ENVIRONMENT, "HOSTNAME": HOSTNAME},
    "TMP_MIB": TMP_MIB,
    "TMP_INODES": TMP_INODES,
    "PIDS": PIDS,
    "MEMORY_MIB": MEMORY_MIB,
    "DENIED": seccomp.DENIED,
    "CLONE": seccomp.ARGUMENTS_MATTER["clone"],
    "SETPRIORITY": seccomp.ARGUMENTS_MATTER["setpriority"],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitCheck:
    """`limit` names what is tried. The verdict, and the start of its message, that show that the limit holds."""

    limit: str
    program: str
    advice: str
    verdict: Verdict = Verdict.ACCEPTED
    message: str = ""
    limits: Limits = field(default=QUICK)
    runtimes: tuple[str, ...] = ("runc", "runsc")


def read_check(path: Path) -> LimitCheck:
    """A file of `programs/`. Raises ValueError for a header that is not as above."""
    lines = path.read_text().splitlines()
    header: dict[str, str] = {}
    while lines and (found := HEADER.fullmatch(lines[0])):
        header[found[1]] = found[2]
        del lines[0]
    if not set(header) <= set(FIELDS) or not {"limit", "tried", "advice"} <= set(header):
        raise ValueError(f"{path}: expected a header of {', '.join(FIELDS)}; found {', '.join(header)}")
    given = [f"{name} = {CONSTANTS[name]!r}" for name in header.get("needs", "").split()]
    limits = replace(QUICK, cpu_limit_s=float(header.get("cpu_s", 5)), wall_limit_s=float(header.get("wall_s", 20)))
    return LimitCheck(
        limit=header["limit"],
        program="\n".join([*given, *lines, ""]),
        advice=ADVICE.get(header["advice"], header["advice"]),
        verdict=Verdict(header.get("verdict", Verdict.ACCEPTED)),
        message=header.get("message", ""),
        limits=limits,
        runtimes=tuple(header.get("runtimes", "runc runsc").split()),
    )


LIMIT_CHECKS = tuple(read_check(path) for path in sorted(PROGRAMS.glob("*.py")))
