"""Time and memory of the embedded default, stage by stage, over several seeds; of several checkouts in turn.

    python benchmarks/demo.py --seeds 0 1 2 --out demo.json
    python benchmarks/demo.py --seeds 0 0 0 --checkouts ../before . --out ratio.json

Start-up (processes, imports, placement) and compute are told apart: a training's start-up is its fit without its
steps; a sampling stage's is its wall time without the engine's busy time. Memory is what the machine uses beyond what
it used before the run, sampled every half second, containers included. With several checkouts each seed is run by one
after the other, so that what else the machine does meets all; the last lines compare their results and wall times.
"""

import argparse
import json
import os
import statistics
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


def run_once(number: int, seed: int, checkout: Path, root: Path) -> dict[str, Any]:
    """One run from nothing, `number` among all; its stages, results and peaks."""
    name = f"{number}-seed-{seed}"
    memory = MemoryPeak()
    memory.start()
    started = time.time()
    command = [sys.executable, "-m", "pipeline", "run", "--set", f"run.seed={seed}", "--set", f"run.root={root}"]
    subprocess.run(
        [*command, "--set", f"run.name={name}"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
    )
    ended = time.time()
    memory.stopped.set()
    spans = [json.loads(line) for line in (root / name / "spans.jsonl").read_text().splitlines()]
    stages = [stage_row(root / name, span, memory) for span in spans if "iteration" in span]
    return {
        "seed": seed,
        "checkout": str(checkout),
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


def print_comparison(runs: list[dict[str, Any]], checkouts: list[Path]) -> None:
    """Each checkout beside the first: whether its results are the same, and its wall time over the first one's."""
    by_checkout = [[run for run in runs if run["checkout"] == str(checkout)] for checkout in checkouts]
    for checkout, own in zip(checkouts[1:], by_checkout[1:], strict=True):
        pairs = list(zip(by_checkout[0], own, strict=True))
        same = sum(first["results"] == run["results"] for first, run in pairs)
        ratios = [run["wall_s"] / first["wall_s"] for first, run in pairs]
        print(
            f"{checkout} beside {checkouts[0]}: equal results in {same} of {len(pairs)} runs; wall time "
            f"{statistics.median(ratios):.2f} x ({min(ratios):.2f} to {max(ratios):.2f}), peak of memory "
            f"{statistics.median(run['peak_mib'] - first['peak_mib'] for first, run in pairs):+.0f} MiB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--root", type=Path, default=Path("runs") / "benchmark")
    parser.add_argument("--out", type=Path, default=Path("demo.json"))
    parser.add_argument("--checkouts", type=Path, nargs="+", default=[Path(__file__).parents[1]])
    options = parser.parse_args()
    checkouts = [checkout.resolve() for checkout in options.checkouts]
    turns = [(seed, checkout) for seed in options.seeds for checkout in checkouts]
    runs = []
    for number, (seed, checkout) in enumerate(turns):
        runs.append(run_once(number, seed, checkout, options.root.resolve()))
        options.out.write_text(json.dumps(runs, indent=1))  # what is measured is kept
    print_table(runs)
    print_comparison(runs, checkouts)


if __name__ == "__main__":
    main()
