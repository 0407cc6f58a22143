"""What a run will cost, before anything heavy is imported."""

import json

from pipeline.config import Config
from pipeline.protocols import all_public
from sandbox.problem import Problem

DISK_PER_TURN_BYTES = 1500
"""Zstd Parquet per turn beside the text itself, from runs of the embedded default."""


def load_split(config: Config, split: str) -> list[Problem]:
    """The problems of `train`, `validation` or `test`, cut to the config's limit."""
    from sandbox.problems.load import load

    problems = load(getattr(config.problems, split))[: getattr(config.problems, f"limit_{split}")]
    return all_public(problems) if split == "train" and config.protocol.train_tests == "all_public" else problems


def describe(config: Config) -> str:
    counts = {split: len(load_split(config, split)) for split in ("train", "validation", "test")}
    rollouts, iterations = config.rollouts, config.run.iterations
    sampled = (counts["train"] + counts["validation"]) * rollouts.samples * (iterations + 1)
    searches = counts["test"] * (iterations + 1) + counts["test"] * len(config.eval.selectors) * config.eval.best_of
    if config.protocol.returned == "best_on_validation":
        searches += counts["validation"] * (iterations + 1)
    answers = sampled * rollouts.turns + searches * config.eval.turns
    control = int(config.run.control and iterations > 0)
    lines = [
        json.dumps(config.model_dump(), indent=1),
        "",
        f"problems     {counts['train']} train, {counts['validation']} validation, {counts['test']} test",
        f"episodes     {sampled} sampled for training and held-out pairs, over {iterations + 1} iterations",
        f"answers      at most {answers}, so at most {answers * rollouts.max_tokens} sampled tokens",
        f"trainings    {iterations + control} of the generator, {iterations + 1} of the verifier",
        f"disk         about {answers * DISK_PER_TURN_BYTES >> 20} MiB of Parquet, plus "
        f"{iterations + control + iterations + 1} checkpoints",
    ]
    return "\n".join(lines)
