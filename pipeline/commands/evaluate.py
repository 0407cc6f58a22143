"""`mucode eval`: one model on one set of problems, greedy and by a sweep of searches; a table, and JSON where asked."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from actors.prompting.chat_template import has_chat_template
from actors.search.selectors import in_table_order, selector_label
from pipeline.config.schema import Config
from pipeline.errors import ConfigError
from pipeline.evaluation.metric_rows import CalibrationBin, MetricRow, read_calibration_bins, read_metric_rows
from pipeline.evaluation.statistics import percent_with_interval
from pipeline.execution import begin_run, open_run_trackers
from pipeline.preflight.check import check, model_settings
from pipeline.preflight.selectors import check_selectors
from pipeline.stages.metrics import METRICS, measured
from pipeline.stages.search import SEARCH_BEST_OF_N, SEARCH_GREEDY
from pipeline.state.environment import environment
from pipeline.state.models import resolve
from pipeline.state.problems import ProblemSplits
from pipeline.state.run import Run
from pipeline.state.run_directory import require_free, run_root
from pipeline.state.store import Store
from pipeline.trackers.console import say

if TYPE_CHECKING:
    from pipeline.cluster.actor_groups import ActorGroups

TURNS_PER_LINE = 3
EVALUATION = "evaluation.json"
"""What tells an evaluation's directory from a run's."""


def evaluate(config: Config, splits: ProblemSplits, verifier: str | None, out: str | None = None) -> int:
    """Evaluate `config.model.generator` on `config.problems.test`; results under runs/<name>, and in the file `out`.

    Everything that can be wrong is found before any work is done.
    """
    started = time.monotonic()
    check(config, splits)
    store = Store(run_root(config))
    require_free(store, config)
    run = Run(config, None, splits)
    check_selectors(config, verifier, run.problems("test"))
    _check_files("model.generator", config.model.generator)
    scorer = resolve(verifier) if verifier else None
    if verifier:
        _check_files("--verifier", verifier)
    with open_actor_groups(config) as actor_groups:
        run.actor_groups = actor_groups
        begin_run(run)
        store.write(json.dumps({"model": config.model.generator, "dataset": config.problems.test}).encode(), EVALUATION)
        with open_run_trackers(run):
            run.stage(0, SEARCH_GREEDY, policy=run.base)
            run.stage(0, SEARCH_BEST_OF_N, policy=run.base, **({"verifier": scorer} if scorer else {}))
            found = run.stage(0, METRICS, found=measured(run, 0))
    rows = read_metric_rows(found)
    print(table(rows, f"{config.model.generator} on {config.problems.test}, {len(run.problems('test'))} problems"))
    if out:
        _write(Path(out), config, run, scorer.policy_id if scorer else "", rows, read_calibration_bins(found))
        say(f"all numbers: {out}")
    say(f"{len(run.ran)} stages run, {run.skipped} found finished in {store.root}, {time.monotonic() - started:.0f} s")
    return 0


def open_actor_groups(config: Config) -> "ActorGroups":
    from pipeline.cluster.actor_groups import ActorGroups  # Ray is imported only where actors start

    return ActorGroups(config)


def _check_files(key: str, name: str) -> None:
    """A hub model's files are here by now."""
    from actors.storage.checkpoint import fetch

    path = Path(fetch(resolve(name).path))
    if not has_chat_template(path):
        raise ConfigError(
            f"{key} = {name!r} has no chat template, so there is no telling how it reads a conversation; "
            "use an instruction-tuned model, or add chat_template to its tokenizer_config.json"
        )
    kinds = model_settings(path).get("architectures") or []
    if key == "--verifier" and "SequenceClassification" not in str(kinds):
        raise ConfigError(
            f"{key} {name!r} is no verifier, but {', '.join(kinds) or 'a model of no stated kind'}; give a "
            "sequence-classification model with one label, as runs/NAME/iter_0000/verifier/checkpoint is"
        )


