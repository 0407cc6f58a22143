"""No cheat is accepted, no hostile program hurts, every honest one is accepted, and nothing is left behind.

The same tests are the conformance test of a runtime and a transport: MUCODE_RUNTIME and MUCODE_TRANSPORT choose.
"""

import itertools
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.containers.docker_client import connect_engine
from sandbox.image.build import ensure_image
from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Limits, StdioTest
from sandbox.verdict import Verdict
from tests.sandbox.bank import CATALOGUE, Entry, entries, naive
from tests.sandbox.bank.problems import PROBLEMS, problem
from tests.sandbox.conftest import RUNTIME, TRANSPORT
from tests.sandbox.problems import function

BANK = list(entries())
RUNS = [(entry, name) for entry in BANK for name in entry.problems]
CHEATS = [entry for entry in BANK if entry.naive]
HOST_ROWS = {"C12": "test_verdicts.py::test_suites_without_tests"}
"""Rows that no program can show, with their tests."""
NUMBER = itertools.count()
HONEST = """
import os
def f(x):
  found = [p for p in os.listdir('/proc') if p.isdigit() and p not in ('1', str(os.getpid()))]
  for folder in ('/tmp', '/dev/shm', '/dev/mqueue', '/run', '/var/tmp', '/ctl'):
    if os.path.isdir(folder): found += os.listdir(folder)
  return found or [x, 2 * x]
"""
"""Right if no process and no file of an earlier run is there."""


@pytest.fixture(scope="module")
def bank_pool(engine: None) -> Iterator[Pool]:
    """One box, so that each program meets what the last one left."""
    with Pool(boxes=1, cached=False, runtime=RUNTIME, transport=TRANSPORT) as pool:
        yield pool


def ids(values: list[tuple[Entry, str]]) -> list[str]:
    return [f"{entry.row}-{Path(entry.name).stem}-{name}" for entry, name in values]


def run(pool: Pool, entry: Entry, name: str) -> None:
    """One program on one problem, then an honest one in the same pool."""
    asked = problem(name, entry)
    for _ in range(entry.repeat):
        outcome = pool.judge(asked, entry.program, "private")
        assert outcome.verdict in entry.right(name), outcome
        assert outcome.message.isprintable() and len(outcome.message) < 1000
    if "public" in entry.verdicts:
        assert pool.judge(asked, entry.program, "public").verdict in entry.right("public")
    after = pool.judge(PROBLEMS["split"], HONEST, "private")
    assert after.accepted, after


FAST = [(entry, name) for entry, name in RUNS if not entry.slow]
SLOW = [(entry, name) for entry, name in RUNS if entry.slow]


@pytest.mark.parametrize(("entry", "name"), FAST, ids=ids(FAST))
def test_the_bank(bank_pool: Pool, entry: Entry, name: str) -> None:
    run(bank_pool, entry, name)


@pytest.mark.slow
@pytest.mark.parametrize(("entry", "name"), SLOW, ids=ids(SLOW))
def test_its_slow_rows(bank_pool: Pool, entry: Entry, name: str) -> None:
    run(bank_pool, entry, name)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("turn", [2, 3])
def test_the_whole_bank_again(bank_pool: Pool, turn: int) -> None:
    """Its outcome is no luck: with the two tests above, three times out of three."""
    for entry, name in RUNS:
        run(bank_pool, entry, name)


@pytest.mark.slow
def test_the_box_does_not_grow(engine: None) -> None:
    """The same box, after the cheats once and once more; and it is gone with its pool."""
    short = [entry for entry in BANK if entry.row[0] in "ABD" and "split" in entry.problems and entry.wall_s is None]
    client = connect_engine()
    with Pool(boxes=1, cached=False, runtime=RUNTIME, transport=TRANSPORT) as pool:
        used, boxes = [], set()
        for _ in range(3):
            boxes |= {pool.judge(problem("split", entry), entry.program, "private").box for entry in short}
            used.append(client.containers.get(max(boxes)).stats(stream=False)["memory_stats"]["usage"])
    assert len(boxes) == 1, "a box was replaced: what it held cannot be compared"
    assert used[2] - used[1] < 4 << 20, used
    names = {container.name for container in client.containers.list(all=True)}
    assert not boxes & names


def test_every_row_of_the_catalogue_is_there() -> None:
    assert {entry.row for entry in BANK} | HOST_ROWS.keys() == CATALOGUE
    assert all(entry.problems and set(entry.problems) <= PROBLEMS.keys() for entry in BANK)
    honest = [entry for entry in BANK if entry.row.startswith("L")]
    assert len({entry.row for entry in honest}) == 6


@pytest.fixture(scope="module")
def fooled(engine: None) -> dict[tuple[str, str], bool]:
    """(file, naive judge) -> accepted; all of them judged in one container that is thrown away."""
    asked = [(entry, judge) for entry in CHEATS for judge in entry.naive]
    requests = []
    for entry, judge in asked:
        suite = PROBLEMS[entry.problems[0]]
        tests = [test.source for test in (*suite.public_tests, *suite.private_tests) if isinstance(test, FunctionTest)]
        cases = [[test.input, test.output] for test in suite.private_tests if isinstance(test, StdioTest)]
        requests.append([judge, entry.program, tests, cases])
    command = ["docker", "run", "--rm", "-i", "--network", "none", "--read-only", "--cap-drop", "ALL"]
    command += ["--memory", "512m", "--pids-limit", "64", "--security-opt", "no-new-privileges", "--user", "65534"]
    command += ["--tmpfs", "/tmp", ensure_image(), "python3", "-I", "-S", "-c", Path(naive.__file__).read_text()]
    run = subprocess.run(command, input=json.dumps(requests), capture_output=True, text=True, timeout=600, check=True)
    names = [(entry.name, judge) for entry, judge in asked]
    return dict(zip(names, json.loads(run.stdout.splitlines()[-1]), strict=True))


@pytest.mark.parametrize("entry", CHEATS, ids=[entry.name for entry in CHEATS])
def test_a_naive_judge_accepts_it(fooled: dict[tuple[str, str], bool], entry: Entry) -> None:
    """Otherwise the row proves nothing. And the program is wrong: no problem accepts it."""
    assert all(fooled[entry.name, judge] for judge in entry.naive), [fooled[entry.name, j] for j in entry.naive]
    assert all(Verdict.ACCEPTED not in entry.right(name) for name in entry.problems)


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
