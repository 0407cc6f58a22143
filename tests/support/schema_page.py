"""The table part of docs/run-directory.md, written from the code's Arrow schemas.

    python -m tests.support.schema_page    # rewrite it

A column that is in a schema and not in `MEANINGS` is an error, and so is one that is only in `MEANINGS`.
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from actors.search.episode import EPISODE_SCHEMA
from pipeline.evaluation.metric_rows import CALIBRATION_SCHEMA, METRIC_SCHEMA
from pipeline.methods.pairs import PAIR_SCHEMA
from pipeline.methods.relabel import EXAMPLE_SCHEMA
from pipeline.stages.tasks import SCORE_SCHEMA
from pipeline.study.cells.rows import CELL_SCHEMA
from pipeline.trackers.steps import TRAINING_STEPS_SCHEMA

PAGE = Path(__file__).parents[2] / "docs" / "run-directory.md"
BEGIN, END = "<!-- tables: begin, python -m tests.support.schema_page -->", "<!-- tables: end -->"
TABLES = {
    "episodes": (EPISODE_SCHEMA, "One row per episode. In `episodes`, `held_out` and every `search_…` stage."),
    "pairs": (PAIR_SCHEMA, "One row per pair of answers. In `pairs`, `held_out_pairs` and `own_pairs`."),
    "examples": (EXAMPLE_SCHEMA, "One row per training example. In `examples` and `control_examples`."),
    "scores": (SCORE_SCHEMA, "One row per answer of the rollouts that was scored and fits the verifier. In `scores`."),
    "metrics": (METRIC_SCHEMA, "One row per number. Part 0 of `metrics`; docs/evaluation.md defines each metric."),
    "calibration": (
        CALIBRATION_SCHEMA,
        "One row per bin that is not empty. Part 1 of `metrics`. Runs made before have it as rows of `metrics/1`.",
    ),
    "training_steps": (
        TRAINING_STEPS_SCHEMA,
        "One row per optimizer step. `training_steps.parquet` of a training stage.",
    ),
    "cells": (
        CELL_SCHEMA,
        "One row per turn of each search of a test problem. `cells.parquet` of a study, of which all tables and claims "
        "are made; its key-value metadata have the study file, what is known of each run, and labels of plug-ins.",
    ),
}
OUTCOME = {
    "": "what the judge found; null if these tests were not run",
    ".verdict": "`accepted`, `wrong_answer`, … as in `sandbox/verdict.py`",
    ".tests": "results of the tests that were run, in their order",
    ".tests[].index": "place of the test in its suite",
    ".tests[].verdict": "of this test",
    ".tests[].message": "what came out, or the exception",
    ".tests[].reason": "one word: the exception's class, the limit, … ([list](../sandbox/README.md#reasons))",
    ".tests[].line": "of a test with several lines the failing one, from 1; null if it is not known",
    ".message": "in the judge's words, if no test says it",
    ".cpu_s": "CPU seconds of all processes of the run",
    ".wall_s": "wall seconds",
    ".peak_memory_mib": "resident set of the largest process, MiB",
    ".box": "name of the box",
    ".attempt": "1 if its first run counted, more if it was judged again",
    ".seed_dependent": "whether it is accepted under the first seed of hashes alone; null if no second was tried",
    ".reason": "of the failing test, or of the whole; empty if accepted",
}
ANSWER = "turns[].answers[]"
MEANINGS: dict[str, dict[str, str]] = {
    "episodes": {
        "episode_id": "depends on what was asked alone, so it is the same in a repeated run",
        "problem_id": "",
        "iteration": "of the policy; 0 is the base model",
        "policy_id": "checksum of the policy's files",
        "verifier_id": "checksum of the verifier that scored while searching; empty if none did",
        "selector": "`first` in rollouts and greedy evaluation",
        "sample": "number of the episode among those of its problem",
        "prompt": "the first user message, as the model saw it",
        "turns": "in their order",
        ANSWER[:-2]: "everything that was sampled in this turn: one answer in rollouts, N or N·beam in a search",
        f"{ANSWER}.response": "the model's text",
        f"{ANSWER}.program": "the program in it; null if there is none",
        f"{ANSWER}.finish_reason": "`stop`, or `length` if it was cut",
        f"{ANSWER}.tokens": "of the response",
        **{f"{ANSWER}.{suite}{name}": text for suite in ("public", "private") for name, text in OUTCOME.items()},
        f"{ANSWER}.score": "the verifier's raw logit, if it was asked while searching",
        f"{ANSWER}.behaviour": "digest of what the program does on generated inputs, if it was run on any",
        "turns[].chosen": "the answer on the way to the final one, as a place in `answers`",
        "turns[].feedback": "what the model was told of it; empty after the last turn",
        "turns[].prompt_tokens": "summed over the histories of this turn",
        "turns[].seed": "of the request that `chosen` answers",
        "turns[].sample_s": "seconds of sampling",
        "turns[].judge_s": "seconds of judging",
        "turns[].kept": "the beam: places in `answers`, best first",
        "turns[].parents": "for each answer, which place of the previous turn's `kept` it continues",
        "infrastructure": "true if the sandbox failed for good; it teaches nothing, as one with a verdict `unjudged`",
        "width": "N: answers asked for per history",
        "beam": "histories kept at most",
    },
    "pairs": {
        "pair_id": "",
        "problem_id": "",
        "prompt": "the first user message",
        "chosen": "the better response",
        "rejected": "the worse response",
        "chosen_episode": "",
        "chosen_turn": "0 for the first",
        "rejected_episode": "",
        "rejected_turn": "0 for the first",
    },
    "examples": {
        "example_id": "",
        "problem_id": "",
        "strategy": "",
        "history_episode": "whose history it is",
        "history_turn": "the turn that answers this history, 0 for the first",
        "target_episode": "where the target was sampled; empty for the reference solution",
        "target_turn": "-1 for the reference solution",
        "messages": "the history as a chat",
        "messages[].role": "`user` or `assistant`",
        "messages[].content": "",
        "target": "the response that is trained on",
        "weight": "factor of its loss",
    },
    "scores": {
        "episode_id": "",
        "turn": "0 for the first",
        "problem_id": "",
        "verifier_id": "checksum of the verifier's files",
        "label": "true if all tests pass; null if that is not known",
        "score": "raw logit",
    },
    "metrics": {
        "iteration": "",
        "metric": "",
        "series": "a selector, a search, or the answers that a verifier was measured on",
        "turn": "1 for the first, 0 if no turn is meant",
        "width": "N, or k of `pass_at_k`",
        "beam": "histories kept at most",
        "policy_id": "",
        "verifier_id": "",
        "value": "",
        "low": "lower end of the 95 % interval",
        "high": "upper end",
        "n": "episodes, pairs or answers that are known",
        "masked": "those left out because the sandbox failed or their tests cannot be judged",
    },
    "calibration": {
        "iteration": "",
        "series": "the answers that the verifier was measured on",
        "number": "the bin's place, 0 for the first that is not empty",
        "low": "its lower edge",
        "high": "its upper edge",
        "count": "predictions in it: answers, or pairs of a Bradley-Terry verifier",
        "predicted": "their mean",
        "observed": "the share that came true",
    },
    "training_steps": {
        "step": "1 for the first",
        "loss": "of the global batch",
        "learning_rate": "that this step was taken with",
        "grad_norm": "2-norm of all gradients before clipping; null if DeepSpeed computes none",
        "tokens": "of the global batch, without padding",
        "seconds": "",
    },
    "cells": {
        "cell": "name of the run, whose folder is in `cells/`",
        "strategy": "`base` is the untrained model",
        "variant": "what sets these runs apart from others of their strategy, as the study file says; or empty",
        "loss": "of the verifier",
        "seed": "of the run",
        "view": "`main`, or what is new ([studies](study.md)): `best_of`, `turns`, `one_turn`, `hidden_tests`, `dials`",
        "iteration": "of the generator; 0 is the base model. Of best-of-N searches the one that the run returns",
        "selector": "`greedy` is one answer per turn; `random` with width 1 one sampled answer per turn",
        "width": "N: answers asked for per history",
        "problem_id": "",
        "sample": "number of the search among those of its problem",
        "turn": "1 for the first; there are as many as the search may have",
        "solved": "1 if the answer held after this turn passes all tests, 0 if not; in the view `one_turn` the "
        "share of all choices of N answers that give a right one; null if the episode is masked",
        "tokens": "sampled in this turn; 0 once the episode has ended",
        "prompt_tokens": "of the histories that were read in this turn, each once; 0 once the episode has ended",
        "executions": "programs that the choices of this turn ran on public tests or extra inputs and that had not run "
        "before; null if the selector is another package's",
    },
}


def columns(schema: pa.Schema) -> Iterator[tuple[str, str]]:
    """(path, type) of every column and nested field, `[]` behind the names of lists."""
    for field in schema:
        yield from _column(field.name, field.type)


def _column(path: str, kind: pa.DataType) -> Iterator[tuple[str, str]]:
    inner, inside = (kind.value_type, f"{path}[]") if pa.types.is_list(kind) else (kind, path)
    if not pa.types.is_struct(inner):
        yield path, str(kind).replace("list<element: ", "list<").replace("list<item: ", "list<")
        return
    yield path, "list<struct>" if inner is not kind else "struct"
    for field in inner:
        yield from _column(f"{inside}.{field.name}", field.type)


def tables() -> str:
    """All tables as Markdown. Raises KeyError for a column without a meaning, and for a meaning without a column."""
    lines = []
    for name, (schema, about) in TABLES.items():
        found, meanings = dict(columns(schema)), MEANINGS[name]
        if found.keys() != meanings.keys():
            raise KeyError(f"{name}: {sorted(found.keys() ^ meanings.keys())} in the schema or in MEANINGS alone")
        version = schema.metadata[b"mucode.schema"].decode()
        lines += [f"### {name}", "", f"{about} Schema `{version}`.", "", "| column | type | meaning |", "|---|---|---|"]
        lines += [f"| `{path}` | {kind} | {meanings[path]} |" for path, kind in found.items()]
        lines.append("")
    return "\n".join(lines)


def with_tables(page: str) -> str:
    """`page` with what stands between the two marks written again."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text()))
