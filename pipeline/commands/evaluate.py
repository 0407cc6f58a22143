"""`mucode eval`: one model on one set of problems, greedy and by best-of-N searches; a table, and JSON if asked for."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from actors.prompting.chat_template import has_chat_template
from actors.storage.checkpoint import Checkpoint
from pipeline.config.schema import Config
from pipeline.errors import ConfigError
from pipeline.evaluation.metric_rows import CalibrationBin, MetricRow, read_calibration_bins, read_metric_rows
from pipeline.execution import begin_run, open_run_trackers, tell_metrics
from pipeline.integrity.before_work import require_intact
from pipeline.model_files.directory import read_model_config
from pipeline.preflight.check import check_run
from pipeline.preflight.selectors import check_selectors
from pipeline.preflight.settling import choices_text
from pipeline.report.evaluation_table import evaluation_table
from pipeline.stages.metrics import METRICS, measured_stages
from pipeline.stages.search import SEARCH_BEST_OF_N, SEARCH_GREEDY
from pipeline.state.environment import run_environment
from pipeline.state.failures import ended_in_the_middle
from pipeline.state.lease.holding import held_lease
from pipeline.state.manifest import Manifest
from pipeline.state.models import resolve_model
from pipeline.state.problems import ProblemSplits
from pipeline.state.run import Run
from pipeline.state.run_directory import EVALUATION, require_free
from pipeline.state.run_progress import PlannedStage, RunProgress
from pipeline.trackers.console import counted, say

if TYPE_CHECKING:
    from pipeline.cluster.actor_groups import ActorGroups


def evaluate_model(config: Config, splits: ProblemSplits, verifier: str | None, out: str | None = None) -> int:
    """Evaluate `config.model.generator` on `config.problems.test`; results under runs/<name>, and in the file `out`.

    Everything that can be wrong is found before any work is done.
    """
    started = time.monotonic()
    given, config = config, check_run(config, splits, trains=False)
    say(choices_text(given, config, trains=False))
    run = Run(config, None, splits)
    scorer = _check_evaluation(run, verifier)
    with held_lease(run.store, config.run.lease_s), open_actor_groups(config) as actor_groups:
        run.actor_groups = actor_groups
        found = _measure(run, scorer)
    rows = read_metric_rows(found)
    print(
        evaluation_table(
            rows, f"{config.model.generator} on {config.problems.test}, {counted(len(run.problems('test')), 'problem')}"
        )
    )
    if out:
        _write(Path(out), config, run, scorer.policy_id if scorer else "", rows, read_calibration_bins(found))
        say(f"all numbers: {out}")
    spent = f"{time.monotonic() - started:.0f} s"
    say(f"{counted(len(run.ran), 'stage')} run, {run.skipped} found finished in {run.store.root}, {spent}")
    return 0


def _check_evaluation(run: Run, verifier: str | None) -> Checkpoint | None:
    """The checkpoint that scores, if there is one. Raises a UserError for what would stop this evaluation."""
    config = run.config
    require_free(run.store, config)
    require_intact(run.store, config)
    check_selectors(config, verifier, run.problems("test"))
    _check_files("model.generator", config.model.generator)
    if not verifier:
        return None
    scorer = resolve_model(verifier)
    _check_files("--verifier", verifier)
    return scorer


def _measure(run: Run, scorer: Checkpoint | None) -> Manifest:
    """The searches, and the manifest of their metrics."""
    begin_run(run)
    what = {"model": run.config.model.generator, "dataset": run.config.problems.test}
    run.store.write(json.dumps(what).encode(), EVALUATION)
    run.progress = RunProgress(_planned(run))
    with ended_in_the_middle(lambda: bool(run.ran)), open_run_trackers(run, "evaluation"):
        run.stage(0, SEARCH_GREEDY, policy=run.base)
        if run.config.eval.selectors:
            run.stage(0, SEARCH_BEST_OF_N, policy=run.base, **({"verifier": scorer} if scorer else {}))
        found = run.stage(0, METRICS, found=measured_stages(run, 0))
        tell_metrics(run, 0)
        return found


def _planned(run: Run) -> list[PlannedStage]:
    """The stages of an evaluation."""
    size = partial(run.splits.size, run.config)
    steps = (SEARCH_GREEDY, *([SEARCH_BEST_OF_N] if run.config.eval.selectors else []), METRICS)
    return [PlannedStage(stage=step, iteration=0, units=step.work(run.config, size, 0)) for step in steps]


def open_actor_groups(config: Config) -> "ActorGroups":
    from pipeline.cluster.actor_groups import ActorGroups  # Ray is imported only to start actors

    return ActorGroups(config)


def _check_files(key: str, name: str) -> None:
    """A hub model's files are here by now."""
    from actors.inference.adapter import HEAD, base_directory, find_adapter
    from actors.storage.checkpoint import fetch_checkpoint

    found = fetch_checkpoint(resolve_model(name).path)
    path, adapter = Path(base_directory(found)), find_adapter(found)
    if not has_chat_template(path):
        raise ConfigError(
            f"{key} = {name!r} has no chat template, so there is no telling how it reads a conversation; "
            "use an instruction-tuned model, or add chat_template to its tokenizer_config.json"
        )
    kinds = read_model_config(path).get("architectures") or []
    scores = "SequenceClassification" in str(kinds) if adapter is None else HEAD in adapter.whole
    if key == "--verifier" and not scores:
        raise ConfigError(
            f"{key} {name!r} is no verifier, but {', '.join(kinds) or 'a model of no stated kind'}; give a "
            "sequence-classification model with one label, as runs/NAME/iter_0000/verifier/checkpoint is"
        )


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
        "settings": config.identity("eval", "dialogue", "model", "problems", "run", "rollouts", "sandbox"),
        "environment": run_environment(),
        "rows": [asdict(row) for row in rows],
        "calibration": [asdict(one) for one in bins],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, indent=1, default=str) + "\n")
