"""A run with many made-up episodes, drawn by a seed: `python -m tests.support.many_episodes RUN 10000`.

Prompts of 600 characters, answers of 600 in up to three turns, feedback of 200: as of a small model on MBPP.
"""

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pyarrow as pa

from actors.ids import stable_id
from actors.search.episode import EPISODE_SCHEMA, Answer, Episode, Turn
from actors.storage.parts import commit_part
from pipeline.stages.tasks import SCORE_SCHEMA
from pipeline.state.store import Store
from sandbox.verdict import Outcome, TestResult, Verdict
from tests.support.small_run import commit_stage

TURNS, SAMPLES, WIDTH, PART_EPISODES = 3, 8, 5, 160
SELECTORS = ("random", "pt", "lv", "pt_lv")
WORDS = ("list", "return", "sum", "string", "first", "index", "count", "even", "sorted", "unique", "maximum", "pair")
REJECTED = (Verdict.WRONG_ANSWER, Verdict.WRONG_ANSWER, Verdict.RUNTIME_ERROR, Verdict.TIME_LIMIT)


def write_many_episodes(root: Path, count: int, seed: int = 0, unfinished: bool = False) -> Store:
    """A run of one iteration: half of the episodes are rollouts with scores, the others best-of-N searches.

    `unfinished`: the last stage has parts and no manifest.
    """
    store, draw = Store(str(root)), random.Random(seed)
    settings = {"run": {"iterations": 1, "seed": seed}, "rollouts": {"turns": TURNS}, "eval": {"turns": TURNS}}
    store.write(json.dumps(settings).encode(), "config.json")
    _commit(store, 0, "episodes", _rollouts(draw, count // 2, "episodes"), scored=random.Random(seed))
    commit_stage(store, 0, "episodes")
    commit_stage(store, 0, "scores")
    _commit(store, 1, "search_sweep", _searches(draw, count - count // 2))
    if not unfinished:
        commit_stage(store, 1, "search_sweep")
    return store


def _rollouts(draw: random.Random, count: int, salt: str) -> Iterator[Episode]:
    prompt = ""
    for number in range(count):
        problem, sample = divmod(number, SAMPLES)
        prompt = prompt if sample else _text(draw, 100)
        turns = _turns(draw, 1)
        masked = draw.random() < 0.01
        yield _episode(salt, problem, sample, "first", prompt, turns, masked)


def _searches(draw: random.Random, count: int) -> Iterator[Episode]:
    """Selectors share the answers of a problem, as they share its requests."""
    prompt, turns = "", ()
    for number in range(count):
        problem, place = divmod(number, len(SELECTORS))
        if not place:
            prompt, turns = _text(draw, 100), _turns(draw, WIDTH)
        chosen = tuple(replace(turn, chosen=draw.randrange(WIDTH)) for turn in turns)
        yield _episode("search", problem, 0, SELECTORS[place], prompt, chosen, False)


def _episode(
    salt: str, problem: int, sample: int, selector: str, prompt: str, turns: tuple[Turn, ...], masked: bool
) -> Episode:
    return Episode(
        episode_id=stable_id(salt, problem, sample, selector),
        problem_id=f"made/{problem:05d}",
        iteration=0 if selector == "first" else 1,
        policy_id=stable_id("policy"),
        verifier_id="",
        selector=selector,
        sample=sample,
        prompt=prompt,
        turns=turns,
        infrastructure=masked,
        width=len(turns[0].answers),
    )


def _turns(draw: random.Random, width: int) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    while len(turns) < TURNS and not (turns and _passes(turns[-1])):
        answers = tuple(_answer(draw) for _ in range(width))
        feedback = f"The program fails: {_text(draw, 30)}"
        numbers = {"prompt_tokens": 180, "seed": draw.randrange(1 << 31), "sample_s": draw.random(), "judge_s": 0.1}
        turns.append(Turn(answers=answers, chosen=0, feedback=feedback, **numbers))
    turns[-1] = replace(turns[-1], feedback="")
    return tuple(turns)


def _passes(turn: Turn) -> bool:
    return turn.answer.public is not None and turn.answer.public.accepted


def _answer(draw: random.Random) -> Answer:
    program = "def f(xs):\n" + "".join(
        f"    {_text(draw, 6).replace(' ', '_')} = xs[{draw.randrange(9)}]\n" for _ in range(10)
    )
    right = draw.random() < 0.3
    public = _outcome(Verdict.ACCEPTED if right else draw.choice(REJECTED))
    private = _outcome(Verdict.ACCEPTED if draw.random() < 0.8 else Verdict.WRONG_ANSWER) if right else None
    response = f"{_text(draw, 20)}\n```python\n{program}```"
    outcomes = {"public": public, "private": private}
    return Answer(
        response=response, program=program, finish_reason="stop", tokens=170, score=draw.gauss(0, 2), **outcomes
    )


def _outcome(verdict: Verdict) -> Outcome:
    message = "" if verdict is Verdict.ACCEPTED else "got 1, expected 2"
    tests = (TestResult(index=0, verdict=verdict, message=message),)
    return Outcome(verdict=verdict, tests=tests, message=message, cpu_s=0.01, wall_s=0.02, box="box-1")


def _text(draw: random.Random, words: int) -> str:
    return " ".join(draw.choices(WORDS, k=words - 1)) + f" {draw.randrange(1 << 30):x}"


def _commit(
    store: Store, iteration: int, stage: str, episodes: Iterator[Episode], scored: random.Random | None = None
) -> None:
    """Part by part; `scored`: the verifier, if the answers have scores of their own."""
    number = 0
    while part := list(islice(episodes, PART_EPISODES)):
        table = pa.Table.from_pylist([episode.to_row() for episode in part], schema=EPISODE_SCHEMA)
        commit_part(store.directory(iteration, stage), number, table)
        if scored is not None:
            rows = [
                {"episode_id": one.episode_id, "turn": turn, "score": scored.gauss(0, 2)}
                for one in part
                for turn in range(len(one.turns))
            ]
            table = pa.Table.from_pylist(rows, schema=SCORE_SCHEMA)
            commit_part(store.directory(iteration, "scores"), number, table)
        number += 1


if __name__ == "__main__":
    write_many_episodes(Path(sys.argv[1]), int(sys.argv[2]))
