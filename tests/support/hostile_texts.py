"""Texts that a model or a data set may hold to become a part of the page that shows them."""

import json
from pathlib import Path

import pyarrow as pa

from actors.search.episode import EPISODE_SCHEMA, Answer, Episode, Turn
from actors.storage.parts import commit_part
from pipeline.state.store import Store
from sandbox.verdict import Outcome, TestResult, Verdict
from tests.support.small_run import commit_stage

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>alert(2)",
    "<img src=x onerror=alert(3)>",
    "\u2028alert(4)\u2029",
    "nul \x00, escape \x1b[2J, backwards \u202eabc, none \u200b",
    '");alert(5);("',
    "`${alert(6)}` ]]> &lt;b&gt; \\u003c \r\n\t",
    "𝒳 astral, ß İ ﬃ",
)
NAME = "<img src=x onerror=alert(7)>"
"""Of a run's folder."""


def hostile_run(root: Path) -> Store:
    """One episode per text, which stands wherever a stranger's text may."""
    store = Store(str(root / NAME))
    store.write(json.dumps({"run": {"iterations": 0}, "rollouts": {"turns": 2}}).encode(), "config.json")
    rows = [_episode(number, text).to_row() for number, text in enumerate(HOSTILE)]
    commit_part(store.directory(0, "episodes"), 0, pa.Table.from_pylist(rows, schema=EPISODE_SCHEMA))
    commit_stage(store, 0, "episodes")
    return store


def _episode(number: int, text: str) -> Episode:
    tests = (TestResult(index=0, verdict=Verdict.WRONG_ANSWER, message=f"message {text}", reason=text),)
    outcome = Outcome(verdict=Verdict.WRONG_ANSWER, tests=tests, reason=text, box=text)
    answer = Answer(
        response=f"response {text}", program=f"program {text}", finish_reason=text, tokens=3, public=outcome, score=1.0
    )
    turn = Turn(
        answers=(answer, answer),
        chosen=0,
        feedback=f"feedback {text}",
        prompt_tokens=5,
        seed=1,
        sample_s=0.1,
        judge_s=0.1,
    )
    return Episode(
        episode_id=f"{number:020x}",
        problem_id=f"problem {text}",
        iteration=0,
        policy_id=text,
        verifier_id=text,
        selector=f"selector {text}",
        sample=0,
        prompt=f"prompt {text}",
        turns=(turn, turn),
        infrastructure=False,
    )
