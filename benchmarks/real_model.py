"""What the project costs above vLLM and above plain PyTorch with a real model on a CPU: tokens per second, and memory.

    python benchmarks/real_model.py rollouts --model DIR --dtype bfloat16 --threads 2 --judged --out results
    python benchmarks/real_model.py trainings --model DIR --dtype bfloat16 --threads 2 --out results
    python benchmarks/real_model.py replay --model DIR --dtype bfloat16 --threads 2 --run runs/eval-… --out results
    python benchmarks/real_model.py table --out results

Each call measures one part, in minutes, and writes one JSON file; `table` prints them all. *rollouts*: a generator, and
bare vLLM with the same prompts, settings and answer lengths. *trainings*: the stages, and a bare loop over packed rows.
*replay*: the greedy search of a run of `mucode eval`, and bare vLLM with what it asked. Sides alternate; a figure is
the median of the ratios of neighbours.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.real_rollouts import Asked, Pass, RolloutJob, Side, serve_bare, serve_generator


def measure_rollouts(options: argparse.Namespace) -> dict[str, Any]:
    """Own generator and bare vLLM in turn, each time with another seed."""
    job = rollout_job(options)
    sides = own, bare = Side(serve_generator, job), Side(serve_bare, job)
    for side in sides:
        side.wait()
    rows = []
    for seed in range(options.rounds):
        mine = own.ask(seed)
        theirs = bare.ask(mine.turns)
        rows.append((mine, theirs))
        tell(mine, theirs)
    for side in sides:
        side.close()
    last = rows[-1][0]
    return {
        "own_tokens_s": statistics.median(mine.tokens_s for mine, _ in rows),
        "bare_tokens_s": statistics.median(theirs.tokens_s for _, theirs in rows),
        "ratio": statistics.median(mine.tokens_s / theirs.tokens_s for mine, theirs in rows),
        "ratios": [mine.tokens_s / theirs.tokens_s for mine, theirs in rows],
        "cpu_ratio": statistics.median(theirs.cpu_s / mine.cpu_s for mine, theirs in rows),
        "idle": statistics.median(1 - mine.engine_s / mine.wall_s for mine, _ in rows),
        "requests": [len(turn) for turn in last.turns],
        "tokens": last.tokens,
        "prompt_tokens": last.prompt_tokens,
        "own_peak_mib": last.peak_mib,
        "bare_peak_mib": rows[-1][1].peak_mib,
    }


def tell(mine: Pass, theirs: Pass) -> None:
    """One line of progress."""
    idle, cpu = 1 - mine.engine_s / mine.wall_s, theirs.cpu_s / mine.cpu_s
    print(
        f"{mine.tokens_s:.1f} tokens/s, bare {theirs.tokens_s:.1f}: {mine.tokens_s / theirs.tokens_s:.3f}; by CPU time "
        f"{cpu:.3f}; engine idle {idle:.1%}, requests {[len(turn) for turn in mine.turns]}",
        flush=True,
    )


def rollout_job(options: argparse.Namespace) -> RolloutJob:
    return RolloutJob(
        model=str(options.model),
        dtype=options.dtype,
        threads=options.threads,
        problems=options.problems,
        limit=options.limit,
        samples=options.samples,
        turns=options.turns,
        temperature=0.7,
        max_tokens=options.max_tokens,
        max_context=2048,
        kv_cache_mib=options.kv_cache_mib,
        judged=options.judged,
    )


def measure_trainings(options: argparse.Namespace) -> dict[str, Any]:
    """Stage and bare loop in turn, one after the other in this process."""
    os.environ["OMP_NUM_THREADS"] = str(options.threads)  # before torch is imported
    import torch

    from actors.allocator import keep_memory
    from benchmarks.real_training import RealBench
    from benchmarks.training import compare, print_header

    torch.set_num_threads(options.threads)
    keep_memory()  # as a stage's own process does; bare PyTorch does not by itself
    with tempfile.TemporaryDirectory() as folder:
        bench = RealBench(
            options.model,
            Path(folder),
            dtype=options.dtype,
            threads=options.threads,
            batch=options.batch,
            micro_batch_tokens=options.micro_batch_tokens,
        )
        print_header()
        return {stage: compare(bench, stage, options.rounds) for stage in options.stages.split(",")}


def measure_replay(options: argparse.Namespace) -> dict[str, Any]:
    """Bare vLLM with the prompts and answer lengths of a run's greedy search, a turn at a time; its start apart."""
    stage = options.run / "iter_0000" / "search_greedy"
    manifest = json.loads((stage / "manifest.json").read_text())
    turns = recorded_turns(options.model, sorted(stage.glob("*.parquet")))
    config = json.loads((options.run / "config.json").read_text())
    job = replace(rollout_job(options), judged=False, max_context=config["model"]["max_tokens"])
    started = time.monotonic()
    bare = Side(serve_bare, job)
    bare.wait()
    start_s = time.monotonic() - started
    found = bare.ask(turns)
    bare.close()
    return {
        "own_s": manifest["seconds"],
        "own_engine_s": manifest["facts"].get("engine_busy_s"),
        "bare_start_s": start_s,
        "bare_s": found.wall_s,
        "ratio": manifest["seconds"] / found.wall_s,
        "requests": [len(turn) for turn in turns],
        "tokens": found.tokens,
        "prompt_tokens": found.prompt_tokens,
        "bare_peak_mib": found.peak_mib,
    }


