"""The two sides of a measurement of rollouts: a generator of this project, and bare vLLM with the same prompts.

Each side is a process of its own with one engine; only one of them works at a time. The generator goes first and
records what it asked its engine; bare vLLM then answers the same token ids with the same settings, in answers of the
same lengths, a whole turn per call of `LLM.generate`.
"""

import asyncio
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from typing import Any

ANSWER_DEADLINE_S = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutJob:
    """What both sides are built from."""

    model: str
    dtype: str
    threads: int
    problems: str
    limit: int
    samples: int
    turns: int
    temperature: float
    max_tokens: int
    max_context: int
    kv_cache_mib: int
    judged: bool
    """Whether answers run in boxes; otherwise every answer is called wrong at once."""
    compiled: bool = False
    """Whether bare vLLM may compile the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request to an engine. `tokens`: of its answer."""

    ids: tuple[int, ...]
    sampling: dict[str, Any]
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """All rollouts once.

    `turns[t]`: what was asked in turn t. `engine_s`: seconds in which the engine had work. `cpu_s`: of all threads.
    """

    wall_s: float
    cpu_s: float
    tokens: int
    prompt_tokens: int
    peak_mib: float
    engine_s: float = 0.0
    turns: tuple[tuple[Asked, ...], ...] = ()

    @property
    def tokens_s(self) -> float:
        return self.tokens / self.wall_s


