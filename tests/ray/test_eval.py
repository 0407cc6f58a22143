"""`mucode eval` on published problems, answered by a generator whose chances are known: do the numbers come out?

Everything is real but the engine: the command line, Ray, generator and executor actors, Docker, parts, metrics.

Let an answer of turn t be right with chance p, half right (it passes public tests only) with chance q, and s = p + q.
Searches stop at a public pass, so turn t is played with chance Π_{u<t} r_u, where r is the chance that a turn's choice
fails public tests, and what is right after turn T is Σ_t a_t · Π_{u<t} r_u with a the chance that the choice is right.
N independent answers per turn:

    greedy, random   a = p                               r = 1 - s
    PT               a = [1 - (1-s)^N] · p/s             r = (1-s)^N        the first that passes is right with p/s
    oracle           a = 1 - (1-p)^N                     r = (1-s)^N        half right if nothing is right
    LV               a = A · p(1-e)/h + B · pe/(1-h)     r = 1 - s'         scores right 1, else 0, errs with chance e
        h = p(1-e) + (1-p)e scores 1; A = 1 - (1-h)^N some do; B = (1-h)^N none does, and the first is taken.
        s' = A · [p(1-e) + qe]/h + B · [pe + q(1-e)]/(1-h) passes public tests.
    PT+LV            a = [1 - (1-g)^N] · p(1-e)/g + [(1-g)^N - (1-s)^N] · pe/b    r = (1-s)^N
        g = p(1-e) + qe pass and score 1, b = pe + q(1-e) pass and score 0.
    cluster          a = Σ_{i>j} M(i, j) + ½ Σ_{i=j>0} M(i, j), M multinomial: i right, j half right of N    r = (1-s)^N
        right ones behave alike and so do half right ones; of two equal groups the first answer's wins: a coin.
    pass@k           1 - (1-p)^k, the mean of its unbiased estimate

A problem without public tests lets everything pass, so q = 1 - p there; one that has no half right program has q = 0.
The mean of n independent values in [0, 1] whose own means are μ_i has a variance of at most Σ μ_i (1 - μ_i) / n².
"""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import ray

from actors.search.selectors import SELECTORS
from actors.storage.checkpoint import Checkpoint
from pipeline import cli
from pipeline.cluster.actor_groups import CALLS_PER_ACTOR, ActorGroups
from pipeline.commands import evaluate
from pipeline.stages.shards import read_groups
from sandbox.judging import generated_inputs
from sandbox.problem import Problem
from sandbox.problems.load import load_problems
from tests.sandbox.conftest import data, engine  # noqa: F401
from tests.support.model_directories import model_directory
from tests.support.scripted import Rates, Script, ScriptedGenerator, ScriptedScorer, kind_of, programs

RATES = Rates(right=(0.3, 0.4, 0.5), half=(0.2, 0.15, 0.1))
FLIP, TURNS, WIDTH, KS = 0.25, 3, 5, (1, 5, 10)
SIGMAS = 4.5
"""Of a normal variable, one in 150,000 lies farther out; seeds are fixed, so a failure is no bad luck of a day."""


class ScriptedActorGroups(ActorGroups):
    """The usual actors, Ray and executors and all, but for the engine and the verifier."""

    script: Script

    def _make_generator(self, policy: Checkpoint, number: int) -> Any:
        actor = ray.remote(ScriptedGenerator).options(num_cpus=0.1, max_concurrency=CALLS_PER_ACTOR)
        return actor.remote(self.script, self.executors)

    def scorers(self, verifier: Checkpoint, replicas: int | None = None) -> list[Any]:
        return [ScriptedScorer(FLIP)]

    def __exit__(self, *error: object) -> None:
        with patch("ray.shutdown"):  # other tests go on with this Ray
            super().__exit__(*error)


# ---- what must come out ---------------------------------------------------------------------------------------------


def chances(problem: Problem, turn: int) -> tuple[float, float]:
    p, q = RATES.at(turn)
    if not problem.public_tests:
        return p, 1 - p
    return p, q if programs(problem)["half"] else 0.0


