"""Boxes beside a busy driver, and what the loss of a box costs. Prints JSON; needs a Docker engine and a quiet machine.

python -m benchmarks.boxes [--spinners 4] [--judgements 200] [--kills 15]
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from unittest.mock import patch

from sandbox.containers import cgroup
from sandbox.containers.docker_client import connect_engine
from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Problem

PROBLEM = Problem(problem_id="f", prompt="", private_tests=(FunctionTest("assert f(3) == [3, 6]"),), entry_point="f")
PROGRAM = "def f(x): return [x, 2 * x]"
ENGINES_OWN = cgroup.CgroupParent(None, False, "where the engine puts every container")
SLEEP_S, KILL_AFTER_S = 3.0, 0.5


def judged_s(pool: Pool, program: str) -> float:
    started = time.perf_counter()
    outcome = pool.judge(PROBLEM, program, "private")
    if not outcome.accepted:
        raise RuntimeError(f"a right program was {outcome.verdict}: {outcome.message}")
    return time.perf_counter() - started


def summary(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {"p50_ms": round(cuts[49] * 1e3, 2), "p95_ms": round(cuts[94] * 1e3, 2)}


def beside_a_busy_driver(spinners: int, judgements: int) -> dict[str, object]:
    """One box in each place, judging in turn, while processes of this machine compute without end."""
    with patch.object(cgroup, "parent", lambda client: ENGINES_OWN):
        plain = Pool(1, cached=False)
        judged_s(plain, PROGRAM)
        time.sleep(3)  # for its standby
    weighted = Pool(1, cached=False)
    judged_s(weighted, PROGRAM)
    time.sleep(3)
    found: dict[str, object] = {"weight": cgroup.cgroup_parent(connect_engine()).text}
    for name, count in (("quiet", 0), ("busy", spinners)):
        busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
        times: dict[str, list[float]] = {"engine's group": [], "own group": []}
        for _ in range(judgements):
            times["engine's group"].append(judged_s(plain, PROGRAM))
            times["own group"].append(judged_s(weighted, PROGRAM))
        for process in busy:
            process.kill()
            process.wait()
        found[f"{name}, {count} spinners"] = {place: summary(values) for place, values in times.items()}
    plain.close()
    weighted.close()
    return found


def recovery(kills: int) -> dict[str, float]:
    """Seconds that a killed box adds to what its caller waits, besides the lost work: every run is repeated."""
    client, costs = connect_engine(), []
    with Pool(1, cached=False) as pool:
        for _ in range(kills):
            box = pool.judge(PROBLEM, PROGRAM, "private").box
            time.sleep(2)  # for the standby
            started = time.perf_counter()
            future = pool.submit(PROBLEM, f"import time\ntime.sleep({SLEEP_S})\n{PROGRAM}", "private")
            time.sleep(KILL_AFTER_S)
            client.api.kill(box)
            outcome = future.result()
            if not outcome.accepted or outcome.attempt != 2:
                raise RuntimeError(f"the run was not repeated once: {outcome}")
            costs.append(time.perf_counter() - started - KILL_AFTER_S - SLEEP_S)
    return {"kills": kills, "median_s": round(statistics.median(costs), 3), "worst_s": round(max(costs), 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spinners", type=int, default=4)
    parser.add_argument("--judgements", type=int, default=200)
    parser.add_argument("--kills", type=int, default=15)
    options = parser.parse_args()
    print(json.dumps({"recovery": recovery(options.kills)}, indent=2), flush=True)
    found = beside_a_busy_driver(options.spinners, options.judgements)
    print(json.dumps({"beside a busy driver": found}, indent=2))


if __name__ == "__main__":
    main()
