"""A long run of the sandbox, one program in ten hostile: what grows?

    python benchmarks/soak.py --runs 100000 --boxes 2 --out soak.json

Between chunks, with no program running, it counts what could grow: containers, processes and memory of the boxes, and
of this process its descriptors, memory, threads, children and folders in /tmp. It exits with 1 if any of them grew, or
if a program got another verdict than its own.
"""

import argparse
import contextlib
import json
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import docker
import docker.errors

from sandbox.containers import ownership
from sandbox.containers.docker_client import connect_engine
from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Limits, Problem
from sandbox.verdict import Outcome, Verdict

LIMITS = Limits(cpu_limit_s=0.2, wall_limit_s=3.0, memory_mib=256)
HONEST = "def f(x):\n    values = [x, 2 * x]\n    return values  # {n}"
SLOW_SHARE = 0.04
"""Of the hostile programs. They cost their whole limit."""
SETTLING = 4
"""Samples at the start that count for nothing: caches and queues fill."""
REJECTED = {verdict.value for verdict in Verdict} - {"accepted", "unjudged", "infrastructure_error"}
HOSTILE: dict[str, tuple[str, set[str]]] = {  # name: (program, verdicts that are right)
    "daemon": (
        "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0: time.sleep(1000)\n  os._exit(0)\n"
        "def f(x): return [x, 2 * x]",
        {"accepted"},
    ),
    "files": (
        "import os\nfor n in range(200): open(f'/tmp/{n}', 'w').write('x' * 1000)\n"
        "os.makedirs('/tmp/a/b/c'); os.chmod('/tmp/a', 0)\ndef f(x): return [x, 2 * x]",
        {"accepted"},
    ),
    "descriptors": (
        "import os\nKEPT = []\ntry:\n  while True: KEPT.append(os.memfd_create('x'))\nexcept OSError: pass\n"
        "def f(x): return 0",
        REJECTED,
    ),
    "kill all": ("import os\nos.kill(-1, 9)\ndef f(x): return 0", REJECTED),
    "kill the server": ("import os\nfor n in range(1, 32): os.kill(1, n)\ndef f(x): return 0", REJECTED),
    "exit": ("import os\nos._exit(0)", REJECTED),
    "crash": ("import ctypes\nctypes.string_at(0)", REJECTED),
    "lies": ("class E:\n  def __eq__(s, o): return True\ndef f(x): return E()", REJECTED),
    "output flood": ("while True: print('x' * 100000)", {"output_limit"}),
    "claim flood": ("import os\nwhile True: os.write(3, bytes(100000))", {"output_limit", "runtime_error"}),
    "garbled claims": ("import os\nos.write(3, b'\\0\\0\\0\\4garbled')\ndef f(x): return 0", REJECTED),
    "memory": ("x = bytearray(10 ** 10)\ndef f(x): return 0", {"memory_limit"}),
    "touched memory": (
        "x = [bytearray(1 << 20) for _ in range(400)]\ndef f(x): return 0",
        {"memory_limit", "time_limit"},
    ),
    "threads": (
        "import threading, time\ntry:\n"
        "  for n in range(200): threading.Thread(target=time.sleep, args=(100,)).start()\n"
        "except RuntimeError: pass\ndef f(x): return 0",
        REJECTED,
    ),
    "forks": (
        "import os, time\ntry:\n  while True:\n    if os.fork() == 0: time.sleep(100)\nexcept OSError: pass\n"
        "def f(x): return 0",
        REJECTED,
    ),
    "orders": ("import os\nos.close(3); os.close(4)\ndef f(x): return 0", REJECTED),
}
SLOW: dict[str, tuple[str, set[str]]] = {
    "spin": ("while True: pass", {"time_limit"}),
    "sleep": ("import time\ntime.sleep(1000)", {"time_limit"}),
}