def random_choice(problem: Problem, p: float, q: float, n: int) -> tuple[float, float]:
    return p, 1 - p - q


def pt(problem: Problem, p: float, q: float, n: int) -> tuple[float, float]:
    s = p + q
    return (1 - (1 - s) ** n) * p / s, (1 - s) ** n


def oracle(problem: Problem, p: float, q: float, n: int) -> tuple[float, float]:
    return 1 - (1 - p) ** n, (1 - p - q) ** n


def lv(problem: Problem, p: float, q: float, n: int) -> tuple[float, float]:
    e = FLIP
    h = p * (1 - e) + (1 - p) * e
    some, none = 1 - (1 - h) ** n, (1 - h) ** n
    right = some * p * (1 - e) / h + none * p * e / (1 - h)
    passes = some * (p * (1 - e) + q * e) / h + none * (p * e + q * (1 - e)) / (1 - h)
    return right, 1 - passes


def pt_lv(problem: Problem, p: float, q: float, n: int) -> tuple[float, float]:
    e, s = FLIP, p + q
    g, b = p * (1 - e) + q * e, p * e + q * (1 - e)
    return (1 - (1 - g) ** n) * p * (1 - e) / g + ((1 - g) ** n - (1 - s) ** n) * p * e / b, (1 - s) ** n


def cluster(problem: Problem, p: float, q: float, n: int) -> tuple[float, float]:
    if not generated_inputs.generated_calls(problem):  # nothing to run them on: the first that passes
        return pt(problem, p, q, n)
    if not problem.public_tests:
        raise AssertionError("without public tests there are no probes")
    right = 0.0
    for i in range(1, n + 1):
        for j in range(n - i + 1):
            ways = math.comb(n, i) * math.comb(n - i, j) * p**i * q**j * (1 - p - q) ** (n - i - j)
            right += ways * (1.0 if i > j else 0.5 if i == j else 0.0)
    return right, (1 - p - q) ** n


Choice = Callable[[Problem, float, float, int], tuple[float, float]]
CHOICES: dict[str, Choice] = {
    "random": random_choice,
    "pt": pt,
    "lv": lv,
    "pt_lv": pt_lv,
    "cluster": cluster,
    "oracle": oracle,
}


def expected(problem: Problem, choice: Choice, n: int, turns: int) -> float:
    value, reached = 0.0, 1.0
    for turn in range(1, turns + 1):
        p, q = chances(problem, turn)
        right, fails = choice(problem, p, q, n)
        value += reached * right
        reached *= fails
    return value


def assert_near(row: dict[str, Any], means: list[float], searches: int) -> None:
    mean = sum(means) / len(means)
    error = math.sqrt(sum(mu * (1 - mu) for mu in means) / searches) / len(means)
    what = (
        f"{row['metric']} {row['series']} N={row['width']} turn {row['turn']}: {row['value']:.3f}, expected {mean:.3f}"
    )
    assert row["n"] == len(means) * searches and row["masked"] == 0, what
    assert abs(row["value"] - mean) < SIGMAS * error + 1e-9, f"{what} ± {error:.3f}"
    assert row["low"] <= row["value"] <= row["high"]


# ---- the evaluation -------------------------------------------------------------------------------------------------


def playable(problems: list[Problem]) -> list[str]:
    """Selectors that may be asked for: without any public test none that looks at them, but the oracle."""
    tested = any(problem.public_tests for problem in problems)
    return [name for name in CHOICES if tested or not SELECTORS[name].needs_public or SELECTORS[name].needs_labels]


def evaluated(dataset: str, problems: list[Problem], searches: int, folder: Path) -> dict[str, Any]:
    ScriptedActorGroups.script = Script(problems, RATES)
    names = playable(problems)
    model = model_directory(folder / "model", max_position_embeddings=40_000)  # its engine is scripted
    arguments = ["eval", "--model", str(model), "--verifier", "builtin:verifier", "--dataset", dataset]
    arguments += ["--n", f"1,{WIDTH}", "--k", ",".join(map(str, KS)), "--selectors", ",".join(names)]
    arguments += ["--turns", str(TURNS), "--searches", str(searches), "--out", str(folder / "out.json")]
    settings = [f"run.root={folder}", "run.name=scripted", f"problems.limit_test={len(problems)}"]
    settings += ["rollouts.max_tokens=20000", "model.max_tokens=40000", "eval.no_repeat=false"]
    arguments += [word for setting in settings for word in ("--set", setting)]
    with patch.object(evaluate, "open_actor_groups", ScriptedActorGroups):
        assert cli.main(arguments) == 0
    return json.loads((folder / "out.json").read_text())


