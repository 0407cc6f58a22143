"""Programs judged by plain unittest, in a container of the boxes' own image: program and tests in one module.

What a data set's publisher does, with no judge in between. What the sandbox says of the programs is compared with it.
"""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sandbox.containers.docker_client import connect_engine
from sandbox.image.build import ensure_image
from sandbox.problem import FunctionTest, Problem

DEADLINE_S, ALL_S = 120, 7200
RUNNER = """
import importlib, io, json, os, random, select, signal, sys, tempfile, time, types, unittest

def judge(row):
    os.chdir(tempfile.mkdtemp())
    sys.argv = ["main.py"]
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(null, fd)
    random.seed(0)
    sys.modules["numpy"].random.seed(0)
    module = types.ModuleType("main")
    sys.modules["main"] = module
    try:
        for part in row["parts"]:
            exec(compile(part, "main.py", "exec", dont_inherit=True), module.__dict__)
        suite = unittest.TestSuite()
        for value in list(vars(module).values()):
            if isinstance(value, type) and issubclass(value, unittest.TestCase) and value.__module__ == "main":
                suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(value))
        result = unittest.TestResult()
        suite.run(result)
        bad = [*result.errors, *result.failures, *((str(test), "passed") for test in result.unexpectedSuccesses)]
        said = "".join(f"{test}: {text[-300:]} | " for test, text in bad)
        return {"passed": not bad and result.testsRun > len(result.skipped), "said": said[:1500]}
    except BaseException as error:
        return {"passed": False, "said": f"{type(error).__name__}: {error}"[:300]}

def start(row):
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setsid()
        os.write(writer, json.dumps(judge(row)).encode())
        os._exit(0)
    os.close(writer)
    return {"id": row["id"], "child": child, "reader": reader, "end": time.monotonic() + DEADLINE_S}

def finish(run):
    text = os.read(run["reader"], 1 << 16) if select.select([run["reader"]], [], [], 0)[0] else b""
    try:
        os.killpg(run["child"], signal.SIGKILL)
    except OSError:
        pass
    os.waitpid(run["child"], 0)
    os.close(run["reader"])
    found = json.loads(text) if text else {"passed": False, "said": "no end, or a crash"}
    print(json.dumps({"id": run["id"], **found}), flush=True)

for name in ("numpy", *os.environ.get("MUCODE_PRELOAD", "").split()):
    importlib.import_module(name)
waiting, running = [json.loads(line) for line in sys.stdin], []
while waiting or running:
    while waiting and len(running) < AT_ONCE:
        running.append(start(waiting.pop(0)))
    readers = [run["reader"] for run in running]
    ready = select.select(readers, [], [], 1)[0]
    for run in [one for one in running if one["reader"] in ready or one["end"] < time.monotonic()]:
        running.remove(run)
        finish(run)
"""


def plain_verdicts(
    programs: Sequence[tuple[str, Problem, str]], packages: Sequence[str], at_once: int = 2
) -> dict[str, tuple[bool, str]]:
    """(name, problem, program) by name: whether all of its private tests pass, and what unittest said if not.

    Raises CalledProcessError if the container fails.
    """
    image = ensure_image(connect_engine(), packages=packages)
    rows = [{"id": name, "parts": _parts(problem, program)} for name, problem, program in programs]
    runner = RUNNER.replace("DEADLINE_S", str(DEADLINE_S)).replace("AT_ONCE", str(at_once))
    with tempfile.TemporaryDirectory() as folder:
        tests = Path(folder, "rows.jsonl")
        tests.write_text("".join(json.dumps(row) + "\n" for row in rows))
        command = ["docker", "run", "--rm", "-i", "--network", "none", "--tmpfs", "/tmp:exec", "--memory", "4g"]
        command += ["--env", "PYTHONHASHSEED=0", "--env", "HOME=/tmp", "--entrypoint", "/usr/local/bin/python3", image]
        with tests.open() as source:
            done = subprocess.run(
                [*command, "-c", runner], stdin=source, stdout=subprocess.PIPE, text=True, timeout=ALL_S, check=True
            )
    found = map(json.loads, done.stdout.splitlines())
    return {row["id"]: (row["passed"], row["said"]) for row in found}


def _parts(problem: Problem, program: str) -> list[str]:
    tests = [test.source for test in problem.private_tests if isinstance(test, FunctionTest)]
    return [problem.preamble, program, problem.setup, *tests]
