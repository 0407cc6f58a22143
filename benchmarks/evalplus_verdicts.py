"""Greedy pass@1 of a `mucode eval` on EvalPlus' problems, and its verdicts beside those of EvalPlus' own evaluator.

    python -m venv evalplus-env && evalplus-env/bin/pip install evalplus==0.3.1 numpy==2.3.5
    MUCODE_DATA_DIR=... python -m benchmarks.evalplus_verdicts --run runs/eval-… --dataset humaneval \
        --evalplus evalplus-env/lib/python3.11/site-packages --out verdicts

The evaluator runs in a container of the boxes' image, without network, on the same programs, inputs and tolerances,
several times: where it disagrees with itself no other judge can agree with it. Each round is kept below `--out`,
and done once.
"""

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from actors.search.episode import Episode
from pipeline.evaluation.intervals import share_interval
from pipeline.evaluation.statistics import percent_with_interval
from sandbox.image.build import ensure_image
from sandbox.problems.published import evalplus_inputs
from sandbox.problems.sources import DATA_DIR

SETS = {
    "humaneval": (evalplus_inputs.HUMANEVAL.file, "HUMANEVAL_OVERRIDE_PATH"),
    "mbpp": (evalplus_inputs.MBPP.file, "MBPP_OVERRIDE_PATH"),
}
EVALUATOR_DEADLINE_S = 3600
CONFINED = (
    *("--network", "none", "--read-only", "--tmpfs", "/tmp", "--user", "65534:65534", "--cap-drop", "ALL"),
    *("--security-opt", "no-new-privileges", "--memory", "6g", "--pids-limit", "256"),
)
Verdicts = dict[str, tuple[bool, bool]]
"""Of each problem whether base tests, and base and plus tests, accept the program."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The greedy answer to one problem, and what the sandbox said of it."""

    task_id: str
    response: str
    program: str | None
    cut: bool
    base: bool
    plus: bool
    said: str


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True, help="the directory that mucode eval wrote")
    parser.add_argument("--stage", default="search_greedy", help="whose answers: search_greedy or search_best_of_n")
    parser.add_argument("--dataset", choices=SETS, required=True)
    parser.add_argument("--evalplus", type=Path, required=True, help="the site-packages folder that holds evalplus")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True, help="a folder")
    options = parser.parse_args()
    samples = read_samples(options.run / "iter_0000" / options.stage)
    options.out.mkdir(parents=True, exist_ok=True)
    files = [options.out / f"round-{number}.json" for number in range(options.rounds)]
    for file in files:
        if not file.exists():
            programs = [(sample.task_id, sample.program or "") for sample in samples]
            inputs = published_inputs(options.dataset)
            found = evaluate(programs, options.dataset, options.evalplus.resolve(), inputs)
            file.write_text(json.dumps({task: rows[0] for task, rows in found.items()}))
    report = compare(samples, [json.loads(file.read_text()) for file in files])
    (options.out / "report.json").write_text(json.dumps(report, indent=1) + "\n")
    for name, value in report.items():
        if name not in ("disagreements", "flaky", "verdicts"):
            print(f"{name:24} {value}")
    for row in (*report["disagreements"], *report["flaky"]):
        print(json.dumps(row))


def read_samples(stage: Path) -> list[Sample]:
    """The first answer of every committed episode, by problem. Raises FileNotFoundError before the stage ends."""
    parts = json.loads((stage / "manifest.json").read_text())["parts"]
    rows = [row for part in parts for row in pq.read_table(stage / part["file"]).to_pylist()]
    return sorted(map(_sample, map(Episode.from_row, rows)), key=lambda sample: int(sample.task_id.split("/")[1]))


def _sample(episode: Episode) -> Sample:
    answer = episode.turns[0].answer
    said = next((one.message for one in answer.outcomes if not one.accepted), "")
    return Sample(
        task_id=episode.problem_id,
        response=answer.response,
        program=answer.program,
        cut=answer.finish_reason == "length",
        base=answer.public is not None and answer.public.accepted,
        plus=answer.label is True,
        said=said,
    )


