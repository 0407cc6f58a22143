"""One conformance test for every engine: what it samples, which weights it has, and what it leaves behind.

The thread engine runs always; AsyncLLM takes three processes and a minute to start on a CPU, so it is `slow`.
"""

import asyncio
import os
import subprocess
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any

import pytest

from actors.inference import weights
from actors.inference.engine import EngineConfig, EngineError, Sampling
from actors.inference.weights import PROBE_TOKENS, WeightProbe, WeightsError, compare_tensors, probe_ids
from actors.storage.checkpoint import Checkpoint, weights_checksum
from tests.ray.tiny_vllm import save_tiny_llama

pytest.importorskip("vllm")

Run = Callable[[Coroutine[Any, Any, Any]], Any]
PROMPTS = [probe_ids(300, 3 + 11 * i) for i in range(12)]
HOT = Sampling(temperature=1.0, max_tokens=24, seed=7)
GREEDY = Sampling(temperature=0.0, max_tokens=16)


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """One event loop for the module: AsyncLLM belongs to the loop that first used it."""
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> list[Checkpoint]:
    folder = tmp_path_factory.mktemp("models")
    paths = [save_tiny_llama(folder / f"seed{seed}", seed, tied=True) for seed in (1, 2)]
    return [Checkpoint(path=path, policy_id=weights_checksum(path)) for path in paths]


