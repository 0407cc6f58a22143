"""Answers of a causal model to chats, in batches, with plain transformers."""

from collections.abc import Sequence
from typing import Any

import torch

from actors.prompting.chat_template import Messages, prompt_ids
from pipeline.embedded.judge import passes_all_tests
from sandbox.problem import Problem

MAX_TOKENS = 64


@torch.no_grad()
def sample_answers(
    model: Any, tokenizer: Any, chats: Sequence[Messages], temperature: float = 0.0, batch: int = 256
) -> list[str]:
    """One answer per chat, in order; temperature 0 is greedy. Sampling uses torch's global generator."""
    model.eval()
    prompts = [prompt_ids(tokenizer, chat) for chat in chats]
    order = sorted(range(len(chats)), key=lambda index: len(prompts[index]))
    answers = [""] * len(chats)
    sampling = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature > 0 else {"do_sample": False}
    for start in range(0, len(order), batch):
        rows = order[start : start + batch]
        inputs = tokenizer.pad({"input_ids": [prompts[row] for row in rows]}, padding_side="left", return_tensors="pt")
        output = model.generate(**inputs, max_new_tokens=MAX_TOKENS, pad_token_id=tokenizer.pad_token_id, **sampling)
        texts = tokenizer.batch_decode(output[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        for row, text in zip(rows, texts, strict=True):
            answers[row] = text
    return answers


def greedy_accuracy(model: Any, tokenizer: Any, problems: Sequence[Problem]) -> float:
    """Share of problems whose greedy first answer passes all tests."""
    chats = [[{"role": "user", "content": problem.prompt}] for problem in problems]
    answers = sample_answers(model, tokenizer, chats)
    passed = [passes_all_tests(answer, problem) for answer, problem in zip(answers, problems, strict=True)]
    return sum(passed) / len(problems)
