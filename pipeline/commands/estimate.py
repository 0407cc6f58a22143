"""What a run will cost, before anything heavy is imported."""

import json
from typing import TYPE_CHECKING

from pipeline.config.schema import Config
from pipeline.evaluation.best_of_n import answers_per_problem

if TYPE_CHECKING:
    from sandbox.problems.data_set import DataSet
from pipeline.state.problems import SPLITS, read_split

DISK_PER_TURN_BYTES = 1500
"""Zstd Parquet per turn beside the text itself, from runs of the embedded default."""


def notices(config: Config) -> list[str]:
    """What to know of the problems before any work: those that cannot be judged, and those held out but trained on."""
    return _notices({split: read_split(config, split) for split in SPLITS})


def _notices(sets: "dict[str, DataSet]") -> list[str]:
    from sandbox.problems.overlap import overlap, summary

    found = dict.fromkeys(data.exclusions() for data in sets.values())
    for split in SPLITS[1:]:
        held_out = sets[split].problems
        found[summary(overlap(sets["train"].problems, held_out), len(held_out), split)] = None
    return [line for line in found if line]


def describe(config: Config) -> str:
    sets = {split: read_split(config, split) for split in SPLITS}
    counts = {split: len(data.problems) for split, data in sets.items()}
    rollouts, iterations = config.rollouts, config.run.iterations
    sampled = (counts["train"] + counts["validation"]) * rollouts.samples * (iterations + 1)
    control = int(config.run.control and iterations > 0)
    greedy = counts["test"] * (iterations + 1 + control)
    if config.protocol.returned == "best_on_validation":
        greedy += counts["validation"] * (iterations + 1)
    answers = sampled * rollouts.turns + greedy * config.eval.turns + counts["test"] * answers_per_problem(config)
    lines = [
        json.dumps(config.model_dump(), indent=1),
        "",
        f"problems     {counts['train']} train, {counts['validation']} validation, {counts['test']} test",
        f"episodes     {sampled} sampled for training and held-out pairs, over {iterations + 1} iterations",
        f"answers      at most {answers}, so at most {answers * rollouts.max_tokens} sampled tokens",
        f"trainings    {iterations + control} of the generator, {iterations + 1} of the verifier",
        f"disk         about {answers * DISK_PER_TURN_BYTES >> 20} MiB of Parquet, plus "
        f"{iterations + control + iterations + 1} checkpoints",
        *(f"note         {line}" for line in _notices(sets)),
    ]
    return "\n".join(lines)
