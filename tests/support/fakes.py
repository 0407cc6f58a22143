"""Small honest stand-ins for orchestration tests and simulations of scale. No shipped result comes from one.

They keep the contracts that matter to whoever waits for them: answers depend on (policy, prompt, seed, k)
alone, `load` renames the policy, a judge may take its time or report infrastructure.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from actors.ids import stable_seed
from actors.inference.engine import Completion, EngineError, LoadReport, Sampling
from actors.inference.watched import WatchedEngine
from actors.storage.checkpoint import Checkpoint
from sandbox.problem import Problem, Suite
from sandbox.verdict import Outcome, Verdict

Write = Callable[[str, int], str]
"""(chat as text, seed) → answer."""


def seeded_program(chat: str, seed: int) -> str:
    return f"answer = {seed % 10}"


class ByteTokenizer:
    """One id per UTF-8 byte, a chat template that fits on a line; 0 ends a turn."""

    eos_token_id = 0
    chat_template = "{role}: {content}\\n"

    def apply_chat_template(
        self, messages: list[dict[str, str]], *, tokenize: bool, add_generation_prompt: bool, **variables: Any
    ) -> str:
        text = "".join(f"{message['role']}: {message['content']}\n" for message in messages)
        return text + ("assistant: " if add_generation_prompt else "")

    def encode(self, text: str, add_special_tokens: bool = False) -> list[int]:
        return list(text.encode())

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = True) -> str:
        return bytes(i for i in ids if i).decode()

    def get_vocab(self) -> dict[str, int]:
        return {chr(i): i for i in range(1, 128)}


class FakeEngine:
    """Answers with `write(chat, seed)` after `latency_s`; greedy asks always for seed 0."""

    def __init__(self, policy_id: str = "fake", write: Write = seeded_program, latency_s: float = 0.0) -> None:
        self.policy_id, self.write, self.latency_s = policy_id, write, latency_s
        self.tokenizer = ByteTokenizer()
        self.requests: list[tuple[str, Sampling]] = []
        self._busy_s = 0.0
        self.sampled = self.pending = 0

    @property
    def busy_s(self) -> float:
        return self._busy_s

    @property
    def moved(self) -> int:
        return self.sampled

    async def generate(self, prompt_ids: Sequence[int], sampling: Sampling) -> list[Completion]:
        if not self.policy_id:
            raise EngineError("the fake engine is closed")
        chat = self.tokenizer.decode(prompt_ids)
        self.requests.append((chat, sampling))
        started = time.monotonic()
        await asyncio.sleep(self.latency_s)
        self._busy_s += time.monotonic() - started
        answers = [self._complete(chat, sampling, k) for k in range(sampling.n)]
        self.sampled += sum(len(answer.token_ids) for answer in answers)
        return answers

    def _complete(self, chat: str, sampling: Sampling, k: int) -> Completion:
        seed = 0 if sampling.temperature == 0 else stable_seed(self.policy_id, chat, sampling.seed + k)
        ids = (*self.tokenizer.encode(self.write(chat, seed)), self.tokenizer.eos_token_id)
        kept = ids[: sampling.max_tokens]
        reason = "stop" if len(kept) == len(ids) else "length"
        return Completion(text=self.tokenizer.decode(kept), token_ids=kept, finish_reason=reason)

    async def logprobs(self, token_ids: Sequence[int], *, read_cache: bool = True) -> list[float]:
        return [0.0] * (len(token_ids) - 1)

    async def load(self, checkpoint: Checkpoint) -> LoadReport:
        self.policy_id = checkpoint.policy_id
        return LoadReport(policy_id=self.policy_id, seconds=0.0, share=1.0)

    async def close(self) -> None:
        self.policy_id = ""


class RebuildingGenerator:
    """A generator whose engine takes no weights in place, and knows a quarter of them."""

    async def load(self, checkpoint: Checkpoint) -> LoadReport:
        reason = "WeightsError: they differ"
        return LoadReport(policy_id=checkpoint.policy_id, seconds=7.0, rebuilt=reason, share=0.25)

    async def close(self) -> None: ...


def watched(engine: FakeEngine, stall_s: float = 600.0) -> WatchedEngine:
    """As a generator holds it."""
    return WatchedEngine(engine, stall_s, sequences=256)


def accept_all(problem: Problem, program: str, suite: Suite) -> Outcome:
    return Outcome(verdict=Verdict.ACCEPTED)


class FakeSandbox:
    """A judge: `outcome(problem, program, suite)` after `seconds(program)`; remembers every call and its options."""

    def __init__(
        self,
        outcome: Callable[[Problem, str, Suite], Outcome] = accept_all,
        seconds: Callable[[str], float] = lambda program: 0.0,
    ) -> None:
        self.outcome, self.seconds = outcome, seconds
        self.calls: list[tuple[str, str, Suite]] = []
        self.options: list[dict[str, bool]] = []

    async def __call__(self, problem: Problem, program: str, suite: Suite, **options: bool) -> Outcome:
        self.calls.append((problem.problem_id, program, suite))
        self.options.append(options)
        await asyncio.sleep(self.seconds(program))
        return self.outcome(problem, program, suite)


def fake_scorer(score: Callable[[str, str], float]) -> Any:
    """An AsyncScorer from a plain function of (first prompt, response)."""

    async def scores(pairs: Sequence[tuple[str, str]]) -> list[float]:
        return [score(prompt, response) for prompt, response in pairs]

    return scores