def peak_mib() -> float:
    """Most memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class Side:
    """A process that does `function(connection, job)`: it says "ready", then answers each message with a Pass."""

    def __init__(self, function: Callable[[Connection, RolloutJob], None], job: RolloutJob) -> None:
        os.environ["OMP_NUM_THREADS"] = str(job.threads)  # read when the process imports torch
        context = multiprocessing.get_context("spawn")
        self.connection, there = context.Pipe()
        self.process = context.Process(target=function, args=(there, job), daemon=False)
        self.process.start()
        there.close()

    def wait(self) -> None:
        """Until its engine is there."""
        assert self.answer() == "ready"

    def answer(self) -> Any:
        if not self.connection.poll(ANSWER_DEADLINE_S):
            raise TimeoutError(f"no answer within {ANSWER_DEADLINE_S:g} s")
        return self.connection.recv()

    def ask(self, message: Any) -> Any:
        self.connection.send(message)
        return self.answer()

    def close(self) -> None:
        self.connection.send(None)
        self.process.join(60)


def serve_generator(connection: Connection, job: RolloutJob) -> None:
    """Plays all problems with a new seed of samples, as the message says."""
    asyncio.run(_serve_generator(connection, job))


async def _serve_generator(connection: Connection, job: RolloutJob) -> None:
    import tempfile

    from transformers import AutoTokenizer

    from actors.generator import Generator
    from actors.inference.engine import Completion, EngineConfig, Sampling
    from actors.inference.vllm_in_process import ThreadEngine
    from actors.search.plan import SearchPlan, Shard
    from pipeline.state.models import resolve_model
    from sandbox.problems.load import load_problems

    class Recorded(ThreadEngine):
        asked: list[Asked]

        async def generate(self, prompt_ids: Sequence[int], sampling: Sampling) -> list[Completion]:
            found = await super().generate(prompt_ids, sampling)
            (one,) = found
            self.asked.append(Asked(ids=tuple(prompt_ids), sampling=asdict(sampling), tokens=len(one.token_ids)))
            return found

    checkpoint = resolve_model(job.model)
    config = EngineConfig(
        checkpoint=checkpoint,
        dtype=job.dtype,  # type: ignore[arg-type]
        max_context=job.max_context,
        kv_cache_mib=job.kv_cache_mib,
        threads=job.threads,
    )
    engine = Recorded(config)
    engine.asked = []
    executor, judge = await _judge(job)
    tokenizer = AutoTokenizer.from_pretrained(checkpoint.path)
    generator = Generator(
        engine, tokenizer, judge, max_context=job.max_context, stall_s=ANSWER_DEADLINE_S, episodes_in_flight=256
    )
    await generator.load(checkpoint)
    problems = tuple(load_problems(job.problems)[: job.limit])
    shard = Shard(part=0, problems=problems, samples=range(job.samples))
    connection.send("ready")
    while (seed := await asyncio.to_thread(connection.recv)) is not None:
        plan = SearchPlan(
            turns=job.turns, temperature=job.temperature, max_tokens=job.max_tokens, seed=seed, style="instruct"
        )
        await engine._reset_prefix_cache()
        engine.asked, busy = [], engine.busy_s
        started, cpu = time.monotonic(), time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            await generator.play(shard, [plan], checkpoint.policy_id, folder, 0)
        spent = time.monotonic() - started, time.process_time() - cpu
        connection.send(_pass(engine.asked, *spent, engine.busy_s - busy, _by_turn(engine.asked)))
    await generator.close()
    if executor is not None:
        await executor.close()


async def _judge(job: RolloutJob) -> tuple[Any, Any]:
    from actors.executor.client import JudgeClient
    from actors.executor.executor import Executor, ExecutorConfig
    from sandbox.verdict import Outcome, Verdict

    if job.judged:
        executor = Executor(ExecutorConfig())
        return executor, JudgeClient([executor.judge])

    async def call_wrong(*question: Any, **options: bool) -> Outcome:
        return Outcome(verdict=Verdict.WRONG_ANSWER, message="not judged")

    return None, call_wrong


def _by_turn(asked: Sequence[Asked]) -> tuple[tuple[Asked, ...], ...]:
    """Requests of a chat with as many prompts before it belong to one turn; a prompt begins with an earlier one."""
    turns: list[list[Asked]] = []
    seen: dict[tuple[int, ...], int] = {}
    for one in sorted(asked, key=lambda one: len(one.ids)):
        before = [turn for ids, turn in seen.items() if len(ids) < len(one.ids) and one.ids[: len(ids)] == ids]
        turn = 1 + max(before, default=-1)
        seen[one.ids] = turn
        turns += [[] for _ in range(turn + 1 - len(turns))]
        turns[turn].append(one)
    return tuple(map(tuple, turns))


def _pass(
    asked: Sequence[Asked], wall: float, cpu: float, engine_s: float, turns: tuple[tuple[Asked, ...], ...]
) -> Pass:
    return Pass(
        wall_s=wall,
        cpu_s=cpu,
        tokens=sum(one.tokens for one in asked),
        prompt_tokens=sum(len(one.ids) for one in asked),
        engine_s=engine_s,
        peak_mib=peak_mib(),
        turns=turns,
    )


def serve_bare(connection: Connection, job: RolloutJob) -> None:
    """Answers the turns of a message, one call of `LLM.generate` each."""
    os.environ["VLLM_LOGGING_LEVEL"] = "ERROR"
    if not job.compiled:
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
        os.environ["TORCHDYNAMO_DISABLE"] = "1"
    from vllm import LLM, SamplingParams
    from vllm.inputs import TokensPrompt

    model = LLM(
        model=job.model,
        dtype=job.dtype,  # type: ignore[arg-type]
        max_model_len=job.max_context,
        kv_cache_memory_bytes=job.kv_cache_mib << 20,
        enforce_eager=not job.compiled,
        enable_chunked_prefill=False,
        max_num_batched_tokens=max(8192, job.max_context),
        max_num_seqs=256,
        seed=0,
    )
    connection.send("ready")
    while (turns := connection.recv()) is not None:
        model.reset_prefix_cache()
        wall = cpu = 0.0
        for asked in turns:
            prompts = [TokensPrompt(prompt_token_ids=list(one.ids)) for one in asked]
            params = [
                SamplingParams(
                    temperature=one.sampling["temperature"],
                    top_p=one.sampling["top_p"],
                    seed=one.sampling["seed"],
                    max_tokens=one.tokens,
                    ignore_eos=True,
                )
                for one in asked
            ]
            started, before = time.monotonic(), time.process_time()
            found = model.generate(prompts, params, use_tqdm=False)
            wall, cpu = wall + time.monotonic() - started, cpu + time.process_time() - before
            assert [len(one.outputs[0].token_ids) for one in found] == [one.tokens for one in asked]
            print(f"bare: {len(asked)} answers, {time.monotonic() - started:.1f} s", file=sys.stderr, flush=True)
        connection.send(_pass([one for asked in turns for one in asked], wall, cpu, wall, ()))
    del model