def published_inputs(dataset: str) -> Path:
    return Path(os.environ[DATA_DIR]) / SETS[dataset][0]


def evaluate(
    programs: Sequence[tuple[str, str]], dataset: str, packages: Path, inputs: Path
) -> dict[str, list[dict[str, Any]]]:
    """One round of EvalPlus' evaluator over (task id, program): its rows of each problem, in the order of the programs.

    `inputs`: problems in EvalPlus' format, all of which must have a program. Raises SystemExit with what it printed.
    """
    with tempfile.TemporaryDirectory(prefix="evalplus-") as folder:
        place = Path(folder)
        place.chmod(0o777)
        lines = [json.dumps({"task_id": task, "solution": program}) for task, program in programs]
        (place / "samples.jsonl").write_text("\n".join(lines) + "\n")
        (place / "datasets.py").write_text("load_dataset = None  # of EvalPerf alone\n")
        mounts = {packages: "/packages:ro", inputs: f"/inputs/{inputs.name}:ro", place: "/given"}
        values = {"PYTHONPATH": "/given:/packages", "HOME": "/tmp", SETS[dataset][1]: f"/inputs/{inputs.name}"}
        name = place.name
        command = ["docker", "run", "--rm", "--name", name, *CONFINED, "--entrypoint", "python3"]
        command += [word for here, there in mounts.items() for word in ("-v", f"{here}:{there}")]
        command += [word for key, value in values.items() for word in ("-e", f"{key}={value}")]
        command += [
            ensure_image(),
            "-m",
            "evalplus.evaluate",
            "--dataset",
            dataset,
            "--samples",
            "/given/samples.jsonl",
        ]
        try:
            ran = subprocess.run([*command, "--parallel", "1"], capture_output=True, timeout=EVALUATOR_DEADLINE_S)
        finally:  # a container outlives the client that started it
            subprocess.run(["docker", "rm", "--force", name], capture_output=True)
        found = place / "samples_eval_results.json"
        if not found.is_file():
            raise SystemExit(f"EvalPlus ended with {ran.returncode}: {ran.stderr.decode()[-2000:]}")
        return json.loads(found.read_text())["eval"]


def compare(samples: Sequence[Sample], rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What both say, in numbers and one by one."""
    theirs = [_verdicts(one) for one in rounds]
    flaky = {sample.task_id for sample in samples if len({one[sample.task_id] for one in theirs}) > 1}
    differ = [
        sample
        for sample in samples
        if sample.task_id not in flaky and theirs and (sample.base, sample.plus) != theirs[0][sample.task_id]
    ]
    return {
        "problems": len(samples),
        "base": _percent([sample.base for sample in samples]),
        "base_and_plus": _percent([sample.plus for sample in samples]),
        "evalplus_base": [sum(base for base, _ in one.values()) for one in theirs],
        "evalplus_base_and_plus": [sum(plus for _, plus in one.values()) for one in theirs],
        "ours": [sum(sample.base for sample in samples), sum(sample.plus for sample in samples)],
        "no_program": sum(sample.program is None for sample in samples),
        "cut": [sample.task_id for sample in samples if sample.cut],
        "disagreements": [_row(sample, rounds) for sample in differ],
        "flaky": [_row(sample, rounds) for sample in samples if sample.task_id in flaky],
        "verdicts": {sample.task_id: [sample.base, sample.plus] for sample in samples},
    }


def _verdicts(rows: dict[str, Any]) -> Verdicts:
    passed = {task: (row["base_status"] == "pass", row["plus_status"] == "pass") for task, row in rows.items()}
    return {task: (base, base and plus) for task, (base, plus) in passed.items()}


def _percent(passed: Sequence[bool]) -> str:
    return percent_with_interval(share_interval(np.array(passed, float), np.ones(len(passed))))


def _row(sample: Sample, rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    kept = ("base_status", "plus_status", "base_fail_tests", "plus_fail_tests")
    return {
        "task_id": sample.task_id,
        "ours": [sample.base, sample.plus],
        "said": sample.said,
        "evalplus": [{name: one[sample.task_id][name] for name in kept} for one in rounds],
        "program": sample.program,
    }


if __name__ == "__main__":
    main()