@pytest.fixture(scope="module", params=["in_process", pytest.param("async", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest, checkpoints: list[Checkpoint], run: Run) -> Iterator[Any]:
    from actors.inference.open import open_engine

    before = children()
    built = open_engine(EngineConfig(checkpoint=checkpoints[0], kind=request.param, kv_cache_mib=64))
    with pytest.raises(EngineError, match="holds no known checkpoint"):
        run(built.generate([5, 6], GREEDY))
    yield built
    run(built.close())
    with pytest.raises(EngineError, match="holds no known checkpoint"):
        run(built.generate([5, 6], GREEDY))
    deadline = time.monotonic() + 15  # what was killed takes a moment to be gone
    while children() - before and time.monotonic() < deadline:
        time.sleep(0.2)
    assert children() - before == set(), "closing the engine left processes behind"


@pytest.fixture(autouse=True)
def first_policy(engine: Any, checkpoints: list[Checkpoint], run: Run) -> None:
    if engine.policy_id != checkpoints[0].policy_id:
        run(engine.load(checkpoints[0]))


def children() -> set[str]:
    """Descendants of this process that are alive, but for helpers that Python keeps for itself."""
    rows = [line.split(None, 3) for line in _ps()]
    parents = {int(pid): int(parent) for pid, parent, *_ in rows}
    found = set()
    for pid, _, state, command in rows:
        line = int(pid)
        while line in parents and line != os.getpid():
            line = parents[line]
        alive = line == os.getpid() and int(pid) != os.getpid() and not state.startswith("Z")
        if alive and not command.startswith("ps ") and "resource_tracker" not in command:
            found.add(f"{pid} {command}")
    return found


def _ps() -> list[str]:
    listed = subprocess.run(["ps", "-wweo", "pid=,ppid=,stat=,args="], capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def transformers_greedy(path: str, prompt: list[int], tokens: int) -> list[int]:
    """Greedy continuation by full forward passes, ending with the end of turn; no cache to be wrong."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval()
    ids = list(prompt)
    with torch.no_grad():
        while len(ids) < len(prompt) + tokens:
            ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
            if ids[-1] == model.config.eos_token_id:
                break
    return ids[len(prompt) :]


async def each(engine: Any, prompts: list[list[int]], sampling: Sampling) -> list[tuple[int, ...]]:
    """All at once: the engine batches them."""
    found = await asyncio.gather(*(engine.generate(prompt, sampling) for prompt in prompts))
    return [completion.token_ids for completions in found for completion in completions]


def test_greedy_equals_transformers(engine: Any, checkpoints: list[Checkpoint], run: Run) -> None:
    found = run(each(engine, PROMPTS, GREEDY))
    assert [list(ids) for ids in found] == [transformers_greedy(checkpoints[0].path, p, 16) for p in PROMPTS]


def test_seeds_repeat_and_a_batch_equals_one_by_one(engine: Any, run: Run) -> None:
    together = run(each(engine, PROMPTS, HOT))
    alone = [run(each(engine, [prompt], HOT))[0] for prompt in PROMPTS]
    assert together == alone == run(each(engine, PROMPTS, HOT))
    other = run(each(engine, PROMPTS, Sampling(temperature=1.0, max_tokens=24, seed=8)))
    assert all(a != b for a, b in zip(together, other, strict=True))


def test_several_continuations_differ_and_begin_with_the_single_one(engine: Any, run: Run) -> None:
    one = run(engine.generate(PROMPTS[3], HOT))
    four = run(engine.generate(PROMPTS[3], Sampling(n=4, temperature=1.0, max_tokens=24, seed=7)))
    assert len({completion.token_ids for completion in four}) == 4
    assert four[0] == one[0]


def test_an_answer_ends_at_the_end_of_turn_which_is_not_text(engine: Any, run: Run) -> None:
    hot = Sampling(n=32, temperature=1.5, max_tokens=150, seed=3)
    found = run(engine.generate(PROMPTS[1], hot))
    stopped = [completion for completion in found if completion.finish_reason == "stop"]
    assert stopped and all(completion.token_ids[-1] == 2 for completion in stopped)  # 2 is <|end|>
    assert not any("<|end|>" in completion.text for completion in stopped)
    cut = [completion for completion in found if completion.finish_reason == "length"]
    assert len(stopped) + len(cut) == 32 and all(len(completion.token_ids) == 150 for completion in cut)


def test_an_answer_ends_before_a_text_that_stops_it(engine: Any, run: Run) -> None:
    whole = run(engine.generate(PROMPTS[1], GREEDY))[0]
    stop = whole.text[len(whole.text) // 2 :][:3]
    (found,) = run(engine.generate(PROMPTS[1], replace(GREEDY, stops=("never written", stop))))
    assert stop and found.text == whole.text.partition(stop)[0] and found.finish_reason == "stop"


def test_many_prompts_at_once_do_not_break_seeded_sampling(engine: Any, run: Run) -> None:
    """More prompt tokens than one step may prefill: chunked prefills and seeds do not go together on a CPU."""
    prompts = [probe_ids(300, 200 + i) for i in range(60)]
    found = run(each(engine, prompts, Sampling(max_tokens=4, seed=1)))
    assert len(found) == 60 and all(found)


def test_a_load_changes_the_weights_and_their_name(engine: Any, checkpoints: list[Checkpoint], run: Run) -> None:
    second = checkpoints[1]
    before = run(each(engine, PROMPTS, GREEDY))
    report = run(engine.load(second))
    assert engine.policy_id == second.policy_id == report.policy_id
    assert (report.rebuilt, report.share, report.reference) == ("", 1.0, True)
    probe = WeightProbe(second.path, 512)
    found = run(engine.logprobs(probe.ids))
    assert len(probe.expected) == PROBE_TOKENS - 1 == len(found) >= 300
    assert max(abs(a - b) for a, b in zip(found, probe.expected, strict=True)) < 1e-4
    # Again, now with the probe in the prefix cache.
    again = run(engine.logprobs(probe.ids))
    assert max(abs(a - b) for a, b in zip(again, probe.expected, strict=True)) < 1e-4
    after = run(each(engine, PROMPTS, GREEDY))
    assert [list(ids) for ids in after] == [transformers_greedy(second.path, p, 16) for p in PROMPTS]
    assert after != before


def test_a_prefix_cache_that_was_not_reset_is_found(
    engine: Any, checkpoints: list[Checkpoint], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forgets() -> bool:
        return True

    async def same_engine(path: str) -> None:
        pass

    monkeypatch.setattr(engine, "_reset_prefix_cache", forgets)
    monkeypatch.setattr(engine, "_restart", same_engine)
    with pytest.raises(WeightsError, match="log-probabilities of the probe"):
        run(engine.load(checkpoints[1]))
    with pytest.raises(EngineError, match="holds no known checkpoint"):
        run(engine.generate(PROMPTS[0], GREEDY))
    monkeypatch.undo()
    run(engine.load(checkpoints[1]))
    assert engine.policy_id == checkpoints[1].policy_id


def test_a_wrong_checkpoint_under_the_right_label_is_refused(
    engine: Any, checkpoints: list[Checkpoint], run: Run
) -> None:
    first, second = checkpoints
    with pytest.raises(WeightsError, match=f"holds policy {second.policy_id}, not {first.policy_id}"):
        run(engine.load(Checkpoint(path=second.path, policy_id=first.policy_id)))
    assert engine.policy_id == first.policy_id
    found = run(each(engine, PROMPTS[:2], GREEDY))
    assert [list(ids) for ids in found] == [transformers_greedy(first.path, p, 16) for p in PROMPTS[:2]]


def test_wrong_weights_in_the_engine_are_found(engine: Any, checkpoints: list[Checkpoint], run: Run) -> None:
    """The label is right, the files are right, and the engine loaded something else."""
    probe = WeightProbe(checkpoints[1].path, 512)
    with pytest.raises(WeightsError, match="beyond that"):
        run(probe.check(engine))


def test_a_tied_output_that_was_not_packed_again_is_found(engine: Any, checkpoints: list[Checkpoint], run: Run) -> None:
    """vLLM's own reload leaves a tied output's packed copy as it was. By tensors, and by the probe too."""
    second = checkpoints[1].path
    run(engine._on_workers("reloading", "reload_weights", weights_path=second))
    with pytest.raises(WeightsError, match=r"1 parameters differ on rank 0 of 1, among them lm_head.weight: \d+ of"):
        compare_tensors(run(engine._on_workers("comparing", "compare_with_files", path=second)), second)
    assert run(engine._reset_prefix_cache())
    with pytest.raises(WeightsError, match="beyond that"):
        run(WeightProbe(second, 512).check(engine))
    assert run(engine._on_workers("packing", "refresh_packed_weights")) == [1]
    assert run(engine._reset_prefix_cache())
    run(engine._check(second, WeightProbe(second, 512)))
    engine.policy_id = ""  # these weights came without a name


def test_a_model_too_large_for_transformers_is_compared_with_itself(
    engine: Any, checkpoints: list[Checkpoint], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "REFERENCE_BYTES", 1 << 60)
    assert not run(engine.load(checkpoints[1])).reference
    found = run(each(engine, PROMPTS[:2], GREEDY))
    assert [list(ids) for ids in found] == [transformers_greedy(checkpoints[1].path, p, 16) for p in PROMPTS[:2]]
    run(engine._on_workers("reloading", "reload_weights", weights_path=checkpoints[0].path))
    with pytest.raises(WeightsError, match="beyond that"):  # the prefix cache is the other model's
        run(WeightProbe(checkpoints[0].path, 512).check(engine))
    engine.policy_id = ""


def test_after_a_failed_reload_the_engine_is_made_anew(
    engine: Any, checkpoints: list[Checkpoint], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails_half_way(path: str) -> None:
        raise RuntimeError("connection lost")

    monkeypatch.setattr(engine, "_reload", fails_half_way)
    report = run(engine.load(checkpoints[1]))
    assert report.rebuilt == "RuntimeError: connection lost"
    assert engine.policy_id == checkpoints[1].policy_id
    found = run(each(engine, PROMPTS[:2], GREEDY))
    assert [list(ids) for ids in found] == [transformers_greedy(checkpoints[1].path, p, 16) for p in PROMPTS[:2]]


def test_a_cancelled_request_frees_the_engine_for_loading(engine: Any, checkpoints: list[Checkpoint], run: Run) -> None:
    async def main() -> None:
        long = Sampling(max_tokens=400, seed=1)
        task = asyncio.create_task(engine.generate(PROMPTS[0], long))
        other = asyncio.create_task(engine.generate(PROMPTS[1], HOT))
        await asyncio.sleep(0.02)
        with pytest.raises(EngineError, match="requests are in flight"):
            await engine.load(checkpoints[1])
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await other
        await engine.load(checkpoints[1])  # resets the prefix cache, which vLLM refuses while anything runs

    run(main())
    assert engine.policy_id == checkpoints[1].policy_id


def test_a_request_may_leave_the_prefix_cache_alone(engine: Any, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same prompt again: vLLM would take all but its end from the cache."""
    cached, prompt = [], probe_ids(300, 200)
    request = engine._request

    async def watched(*arguments: Any) -> Any:
        output = await request(*arguments)
        cached.append(output.num_cached_tokens)
        return output

    monkeypatch.setattr(engine, "_request", watched)
    for read_cache in (True, True, False):
        run(engine.generate(prompt, Sampling(temperature=0.0, max_tokens=2, read_cache=read_cache)))
    assert cached[1] > 0 and cached[2] == 0


def test_a_prompt_that_is_too_long_harms_nobody_else(engine: Any, run: Run) -> None:
    with pytest.raises(EngineError, match=r"600 tokens leaves no room .* 512 tokens"):
        run(engine.generate(probe_ids(300, 600), HOT))
    assert run(engine.generate(PROMPTS[0], HOT))


def test_busy_seconds_grow_with_work_only(engine: Any, run: Run) -> None:
    before = engine.busy_s
    run(asyncio.sleep(0.05))
    assert engine.busy_s == before
    run(each(engine, PROMPTS, HOT))
    assert engine.busy_s > before


def test_probe_ids_are_fixed() -> None:
    ids = probe_ids(300, PROBE_TOKENS)
    assert len(ids) == 320 and ids == probe_ids(300, PROBE_TOKENS) and max(ids) < 300
    assert len(set(ids)) > 150
