"""`mucode sandbox check`: judge programs that anybody wrote, results in the order of the samples.

Exit status 0 when every sample was judged, whatever the verdicts; 1 when any was not (unjudged, or
infrastructure_error: they are counted apart), or a reference solution was not accepted.
Problems and samples are read once before any work, so that a bad line costs nothing.
"""

import json
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sandbox.commands.output_file import require_place, results_in
from sandbox.errors import ProblemError
from sandbox.pool.pool import Pool
from sandbox.problem import Problem
from sandbox.problems.data_set import DataSet
from sandbox.problems.load import read_problems
from sandbox.problems.null_stub import null_stub
from sandbox.problems.sources import read_jsonl
from sandbox.verdict import Outcome, Verdict, answer_is_right, first_failure, is_seed_dependent

REFERENCE = "reference"
SUITES = ("public", "private")
NULL = "null"
MADE_HERE = (REFERENCE, NULL)
"""Samples that are no file: what the data set brings, and programs that do nothing."""
Row = dict[str, Any]
SHOWN_WORDS = 5
"""Reasons of a verdict that are printed, the commonest ones."""
SHOWN_SAMPLES = 20
"""Samples without a verdict that are printed; of reference solutions all are. The results have all in any case."""
PROGRESS_EVERY_S = 10.0
AHEAD = 4
"""Samples in flight per box: enough to keep it busy, few enough to stay in memory."""


def check_samples(
    dataset: str,
    samples: str,
    out: Path,
    as_json: bool,
    boxes: int,
    packages: Sequence[str] = (),
    second_seed: bool = False,
) -> int:
    """Judge `samples` (a JSONL file, `reference` or `null`) on `dataset` into `out`. The exit status.

    A sample of an excluded problem ends as unjudged with the reason; `reference` leaves those out.
    Raises ProblemError for bad input before anything runs, SandboxUnavailable without a Docker engine.
    """
    if boxes < 1:
        raise ProblemError(f"--boxes: expected at least 1, found {boxes}")
    data = read_problems(dataset, packages)
    if exclusions := data.exclusions():
        print(exclusions, file=sys.stderr)
    problems = _by_id(data)
    total = sum(1 for _ in _rows(problems, samples))  # and a bad line is found now
    if not total:
        raise ProblemError(f"--samples {samples}: there is nothing to judge on {dataset}")
    if samples == REFERENCE and (lacking := sorted({one.problem_id for one in problems.values() if _lacks(one)})):
        shown = ", ".join(lacking[:SHOWN_WORDS]) + (", …" if len(lacking) > SHOWN_WORDS else "")
        print(f"problems without a reference solution, left out: {len(lacking)} ({shown})", file=sys.stderr)
    require_place(out, dataset, samples)
    counts: Counter[str] = Counter()
    words: Counter[tuple[str, str]] = Counter()
    reasons: dict[str, None] = {}
    started = time.monotonic()
    progress = _Progress(total)
    languages = sorted({problem.language for problem in problems.values()})
    seed_dependent = 0 if second_seed else None
    more: dict[str, Any] = {"packages": packages, "second_seed": second_seed}
    with Pool(boxes=boxes, languages=languages, **more) as pool, results_in(out) as file:
        for row, results in _judged(pool, _rows(problems, samples), AHEAD * boxes):
            kept = {name: value for name, value in row.items() if name != "solution"}
            flips = results.pop("seed_dependent")
            if seed_dependent is not None:
                results["seed_dependent"], seed_dependent = flips, seed_dependent + bool(flips)
            file.write(json.dumps(kept | results) + "\n")
            counts[results["verdict"]] += 1
            words[results["verdict"], results["reason"]] += 1
            progress.update(counts.total())
            if reason := _reason(row["task_id"], results, samples):
                reasons[reason] = None
    _summarise(dataset, counts, words, time.monotonic() - started, out, as_json, seed_dependent)
    _print_reasons(list(reasons), out, len(reasons) if samples in MADE_HERE else SHOWN_SAMPLES)
    return 1 if reasons else 0


