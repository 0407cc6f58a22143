"""What a run will cost, before anything heavy is imported."""

import json

from pipeline.config.schema import Config
from pipeline.evaluation.best_of_n import answers_per_problem, best_of_n_values
from pipeline.state.problems import SPLITS, ProblemSplits

DISK_PER_TURN_BYTES = 1500
"""Zstd Parquet per turn beside the text itself, from runs of the embedded default."""


def problem_notices(config: Config, splits: ProblemSplits) -> list[str]:
    """What to know of the problems before any work: those that cannot be judged, and those held out but trained on."""
    from sandbox.problems.overlap import find_overlap, overlap_summary

    sets = {split: splits.data_set(config, split) for split in SPLITS}
    found = dict.fromkeys(data.exclusions() for data in sets.values())
    for split in SPLITS[1:]:
        held_out = sets[split].problems
        found[overlap_summary(find_overlap(sets["train"].problems, held_out), len(held_out), split)] = None
    return [line for line in found if line]


def describe_run(config: Config, splits: ProblemSplits) -> str:
    """The resolved settings, and what a run of them will sample, train and write."""
    counts = {split: splits.size(config, split) for split in SPLITS}
    iterations, control = config.run.iterations, int(config.run.control and config.run.iterations > 0)
    learned = iterations + 1 if config.learns else 0
    sampled = (counts["train"] + counts["validation"]) * config.rollouts.samples * learned
    greedy = counts["test"] * (iterations + 1 + control)
    if config.protocol.returned == "best_on_validation":
        greedy += counts["validation"] * (iterations + 1)
    answers = sampled * config.rollouts.turns + _evaluation_answers(config, greedy, counts["test"])
    lines = [
        json.dumps(config.model_dump(), indent=1),
        "",
        f"problems     {counts['train']} train, {counts['validation']} validation, {counts['test']} test",
        f"episodes     {sampled} sampled for training and held-out pairs, in iterations 0 to {iterations}",
        _answers_line(config, answers),
        f"trainings    {iterations + control} of the generator, {learned} of the verifier",
        f"disk         about {answers * DISK_PER_TURN_BYTES >> 20} MiB of Parquet, plus "
        f"{iterations + control + learned} checkpoints",
        *(f"note         {line}" for line in problem_notices(config, splits)),
    ]
    return "\n".join(lines)


def describe_evaluation(config: Config, splits: ProblemSplits) -> str:
    """What an evaluation will sample, and where it will write."""
    problems = splits.size(config, "test")
    searched = problems if config.eval.selectors else 0
    best_of_n = f", then best of {', '.join(map(str, best_of_n_values(config)))}" if searched else ""
    chosen = f" by {', '.join(config.eval.selectors)}" if searched else ""
    answers = _evaluation_answers(config, problems, searched)
    excluded = splits.data_set(config, "test").exclusions()
    lines = [
        f"model        {config.model.generator}",
        f"problems     {problems} of {config.problems.test}",
        f"searches     greedy{best_of_n} at each of {config.eval.turns} turns{chosen}",
        _answers_line(config, answers),
        f"disk         about {answers * DISK_PER_TURN_BYTES >> 20} MiB of Parquet in "
        f"{config.run.root}/{config.run.name}",
        *([f"note         {excluded}"] if excluded else []),
    ]
    return "\n".join(lines)


def _evaluation_answers(config: Config, greedy_episodes: int, searched_problems: int) -> int:
    return greedy_episodes * config.eval.turns + searched_problems * answers_per_problem(config)


def _answers_line(config: Config, answers: int) -> str:
    return f"answers      at most {answers}, so at most {answers * config.rollouts.max_tokens} sampled tokens"