class Stream:
    """Programs, each with the verdicts that are right for it. One in ten is hostile."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.counts: Counter[str] = Counter()

    def next(self, number: int) -> tuple[str, str, set[str]]:
        name, program, right = "honest", HONEST.format(n=number), {"accepted"}
        if number % 10 == 9:
            slow = self._random.random() < SLOW_SHARE
            name, (program, right) = self._random.choice(sorted((SLOW if slow else HOSTILE).items()))
        self.counts[name] += 1
        return name, program, right


class Chunk:
    """Judges programs with a bounded number in flight, and keeps what was judged wrongly."""

    def __init__(self, pool: Pool, ahead: int) -> None:
        self.pool, self.places = pool, threading.Semaphore(ahead)
        self.ahead = ahead
        self.problem = Problem(
            problem_id="soak",
            prompt="",
            private_tests=(FunctionTest("assert f(3) == [3, 6]"), FunctionTest("assert f(0) == [0, 0]")),
            entry_point="f",
            limits=LIMITS,
        )
        self.wrong: list[str] = []

    def run(self, programs: list[tuple[str, str, set[str]]]) -> None:
        for name, program, right in programs:
            self.places.acquire()
            future = self.pool.submit(self.problem, program, "private")
            future.add_done_callback(partial(self._judged, name, right))
        for _ in range(self.ahead):
            self.places.acquire()
        self.places.release(self.ahead)

    def _judged(self, name: str, right: set[str], done: "Future[Outcome]") -> None:
        outcome = done.result()
        if outcome.verdict.value not in right:
            used = f"{outcome.cpu_s:.2f} s of CPU, {outcome.wall_s:.2f} s, attempt {outcome.attempt}"
            self.wrong.append(f"{name}: {outcome.verdict} {outcome.message} ({used})")
            print(self.wrong[-1], flush=True)
        self.places.release()


def fill_connections(client: Any) -> None:
    """The engine's client keeps one idle connection for each of the last 25 addresses it asked: no growth of ours."""
    for number in range(30):
        with contextlib.suppress(docker.errors.NotFound):
            client.api.inspect_container(f"mucode-no-such-box-{number}")


def sample(client: Any) -> dict[str, float]:
    """What could grow, while no program runs. Memory in MiB."""
    label = f"{ownership.OWNER}={ownership.owner_labels()[ownership.OWNER]}"
    containers = client.containers.list(filters={"label": label})
    stats = [container.stats(stream=False, one_shot=True) for container in containers]
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {
        "containers": len(containers),
        "box processes": max(one["pids_stats"]["current"] for one in stats),
        "box memory": max(one["memory_stats"]["usage"] / 2**20 for one in stats),
        "descriptors": len(os.listdir("/proc/self/fd")),  # noqa: PTH208
        "memory": int(status["VmRSS"].split()[0]) / 1024,
        "threads": threading.active_count(),
        "children": len(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()),
        "folders": len(list(Path(tempfile.gettempdir()).glob(f"{ownership.folder_prefix()}*"))),
    }


def growth(samples: list[dict[str, float]]) -> list[str]:
    """What grew: the median of the last third above that of the first, by more than a tenth and more than noise."""
    settled = samples[min(SETTLING, len(samples) // 2) :]
    third = max(len(settled) // 3, 1)
    noise = {"box memory": 8.0, "memory": 16.0}
    grown = []
    for name in samples[0]:
        before, after = (statistics.median(one[name] for one in part) for part in (settled[:third], settled[-third:]))
        if after > 1.1 * before and after - before > noise.get(name, 0.5):
            grown.append(f"{name}: from {before:.1f} to {after:.1f}")
    return grown


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--boxes", type=int, default=2)
    parser.add_argument("--chunk", type=int, default=2000, help="runs between two samples")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    client, stream, samples = connect_engine(), Stream(options.seed), []
    started = time.time()
    with Pool(boxes=options.boxes, cached=False) as pool:
        for one in (client, pool._factory.client):
            fill_connections(one)
        chunk = Chunk(pool, ahead=4 * options.boxes)
        for first in range(0, options.runs, options.chunk):
            numbers = range(first, min(first + options.chunk, options.runs))
            chunk.run([stream.next(number) for number in numbers])
            time.sleep(1)  # a spare box may be starting
            samples.append({"runs": numbers.stop, "s": round(time.time() - started, 1), **sample(client)})
            print(json.dumps(samples[-1]), f"wrong: {len(chunk.wrong)}", flush=True)
    after = len(
        client.containers.list(
            all=True, filters={"label": f"{ownership.OWNER}={ownership.owner_labels()[ownership.OWNER]}"}
        )
    )
    grown = growth([{name: one[name] for name in one if name not in ("runs", "s")} for one in samples])
    grown += [f"{after} containers are left"] if after else []
    result = {"programs": dict(stream.counts), "samples": samples, "grown": grown, "wrong": chunk.wrong[:100]}
    if options.out:
        options.out.write_text(json.dumps(result, indent=1))
    print("grown:", grown or "nothing", "· wrong verdicts:", len(chunk.wrong), *chunk.wrong[:10], sep="\n")
    return int(bool(grown or chunk.wrong))


if __name__ == "__main__":
    sys.exit(main())