def check(dataset: str, problems: list[Problem], searches: int, folder: Path) -> None:
    found = evaluated(dataset, problems, searches, folder)
    rows = found["rows"]
    assert (found["dataset"], found["problems"]) == (dataset, len(problems))

    def row(metric: str, series: str, turn: int, width: int) -> dict[str, Any]:
        wanted = {"metric": metric, "series": series, "turn": turn, "width": width}
        (one,) = [row for row in rows if wanted.items() <= row.items()]
        return one

    for turn in range(1, TURNS + 1):
        single = [expected(problem, random_choice, 1, turn) for problem in problems]
        assert_near(row("accuracy", "greedy", turn, 1), single, 1)
        assert_near(row("accuracy", "random", turn, 1), single, searches)
        for name in playable(problems):
            means = [expected(problem, CHOICES[name], WIDTH, turn) for problem in problems]
            assert_near(row("accuracy", name, turn, WIDTH), means, searches)
    p = RATES.at(1)[0]
    for k in KS:
        assert_near(row("pass_at_k", f"pass@{k}", 1, k), [1 - (1 - p) ** k] * len(problems), searches)
    for name in CHOICES.keys() - {"cluster"}:
        means = [expected(problem, CHOICES[name], WIDTH, 1) for problem in problems]
        assert_near(row("best_of_n", name, 1, WIDTH), means, searches)
    public = [sum(chances(problem, 1)) for problem in problems]
    assert_near(row("accuracy_public", "random", 1, 1), public, searches)
    told = [json.loads(line) for line in (folder / "scripted" / "metrics.jsonl").read_text().splitlines()]
    rates = {one["metric"]: [turn["value"] for turn in one["turns"]] for one in told if one["series"] == "greedy"}
    assert rates["answers"][0] == 1 and set(rates["no_program"]) == {0.0}
    labels_are_what_was_meant(folder / "scripted", {problem.problem_id: problem for problem in problems})


def labels_are_what_was_meant(run: Path, problems: dict[str, Problem]) -> None:
    """Exactly: each judged answer, by its own executed verdicts."""
    seen: set[str] = set()
    for stage in ("search_greedy", "search_sweep"):
        files = [str(file) for file in (run / "iter_0000" / stage).glob("*.parquet")]
        for episodes in (one for group in read_groups(files) for one in group):
            for answer in (answer for one in episodes for turn in one.turns for answer in turn.answers):
                kind = kind_of(answer.response)
                seen.add(kind)
                if answer.public is not None:
                    shown = bool(problems[episodes[0].problem_id].public_tests)
                    assert answer.public.accepted == (kind != "wrong" or not shown), (answer, episodes[0].problem_id)
                if answer.label is not None:
                    assert answer.label == (kind == "right"), (answer, episodes[0].problem_id)
    halves = any(programs(problem)["half"] for problem in problems.values())
    assert seen == {"right", "wrong", *(["half"] if halves else [])}


@pytest.mark.docker
def test_sixty_published_problems(data: None, engine: None, ray_session: None, tmp_path: Path) -> None:  # noqa: F811
    check("mbpp:test", load_problems("mbpp:test")[:60], searches=4, folder=tmp_path)


@pytest.mark.slow
@pytest.mark.docker
@pytest.mark.parametrize("dataset", ["mbpp:test", "humaneval"])
def test_whole_sets(dataset: str, data: None, engine: None, ray_session: None, tmp_path: Path) -> None:  # noqa: F811
    check(dataset, load_problems(dataset), searches=2, folder=tmp_path)
