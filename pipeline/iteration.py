"""One iteration of expert iteration, on one screen.

Every line is a stage: it writes Parquet (or a checkpoint) under iter_<i>/<stage>/, its manifest last, and is skipped
if that manifest is there. Iteration 0 is the base model, so its row is always in the table.
"""

from actors.storage.checkpoint import Checkpoint
from pipeline.stages.generator import CONTROL_EXAMPLES, CONTROL_POLICY, EXAMPLES, POLICY, require_examples
from pipeline.stages.metrics import METRICS, base_answers, measured_stages
from pipeline.stages.sampling import EPISODES, HELD_OUT
from pipeline.stages.search import BEST_ITERATION, SEARCH_BEST_OF_N, SEARCH_CONTROL, SEARCH_GREEDY, SEARCH_VALIDATION
from pipeline.stages.verifier import HELD_OUT_PAIRS, OWN_PAIRS, PAIRS, SCORES, VERIFIER, can_train_verifier
from pipeline.state.manifest import Manifest
from pipeline.state.run import Run, StageInput


def run_iteration(run: Run, i: int) -> None:
    """Relabel with the best answers so far, fine-tune, sample, learn a verifier, evaluate."""
    policy = run.base
    if i > 0:
        examples = require_examples(run.stage(i, EXAMPLES, **to_relabel(run, i)), run.all(EPISODES, before=i))
        policy = run.stage(i, POLICY, examples=examples).trained
    if run.config.learns:
        learn_verifier(run, i, policy)
    run.stage(i, SEARCH_GREEDY, policy=policy)
    if run.config.protocol.returned == "best_on_validation":
        run.stage(i, SEARCH_VALIDATION, policy=policy)
    if i == run.config.run.iterations:
        run.stage(i, SEARCH_BEST_OF_N, **returned_models(run, i))
        if run.config.run.control and i > 0:
            run_control(run, i)
    run.stage(i, METRICS, found=measured_stages(run, i), base=base_answers(run, i))


def learn_verifier(run: Run, i: int, policy: Checkpoint) -> None:
    """Sample to learn from; a verifier of all answers so far, if there are pairs, and its scores."""
    episodes = run.stage(i, EPISODES, policy=policy)
    held_out = run.stage(i, HELD_OUT, policy=policy)
    all_episodes = [*run.all(EPISODES, before=i), episodes]
    all_held_out = [*run.all(HELD_OUT, before=i), held_out]
    pairs = run.stage(i, PAIRS, episodes=all_episodes)
    run.stage(i, HELD_OUT_PAIRS, episodes=all_held_out)
    run.stage(i, OWN_PAIRS, episodes=held_out)
    if can_train_verifier(run.config, pairs, all_episodes):
        verifier = run.stage(i, VERIFIER, pairs=pairs).trained
        run.stage(i, SCORES, episodes=[*all_episodes, *all_held_out], verifier=verifier)


def to_relabel(run: Run, i: int) -> dict[str, StageInput]:
    """All episodes so far; or only the last ones, beside the examples that were made of the others. Scores, if any."""
    scores = run.lookup(i - 1, SCORES)
    found: dict[str, StageInput] = {} if scores is None else {"scores": scores}
    if run.config.protocol.old_labels == "renewed" or i == 1:
        return {"episodes": run.all(EPISODES, before=i), **found}
    return {"episodes": [run.last(EPISODES, i)], "earlier": run.last(EXAMPLES, i), **found}


def returned_models(run: Run, i: int) -> dict[str, StageInput]:
    """Policy of the iteration that the run returns, and its verifier if it has one: the last, or the best on
    validation (Alg. 1)."""
    if run.config.protocol.returned == "best_on_validation":
        searches: list[Manifest] = run.all(SEARCH_VALIDATION, before=i + 1)
        choice = run.stage(i, BEST_ITERATION, searches=searches)
        i = choice.facts.get("iteration", i)  # a forecast knows no facts
    policy = run.finished(i, POLICY).trained if i > 0 else run.base
    verifier = run.lookup(i, VERIFIER)
    return {"policy": policy} if verifier is None else {"policy": policy, "verifier": verifier.trained}


def run_control(run: Run, i: int) -> None:
    """The row that a gain must beat: the same steps on the same episodes, unfiltered."""
    episodes = run.all(EPISODES, before=i)
    examples = require_examples(run.stage(i, CONTROL_EXAMPLES, episodes=episodes), episodes)
    policy = run.stage(i, CONTROL_POLICY, examples=examples).trained
    run.stage(i, SEARCH_CONTROL, policy=policy)
