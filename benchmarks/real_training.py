"""The trainings and scoring of benchmarks/training.py with a real model, on solutions of MBPP's training problems."""

import random
from pathlib import Path
from typing import Any

from actors.prompting.dialogue import build_dialogue
from benchmarks.training import Bench, Size
from sandbox.problems.load import load_problems

PROBLEMS = "mbpp:train"


class RealBench(Bench):
    """A model directory as generator, and with a fresh head as verifier."""

    def __init__(
        self, model: Path, root: Path, *, dtype: str, threads: int, batch: int, micro_batch_tokens: int
    ) -> None:
        self.model = model
        size = Size(
            hidden=0,
            layers=0,
            heads=0,
            shortest=112,
            longest=400,
            batch=batch,
            micro_batch_tokens=micro_batch_tokens,
            steps=3,
        )
        super().__init__(size, root, dtype=dtype, threads=threads)

    def _save_models(self, seed: int) -> tuple[Any, int]:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        torch.manual_seed(seed)
        tokenizer = AutoTokenizer.from_pretrained(self.model)
        (self.root / "generator").symlink_to(self.model.resolve())
        verifier = AutoModelForSequenceClassification.from_pretrained(
            self.model, num_labels=1, dtype=getattr(torch, self.dtype)
        )
        verifier.save_pretrained(self.root / "verifier")
        tokenizer.save_pretrained(self.root / "verifier")
        return tokenizer, verifier.num_parameters()

    def _make_chats(self, draw: random.Random) -> list[tuple[str, str]]:
        dialogue = build_dialogue("instruct")
        problems = load_problems(PROBLEMS)
        answers = [(dialogue.first_prompt(problem), dialogue.reference_answer(problem)) for problem in problems]
        known = [(prompt, answer) for prompt, answer in answers if answer is not None]
        return draw.sample(known, 2 * self.size.steps * self.size.batch)