def _reason(task_id: str, results: Row, samples: str) -> str | None:
    """What a person must know of a sample: not judged, a reference solution that fails, a null stub that does not."""
    if results["label"] is None:
        kind = "unjudged" if results["verdict"] == Verdict.UNJUDGED else "not judged"
        return f"{kind}: {task_id}: {results['message']}"
    if samples == NULL and results["label"]:
        return f"accepts a program that does nothing: {task_id}"
    if samples == REFERENCE and not results["label"]:
        place = f" ({results['suite']} test {results['test']}, line {results['line']})" if results["line"] else ""
        return f"reference fails: {task_id}: {results['verdict']}: {results['message']}{place}"
    return None


def _print_reasons(reasons: Sequence[str], out: Path, most: int) -> None:
    for reason in reasons[:most]:
        print(reason, file=sys.stderr)
    if len(reasons) > most:
        print(f"and {len(reasons) - most} more; {out} has them all", file=sys.stderr)


class _Progress:
    """A line on stderr now and then, so that a long check is no silent one."""

    def __init__(self, total: int) -> None:
        self.total, self.started = total, time.monotonic()
        self.said = self.started

    def update(self, done: int) -> None:
        now = time.monotonic()
        if now - self.said > PROGRESS_EVERY_S:
            self.said = now
            rate = done / (now - self.started)
            left = (self.total - done) / rate
            print(f"{done} of {self.total} samples judged, {rate:.1f}/s, {left:.0f} s left", file=sys.stderr)


def _by_id(data: DataSet) -> dict[str, Problem]:
    """Problems under their id; MBPP's under its publisher's number and its usual spellings as well."""
    table: dict[str, Problem] = {}
    for problem in (*data.problems, *data.excluded):
        table[problem.problem_id] = problem
        family, _, number = problem.problem_id.partition("/")
        if family == "Mbpp":
            table |= {number: problem, f"mbpp/{number}": problem, f"MBPP/{number}": problem}
    return table


def _rows(problems: dict[str, Problem], samples: str) -> Iterator[tuple[Row, Problem]]:
    """Samples with their problems, one at a time. Raises ProblemError naming the line."""
    if samples in MADE_HERE:
        yield from _references(problems) if samples == REFERENCE else _null_stubs(problems)
        return
    path = Path(samples)
    if not path.is_file():
        known = " or ".join(MADE_HERE)
        raise ProblemError(f"{samples} is not a file; samples are JSONL with task_id and solution, or {known}")
    for number, row in read_jsonl(path):
        where = f"{path}, line {number}"
        if not isinstance(row.get("solution"), str):
            raise ProblemError(f"{where}: field solution: expected a string of source code")
        problem = problems.get(str(row.get("task_id")))
        if problem is None or "task_id" not in row:
            raise ProblemError(f"{where}: field task_id: no problem {row.get('task_id')!r} in the data set")
        yield row, problem


def _references(problems: dict[str, Problem]) -> Iterator[tuple[Row, Problem]]:
    judgeable = {problem.problem_id: problem for problem in problems.values() if not problem.unjudgeable}
    if not judgeable:
        raise ProblemError("no problem of the data set can be judged")
    for problem in judgeable.values():
        if problem.reference is not None:
            yield {"task_id": problem.problem_id, "solution": problem.reference}, problem


def _lacks(problem: Problem) -> bool:
    return problem.reference is None and not problem.unjudgeable


def _null_stubs(problems: dict[str, Problem]) -> Iterator[tuple[Row, Problem]]:
    """For every problem that can be judged and whose language has a stub."""
    for problem in {problem.problem_id: problem for problem in problems.values()}.values():
        stub = None if problem.unjudgeable else null_stub(problem)
        if stub is not None:
            yield {"task_id": problem.problem_id, "solution": stub}, problem


