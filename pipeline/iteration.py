"""One iteration of expert iteration, on one screen.

Every line is a stage: it writes Parquet (or a checkpoint) under iter_<i>/<stage>/, its manifest last, and is
skipped when that manifest is there. Iteration 0 is the base model, so its row is always in the table.
"""

from typing import Any

from actors.storage.checkpoint import Checkpoint
from pipeline.stages import stages
from pipeline.state.run import Run


def run_iteration(run: Run, i: int) -> None:
    """Relabel with the best answers so far, fine-tune, sample, learn a verifier, evaluate."""
    policy = run.base
    if i > 0:
        examples = run.stage(i, stages.EXAMPLES, **to_relabel(run, i), scores=run.last("scores", i))
        policy = run.stage(i, stages.POLICY, examples=examples).trained
    episodes = run.stage(i, stages.EPISODES, policy=policy)
    held_out = run.stage(i, stages.HELD_OUT, policy=policy)
    pairs = run.stage(i, stages.PAIRS, episodes=[*run.all("episodes", before=i), episodes])
    all_held_out = [*run.all("held_out", before=i), held_out]
    run.stage(i, stages.HELD_OUT_PAIRS, episodes=all_held_out)
    run.stage(i, stages.OWN_PAIRS, episodes=held_out)
    verifier = run.stage(i, stages.VERIFIER, pairs=pairs).trained
    every = [*run.all("episodes", before=i), episodes, *all_held_out]
    run.stage(i, stages.SCORES, episodes=every, verifier=verifier)
    run.stage(i, stages.SEARCHES["greedy"], policy=policy)
    if run.config.protocol.returned == "best_on_validation":
        run.stage(i, stages.SEARCHES["validation"], policy=policy)
    if i == run.config.run.iterations:
        best, its_verifier = returned(run, i)
        run.stage(i, stages.SWEEP, policy=best, verifier=its_verifier)
        if run.config.run.control and i > 0:
            run_control(run, i)
    run.stage(i, stages.METRICS, found=run.evaluated(i), base=run.base_answers(i))


def to_relabel(run: Run, i: int) -> dict[str, Any]:
    """All episodes so far; or only the last ones, beside the examples that were made of the others."""
    if run.config.protocol.old_labels == "renewed" or i == 1:
        return {"episodes": run.all("episodes", before=i)}
    return {"episodes": [run.last("episodes", i)], "earlier": run.last("examples", i)}


def returned(run: Run, i: int) -> tuple[Checkpoint, Checkpoint]:
    """Policy and verifier of the iteration that the run returns: the last, or the best on validation (Alg. 1)."""
    if run.config.protocol.returned == "best_on_validation":
        choice = run.stage(i, stages.RETURNED, searches=run.all("search_validation", before=i + 1))
        i = choice.facts.get("iteration", i)  # a rehearsal knows no facts
    policy = run.finished(i, "policy").trained if i > 0 else run.base
    return policy, run.finished(i, "verifier").trained


def run_control(run: Run, i: int) -> None:
    """The row that a gain must beat: the same steps on the same episodes, unfiltered."""
    examples = run.stage(i, stages.CONTROL_EXAMPLES, episodes=run.all("episodes", before=i))
    policy = run.stage(i, stages.CONTROL_POLICY, examples=examples).trained
    run.stage(i, stages.SEARCHES["control"], policy=policy)
