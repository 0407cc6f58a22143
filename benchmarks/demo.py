"""Time and memory of the embedded default, stage by stage, over several seeds.

    python benchmarks/demo.py --seeds 0 1 2 --out demo.json

Start-up (processes, imports, placement) and compute are told apart: a training's start-up is its fit without its
steps; a sampling stage's is its wall time without the engine's busy time. Memory is what the machine uses beyond what
it used before the run, sampled every half second, containers included.
"""

import argparse
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any


def used_mib() -> float:
    """Memory in use on this machine, page cache excluded. MiB"""
    fields = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return (int(fields["MemTotal"].split()[0]) - int(fields["MemAvailable"].split()[0])) / 1024


class MemoryPeak(threading.Thread):
    """Samples until stopped; `at` holds (time, MiB above the start)."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.base, self.at, self.stopped = used_mib(), [(time.time(), 0.0)], threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(0.5):
            self.at.append((time.time(), used_mib() - self.base))

    def peak(self, start: float, end: float) -> float:
        return max((mib for when, mib in self.at if start <= when <= end), default=0.0)


def run_once(seed: int, root: Path) -> dict[str, Any]:
    """One run from nothing; its stages, results and peaks."""
    name = f"seed-{seed}"
    memory = MemoryPeak()
    memory.start()
    started = time.time()
    command = [sys.executable, "-m", "pipeline", "run", "--set", f"run.seed={seed}", "--set", f"run.root={root}"]
    subprocess.run([*command, "--set", f"run.name={name}"], check=True, stdout=subprocess.DEVNULL)
    ended = time.time()
    memory.stopped.set()
    spans = [json.loads(line) for line in (root / name / "spans.jsonl").read_text().splitlines()]
    stages = [stage_row(root / name, span, memory) for span in spans if "iteration" in span]
    return {
        "seed": seed,
        "wall_s": round(ended - started, 1),
        "peak_mib": round(memory.peak(started, ended)),
        "stages": stages,
        "results": [json.loads(line) for line in (root / name / "metrics.jsonl").read_text().splitlines()],
    }


def stage_row(run: Path, span: dict[str, Any], memory: MemoryPeak) -> dict[str, Any]:
    path = run / f"iter_{span['iteration']:04d}" / span["name"] / "manifest.json"
    facts = json.loads(path.read_text())["facts"]
    compute = facts.get("train_s", facts.get("engine_busy_s"))
    return {
        "iteration": span["iteration"],
        "stage": span["name"],
        "seconds": span["seconds"],
        "compute_s": None if compute is None else round(compute, 1),
        "peak_mib": round(memory.peak(span["start"], span["start"] + span["seconds"])),
    }


def print_table(runs: list[dict[str, Any]]) -> None:
    print(f"{'stage':<24}" + "".join(f"{'seed ' + str(run['seed']):>26}" for run in runs))
    for rows in zip(*(run["stages"] for run in runs), strict=True):
        cells = "".join(f"{r['seconds']:>8.1f} s {r['compute_s'] or 0:>6.1f} s {r['peak_mib']:>5} M" for r in rows)
        print(f"{rows[0]['iteration']} {rows[0]['stage']:<22}{cells}")
    print(f"{'all, wall':<24}" + "".join(f"{run['wall_s']:>8.1f} s {'':>8} {run['peak_mib']:>5} M" for run in runs))
    for row in runs[0]["results"]:
        points = [
            next(r for r in run["results"] if (r["iteration"], r["series"]) == (row["iteration"], row["series"]))
            for run in runs
        ]
        cells = "".join(
            f"{100 * p['value']:>14.1f} [{100 * p['low']:.1f}, {100 * p['high']:.1f}]"
            for p in (r["turns"][-1] for r in points)
        )
        print(f"{row['label']:<40}{cells}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--root", type=Path, default=Path("runs") / "benchmark")
    parser.add_argument("--out", type=Path, default=Path("demo.json"))
    options = parser.parse_args()
    runs = [run_once(seed, options.root.resolve()) for seed in options.seeds]
    options.out.write_text(json.dumps(runs, indent=1))
    print_table(runs)


if __name__ == "__main__":
    main()