def recorded_turns(model: Path, files: list[Path]) -> tuple[tuple[Asked, ...], ...]:
    """What the episodes in `files` asked their engine, by turn."""
    import pyarrow.parquet as pq
    from transformers import AutoTokenizer

    from actors.prompting.chat_template import prompt_ids
    from actors.search.episode import Episode

    tokenizer = AutoTokenizer.from_pretrained(model)
    turns: list[list[Asked]] = []
    for row in (row for file in files for row in pq.read_table(file).to_pylist()):
        episode = Episode.from_row(row)
        messages = [{"role": "user", "content": episode.prompt}]
        for number, turn in enumerate(episode.turns):
            turns += [[] for _ in range(number + 1 - len(turns))]
            sampling = {"temperature": 0.0, "top_p": 1.0, "seed": turn.seed}
            ids = tuple(prompt_ids(tokenizer, messages))
            turns[number].append(Asked(ids=ids, sampling=sampling, tokens=turn.answer.tokens))
            said = {"role": "assistant", "content": turn.answer.response}
            messages += [said, {"role": "user", "content": turn.feedback}]
    return tuple(map(tuple, turns))


MEASURES = {"rollouts": measure_rollouts, "trainings": measure_trainings, "replay": measure_replay}


def print_table(folder: Path) -> None:
    """All parts in `folder` as Markdown."""
    print("| part | model | dtype | threads | own | bare | ratio | peak MiB |\n|---|---|---|---|---|---|---|---|")
    for file in sorted(folder.glob("*.json")):
        body = json.loads(file.read_text())
        head = f"{body['model']} | {body['dtype']} | {body['threads']}"
        for name, own, bare, ratio, peak in table_rows(body):
            print(f"| {name} | {head} | {own} | {bare} | {ratio:.2f} | {peak} |")


def table_rows(body: dict[str, Any]) -> list[tuple[str, str, str, float, str]]:
    """(part, own, bare, ratio, peak) of one file."""
    found = body["result"]
    if body["part"] == "rollouts":
        name = f"rollouts, {len(found['requests'])} turns" + (", judged" if body["judged"] else "")
        own, bare = f"{found['own_tokens_s']:.0f} tokens/s", f"{found['bare_tokens_s']:.0f}"
        return [(name, own, bare, found["ratio"], f"{found['own_peak_mib']:.0f} ({found['bare_peak_mib']:.0f} bare)")]
    if body["part"] == "replay":
        own, bare = f"{found['own_s']:.0f} s", f"{found['bare_s']:.0f} s"
        return [("greedy search", own, bare, found["ratio"], f"{found['bare_peak_mib']:.0f} bare")]
    return [
        (
            stage,
            f"{one['stage_tokens_s']:.0f} tokens/s",
            f"{one['bare_tokens_s']:.0f}",
            one["ratio"],
            f"{one['peak_mib']:.0f}",
        )
        for stage, one in found.items()
    ]


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("part", choices=[*MEASURES, "table"])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="bfloat16")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, required=True, help="folder of the figures")
    parser.add_argument("--name", default="", help="put behind the file's name")
    for name, value in (("limit", 16), ("samples", 1), ("turns", 1), ("max-tokens", 160), ("kv-cache-mib", 1024)):
        parser.add_argument(f"--{name}", type=int, default=value, help="of rollouts")
    parser.add_argument("--problems", default="humaneval", help="of rollouts")
    parser.add_argument("--judged", action="store_true", help="run answers of rollouts in boxes")
    parser.add_argument("--stages", default="fine_tune,verifier,score", help="of trainings")
    parser.add_argument("--batch", type=int, default=16, help="sequences per step of trainings")
    parser.add_argument("--micro-batch-tokens", type=int, default=1024, help="of trainings")
    parser.add_argument("--run", type=Path, help="of replay: a run directory of mucode eval")
    return parser.parse_args()


def main() -> None:
    options = parse_options()
    if options.part == "table":
        print_table(options.out)
        return
    result = MEASURES[options.part](options)
    kept = ("part", "dtype", "threads", "rounds", "judged", "turns", "limit", "samples", "max_tokens", "batch")
    body = {name: getattr(options, name) for name in kept} | {"model": options.model.name, "result": result}
    options.out.mkdir(parents=True, exist_ok=True)
    name = "-".join(
        [options.part, options.model.name, options.dtype, str(options.threads), *filter(None, [options.name])]
    )
    (options.out / f"{name}.json").write_text(json.dumps(body, indent=1) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