def _judged(pool: Pool, rows: Iterator[tuple[Row, Problem]], ahead: int) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Rows and their results in the rows' order, with at most `ahead` of them at work."""
    waiting: deque[tuple[Row, Future[dict[str, Any]]]] = deque()
    threads = ThreadPoolExecutor(ahead, "sandbox-check")
    try:
        for row, problem in rows:
            waiting.append((row, threads.submit(_judge, pool, problem, row["solution"])))
            if len(waiting) >= ahead:
                row, future = waiting.popleft()
                yield row, future.result()
        for row, future in waiting:
            yield row, future.result()
    finally:  # interrupted, nobody waits for programs that run: the pool ends them
        threads.shutdown(wait=False, cancel_futures=True)


def _judge(pool: Pool, problem: Problem, program: str) -> dict[str, Any]:
    """Public tests, then private ones if those passed; a sample's verdict is the last one's.

    `suite`, `test` (from 1, as in messages) and `line` say where it failed, `reason` why; else null and "".
    """
    if problem.unjudgeable:
        excluded = Outcome(verdict=Verdict.UNJUDGED, message=f"excluded: {problem.unjudgeable}", reason="excluded")
    parts: list[Outcome] = [excluded if problem.unjudgeable else pool.judge(problem, program, "public")]
    if parts[0].accepted:
        parts.append(pool.judge(problem, program, "private"))
    last = parts[-1]  # it settles the sample: private tests are judged only if the public ones are accepted
    failing = first_failure(last.tests)
    return {
        "verdict": str(last.verdict),
        "reason": last.reason,
        "suite": None if last.accepted or problem.unjudgeable else SUITES[len(parts) - 1],
        "test": failing.index + 1 if failing else None,
        "line": failing.line if failing else None,
        "label": answer_is_right(parts[0], last),
        "cpu_s": round(sum(part.cpu_s for part in parts), 6),
        "wall_s": round(sum(part.wall_s for part in parts), 6),
        "peak_memory_mib": round(max(part.peak_memory_mib for part in parts), 3),
        "message": "" if last.accepted else last.message,
        "seed_dependent": is_seed_dependent(parts[0], last),
    }


def _summarise(
    dataset: str,
    counts: Counter[str],
    words: Counter[tuple[str, str]],
    wall_s: float,
    out: Path,
    as_json: bool,
    seed_dependent: int | None,
) -> None:
    """`words` counts verdicts with their reasons. `seed_dependent`: how many of the accepted are; None if not tried."""
    total = sum(counts.values())
    if as_json:
        verdicts = {str(verdict): counts[verdict] for verdict in Verdict}
        reasons = {str(verdict): found for verdict in Verdict if (found := _words(words, verdict))}
        summary = {"dataset": dataset, "samples": total, "verdicts": verdicts, "reasons": reasons}
        told = {} if seed_dependent is None else {"seed_dependent": seed_dependent}
        print(json.dumps(summary | {"wall_s": round(wall_s, 3)} | told | {"out": str(out)}))
        return
    print(f"{total} sample{'s' * (total != 1)} of {dataset} judged in {wall_s:.1f} s; results in {out}")
    for verdict in Verdict:
        if counts[verdict]:
            each = [f"{word} {count}" for word, count in _words(words, verdict).items()]
            others = [f"{len(each) - SHOWN_WORDS} more reasons"] if len(each) > SHOWN_WORDS else []
            commonest = [*each[:SHOWN_WORDS], *others]
            print(f"{counts[verdict]:8d}  {verdict}{': ' if commonest else ''}{', '.join(commonest)}")
    if counts[Verdict.UNJUDGED]:
        print("unjudged samples have no label, because of their problems' own tests", file=sys.stderr)
    if seed_dependent is not None:
        print(f"{seed_dependent} of the accepted are rejected under a second seed of hashes and random numbers")
    if counts[Verdict.INFRASTRUCTURE_ERROR]:
        print("infrastructure errors are not verdicts: those samples were not judged", file=sys.stderr)


def _words(words: Counter[tuple[str, str]], verdict: Verdict) -> dict[str, int]:
    """The reasons of a verdict, the commonest first."""
    return {word: count for (found, word), count in words.most_common() if found == verdict and word}