# ---- what comes out -------------------------------------------------------------------------------------------------


def table(rows: Sequence[MetricRow], title: str) -> str:
    """Accuracies in %, with 95 % intervals over problems; at most 100 columns."""
    searches = [row for row in rows if row.metric == "accuracy"]
    turns = max((row.turn for row in searches), default=0)
    lines = ["", title, "accuracy in % with 95 % intervals over problems; tokens and runs are per problem", ""]
    for first in range(1, turns + 1, TURNS_PER_LINE):
        shown = range(first, min(first + TURNS_PER_LINE, turns + 1))
        lines += [*_searches(rows, searches, shown, last=turns), ""]
    lines += _first_turn(rows, "pass_at_k", "pass@k, first answers, unbiased")
    lines += _first_turn(rows, "best_of_n", "best of N at turn 1, unbiased (over all choices of N answers)")
    names = {
        "auc": "verifier, AUC over all first answers",
        "auc_within": "verifier, AUC within a problem",
        "unscored": "verifier, first answers too long for it",
    }
    verifier = [row for row in rows if row.metric in names]
    lines += [f"{names[row.metric]:<44}{percent_with_interval(row):<20}{row.n:>6}" for row in verifier]
    masked = max((row.masked for row in searches), default=0)
    return "\n".join([*lines, *([f"{masked} episodes left out: the sandbox failed"] if masked else [])])


def _searches(rows: Sequence[MetricRow], searches: Sequence[MetricRow], turns: range, last: int) -> list[str]:
    head = "".join(f"{f'turn {turn}':<20}" for turn in turns)
    lines = [f"{'':<22}{head}{'tokens':>8}{'runs':>5}{'n':>5}"]
    order = ["greedy", *in_table_order(row.series for row in searches if row.series != "greedy")]
    keys = {(row.series, row.width) for row in searches}
    for series, width in sorted(keys, key=lambda key: (order.index(key[0]), key[1])):

        def at(name: str, turn: int, key: tuple[str, int] = (series, width)) -> MetricRow | None:
            found = (row for row in rows if (row.metric, row.series, row.width, row.turn) == (name, *key, turn))
            return next(found, None)

        label = series if series == "greedy" else f"best of {width}, {selector_label(series)}"
        points = [at("accuracy", turn) for turn in turns]
        cells = "".join(f"{percent_with_interval(point) if point else '-':<20}" for point in points)
        spent = [at(f"accuracy_{what}", last) for what in ("tokens", "executions")]
        costs = [f"{row.value:.1f}" if row else "-" for row in spent]
        lines.append(f"{label:<22}{cells}{costs[0]:>8}{costs[1]:>5}{points[0].n if points[0] else 0:>5}")
    return lines


def _first_turn(rows: Sequence[MetricRow], metric: str, title: str) -> list[str]:
    found = [row for row in rows if row.metric == metric]
    if metric == "best_of_n":  # of one answer there is nothing to choose
        found = [row for row in found if row.width > 1 or row.series == "random"]
    lines = [title] if found else []
    for row in found:
        name = row.series if metric == "pass_at_k" else f"best of {row.width}, {selector_label(row.series)}"
        lines.append(f"  {name:<42}{percent_with_interval(row):<20}{row.n:>6}")
    return [*lines, ""] if found else []


def _write(
    path: Path,
    config: Config,
    run: Run,
    verifier_id: str,
    rows: Sequence[MetricRow],
    bins: Sequence[CalibrationBin],
) -> None:
    body = {
        "model": config.model.generator,
        "policy_id": run.base.policy_id,
        "verifier_id": verifier_id,
        "dataset": config.problems.test,
        "problems": len(run.problems("test")),
        "settings": config.identity("eval", "dialogue", "model", "problems", "run", "rollouts"),
        "environment": environment(),
        "rows": [asdict(row) for row in rows],
        "calibration": [asdict(one) for one in bins],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, indent=1, default=str) + "\n")
