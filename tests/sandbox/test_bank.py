"""No cheat is accepted, no hostile program hurts, every honest one is accepted, and nothing is left behind."""

import subprocess

import pytest

from sandbox.pool import Pool
from sandbox.problem import Limits
from sandbox.verdict import Verdict
from tests.sandbox.bank import CHEATS, HONEST, HOSTILE, REJECTED
from tests.sandbox.problems import function

TESTS = ("assert f(3) == [3, 6]", "assert f(5) == [5, 10]")
LIMITS = Limits(cpu_limit_s=1.0, wall_limit_s=3.0, memory_mib=256)
RIGHT = "def f(x): return [x, 2 * x]"
PROBLEMS = {
    "split": function(*TESTS, limits=LIMITS),
    "judge box": function(*TESTS, limits=LIMITS, setup="unused = 1"),
    "check program": function(
        "def check(candidate):\n  for n in (3, 5):\n    assert candidate(n) == [n, 2 * n]\ncheck(f)", limits=LIMITS
    ),
}
NAIVE = """
import sys
source, tests = sys.argv[1:]
program = compile(source, 'main.py', 'exec')
names = {'__name__': '__main__'}
exec(program, names)
exec(compile(tests, 'tests.py', 'exec'), names)
print('ALL TESTS PASSED')
"""


def naive(box_image: str, program: str) -> subprocess.CompletedProcess[str]:
    """Program and asserts in one process of a container of their own, as in the judges that these cheats fool."""
    command = ["docker", "run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL", "--memory", "512m"]
    command += ["--pids-limit", "64", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp", box_image]
    command += ["python3", "-I", "-S", "-c", NAIVE, program, "\n".join((*TESTS, "done = True"))]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", CHEATS)
@pytest.mark.parametrize("way", PROBLEMS)
def test_a_cheat_is_rejected(pool: Pool, way: str, name: str) -> None:
    outcome = pool.judge(PROBLEMS[way], CHEATS[name][1], "private")
    assert outcome.verdict in REJECTED, outcome
    assert pool.judge(PROBLEMS[way], f"{RIGHT}  # after {name}", "private").accepted


@pytest.mark.slow
@pytest.mark.parametrize("name", CHEATS)
def test_a_naive_judge_accepts_it(engine: None, name: str) -> None:
    """Otherwise the row above proves nothing."""
    from sandbox.image.build import ensure_image

    falls_for, program = CHEATS[name]
    run = naive(ensure_image(), program)
    accepted = "ALL TESTS PASSED" in run.stdout if falls_for == "marker" else run.returncode == 0
    assert accepted, run


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_program_is_contained(pool: Pool, name: str) -> None:
    allowed, program = HOSTILE[name]
    outcome = pool.judge(PROBLEMS["split"], program, "private")
    assert outcome.verdict in allowed, outcome
    assert pool.judge(PROBLEMS["split"], f"{RIGHT}  # after {name}", "private").accepted


@pytest.mark.parametrize("name", HONEST)
@pytest.mark.parametrize("way", ["split", "judge box"])
def test_an_honest_program_is_accepted(pool: Pool, way: str, name: str) -> None:
    outcome = pool.judge(PROBLEMS[way], HONEST[name], "private")
    assert outcome.verdict is Verdict.ACCEPTED, outcome


SEARCH = """
import os
def f(*_):
  found = [p for p in os.listdir('/proc') if p.isdigit() and p not in ('1', str(os.getpid()))]
  for folder in ('/tmp', '/dev/shm', '/dev/mqueue', '/run', '/var/tmp', '/ctl'):
    if os.path.isdir(folder): found += os.listdir(folder)
  flip = bytes(n ^ 1 for n in range(256))
  for line in open('/proc/self/maps'):
    if 'rw' not in line: continue
    low, high = (int(part, 16) for part in line.split()[0].split('-'))
    with open('/proc/self/mem', 'rb', 0) as memory:
      memory.seek(low)
      try: data = memory.read(high - low).translate(flip)
      except (OSError, OverflowError): continue
      found += ['memory'] * sum(needle in data for needle in NEEDLES)
  return found
"""
"""Looks for processes, files and bytes. Needles have every lowest bit flipped, so that it does not find itself."""


def search_for(*needles: bytes) -> str:
    return f"{SEARCH}\nNEEDLES = {[bytes(byte ^ 1 for byte in needle) for needle in needles]}"


def test_nothing_of_a_run_is_left_for_the_next(engine: None) -> None:
    """Daemons, files, memory and limits of one program, looked for by the next one in the same box."""
    leave = (
        "import os, time, resource\nopen('/tmp/left', 'w').write('SECRET-OF-RUN-1')\n"
        "if os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0: time.sleep(60)\n  os._exit(0)\n"
        "try: resource.prlimit(1, resource.RLIMIT_NOFILE, (3, 3))\nexcept OSError: pass\n"
        "try: os.setpriority(os.PRIO_PROCESS, 1, 19)\nexcept OSError: pass\n"
        "for folder in ('/dev/shm', '/dev/mqueue', '/run', '/var/tmp', '/ctl'):\n"
        "  try: open(folder + '/left', 'w').close()\n  except OSError: pass\n"
        "def f(x): return 'SECRET-OF-RUN-1'"
    )
    secret, limits = b"SECRET-OF-RUN-1", Limits(cpu_limit_s=5)
    with Pool(boxes=1) as pool:
        first = pool.judge(function("assert f(1) == [1, 2]"), leave, "private")
        second = pool.judge(function("assert f() == []", limits=limits), search_for(secret), "private")
        control = pool.judge(
            function("assert f('SECRET-OF-RUN-1') == []", limits=limits), search_for(secret), "private"
        )
    assert first.message == "got 'SECRET-OF-RUN-1', expected [1, 2]"
    assert second.accepted, second
    assert first.box == second.box
    assert control.message.startswith("got ['memory'"), control


def test_the_expected_value_is_nowhere_in_the_box(pool: Pool) -> None:
    """Not as text and not as an integer, in neither way of judging. The control sees it among the arguments."""
    number = 91_827_364_554_637
    mask = (1 << 30) - 1
    digits = (number & mask).to_bytes(4, "little") + (number >> 30).to_bytes(4, "little")  # as CPython stores it
    program = search_for(str(number).encode(), digits)
    for setup in ("", "unused = 1"):
        problem = function(f"assert f() == {number}", setup=setup, limits=Limits(cpu_limit_s=5))
        assert pool.judge(problem, program, "private").message == f"got [], expected {number}"
        control = function(f"assert f({number}) == 0", setup=setup, limits=Limits(cpu_limit_s=5))
        assert pool.judge(control, program, "private").message.startswith("got ['memory'")
