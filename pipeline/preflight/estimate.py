"""What a run will cost, before anything heavy is imported."""

import json
from dataclasses import dataclass

from pipeline.config.schema import Config
from pipeline.evaluation.best_of_n import answers_per_problem, best_of_n_values
from pipeline.placement.model_shape import find_model_shape
from pipeline.sizing.model_facts import BYTES, find_model_facts
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCost:
    """What a run will sample, train and write, at most."""

    episodes: int
    answers: int
    generators: int
    """Trainings of the generator, each of which leaves a checkpoint; `verifiers`: of the verifier."""
    verifiers: int
    checkpoint_bytes: int | None
    """Of all of these; None if a model's size is not known here."""

    @property
    def row_bytes(self) -> int:
        """Of Parquet."""
        return self.answers * DISK_PER_TURN_BYTES

    def text(self) -> str:
        size = f", about {_size(self.checkpoint_bytes)}" if self.checkpoint_bytes else ""
        checkpoints = self.generators + self.verifiers
        return (
            f"about {self.row_bytes >> 20} MiB of Parquet, plus {checkpoints} checkpoints{size if checkpoints else ''}"
        )


def run_cost(config: Config, splits: ProblemSplits) -> RunCost:
    """The cost of a whole run, from its beginning."""
    counts = {split: splits.size(config, split) for split in SPLITS}
    iterations, control = config.run.iterations, int(config.run.control and config.run.iterations > 0)
    learned = iterations + 1 if config.learns else 0
    sampled = (counts["train"] + counts["validation"]) * config.rollouts.samples * learned
    greedy = counts["test"] * (iterations + 1 + control)
    if config.protocol.returned == "best_on_validation":
        greedy += counts["validation"] * (iterations + 1)
    return RunCost(
        episodes=sampled,
        answers=sampled * config.rollouts.turns + _evaluation_answers(config, greedy, counts["test"]),
        generators=iterations + control,
        verifiers=learned,
        checkpoint_bytes=_checkpoint_bytes(config, iterations + control, learned),
    )


def _checkpoint_bytes(config: Config, generators: int, verifiers: int) -> int | None:
    size = 0
    ranks = config.fine_tune.lora_rank, config.verifier.lora_rank
    models = (generators, config.model.generator), (verifiers, config.model.verifier)
    for (count, name), rank in zip(models, ranks, strict=True):
        if rank is not None:
            shape = find_model_shape(name) if count else None
            each = shape.adapter_parameters(rank) if shape else 0
            if count and not each:
                return None
            size += count * each * BYTES["float32"]
            continue
        facts = find_model_facts(name) if count else None
        dtype = config.model.dtype or (facts.dtype if facts else None)
        if count and (facts is None or facts.parameters is None or dtype not in BYTES):
            return None
        size += count * (facts.parameters or 0) * BYTES[dtype] if facts and dtype else 0
    return size


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB" if count >= 1 << 30 else f"{count >> 20} MiB"


def describe_run(config: Config, splits: ProblemSplits) -> str:
    """The resolved settings, and what a run of them will sample, train and write."""
    counts = {split: splits.size(config, split) for split in SPLITS}
    cost = run_cost(config, splits)
    lines = [
        json.dumps(config.model_dump(), indent=1),
        "",
        f"problems     {counts['train']} train, {counts['validation']} validation, {counts['test']} test",
        f"episodes     {cost.episodes} sampled for training and held-out pairs, in iterations 0 to "
        f"{config.run.iterations}",
        _answers_line(config, cost.answers),
        f"executions   at most {cost.answers} programs, each by public tests and most by private ones",
        f"trainings    {cost.generators} of the generator, {cost.verifiers} of the verifier",
        f"disk         {cost.text()}",
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
