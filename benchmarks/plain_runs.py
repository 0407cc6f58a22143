"""Programs and their tests in one process, as published: plain asserts, unittest, Node.js. The sandbox takes no part.

As a script it runs in a container of its own (`PlainRuns`): each line of its input is a run, each of its output says
how that ended: "passed", "timeout", or the last line of what went wrong.
"""

import json
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

WORD = "every test has passed"
PYTHON = """
import io, json, random, sys, types, unittest
sys.path.append(f"/usr/local/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages")
run = json.loads(sys.stdin.read())
sys.set_int_max_str_digits(0)
random.seed(0)
module = sys.modules["main"] = types.ModuleType("main")
names = vars(module)
exec(compile(run["preamble"], "preamble.py", "exec"), names)
exec(compile(run["program"], "main.py", "exec"), names)
name, own = run["entry_point"], names.get(run["entry_point"])
names = {**names, "__name__": "tests"}
exec(compile(run["preamble"], "preamble.py", "exec"), names)  # a changed helper is the program's own
names |= {name: own} if name else {}
exec(compile(run["setup"], "setup.py", "exec"), names)
exec(compile(run["tests"], "tests.py", "exec"), names)
classes = [one for one in {**names}.values() if isinstance(one, type) and issubclass(one, unittest.TestCase)]
for one in classes:
    told = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(one))
    for _, text in told.failures + told.errors:
        raise AssertionError(text.strip().splitlines()[-1])
print(run["word"])
"""
NODE = """
const run = JSON.parse(require("fs").readFileSync(0, "utf8"))
console.assert = (holds, ...said) => { if (!holds) throw new Error("assert: " + said.join(" ")) }
const names = Object.assign(Object.create(globalThis), { console, require })
require("vm").runInNewContext(run.program + ";\\n" + run.tests, names)
console.log(run.word)
"""


class PlainRuns:
    """A container of `image` (with Node.js, if it runs JavaScript). Use it in `with`."""

    def __init__(self, image: str, limit_s: float) -> None:
        command = ["docker", "run", "--rm", "-i", "--network", "none", "--read-only", "--cap-drop", "ALL"]
        command += ["--memory", "3g", "--pids-limit", "100", "--security-opt", "no-new-privileges", "--user", "65534"]
        command += ["--tmpfs", "/tmp", image, "python3", "-I", "-S", "-c", Path(__file__).read_text(), str(limit_s)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, **parts: Any) -> str:
        """`language`, `preamble`, `program`, `setup`, `tests`, `entry_point`: how it ended."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps(parts) + "\n")
        self.process.stdin.flush()
        return str(json.loads(self.process.stdout.readline()))

    def __enter__(self) -> "PlainRuns":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()


def outcome(run: dict[str, Any], limit_s: float) -> str:
    """Of one run, in a folder and a process of its own."""

    def confine() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (int(limit_s), int(limit_s) + 1))

    node = run["language"] == "javascript"
    command = ["node", "-e", NODE] if node else [sys.executable, "-s", "-S", "-B", "-c", PYTHON]
    text, settings = json.dumps(run | {"word": WORD}), {"PYTHONHASHSEED": "0", "PATH": "/usr/local/bin:/usr/bin:/bin"}
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                command, input=text, capture_output=True, text=True, errors="replace", cwd=folder,
                env=settings, timeout=20 * limit_s, preexec_fn=confine, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return "timeout"
    if done.stdout.endswith(f"{WORD}\n"):
        return "passed"
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    said = next((line for line in lines if node and re.match(r"\w*Error", line)), "".join(lines[-1:]))
    return "timeout" if done.returncode in (-9, -24) else said[:200] or f"exit {done.returncode}"


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(outcome(json.loads(line), float(sys.argv[1]))), flush=True)
