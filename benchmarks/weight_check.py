"""Seconds and memory of a load and of each part of its check, for one model on this machine.

    python benchmarks/weight_check.py DIR --dtype bfloat16

The engine is built on the model, loads it (a check alone), then reloads it in place, and is built again. Memory is what
this process holds for itself beyond what it held before the part began, sampled 50 times a second; mapped files do not
count, since the kernel takes them back.
"""

import argparse
import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def anonymous_mib() -> float:
    rows = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    return next(int(row[1]) for row in rows if row[0] == "RssAnon:") / 1024


async def measured(what: str, work: Callable[[], Any]) -> None:
    """Await `work()`, and print its seconds and its peak of memory."""
    base, ended = anonymous_mib(), threading.Event()
    peaks = [base]

    def watch() -> None:
        while not ended.wait(0.02):
            peaks.append(anonymous_mib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    began = time.monotonic()
    try:
        found = await work()
    finally:
        seconds = time.monotonic() - began
        ended.set()
        watcher.join()
    print(f"{what:24} {seconds:7.1f} s {max(peaks) - base:8.0f} MiB  {found if found is not None else ''}", flush=True)


async def measure(path: str, dtype: Any) -> None:
    from actors.inference.engine import EngineConfig
    from actors.inference.vllm_in_process import ThreadEngine
    from actors.inference.weights import WeightProbe, local_copy
    from actors.storage.checkpoint import Checkpoint, weights_checksum

    model = Checkpoint(path=path, policy_id=weights_checksum(path))
    began = time.monotonic()
    engine = ThreadEngine(EngineConfig(checkpoint=model, dtype=dtype, kv_cache_mib=128, start_deadline_s=1800))
    print(f"{'build, with imports':24} {time.monotonic() - began:7.1f} s {anonymous_mib():8.0f} MiB in all", flush=True)

    async def reference() -> str:
        probe = await asyncio.to_thread(WeightProbe, path, 512, dtype)
        return f"{probe.tolerance}" + ("" if probe.expected else ", too large for transformers here")

    async def compare() -> str:
        (rank,) = await engine._on_workers("", "compare_with_files", path=path)
        share, millions = rank["elements"] / rank["all_elements"], rank["all_elements"] / 1e6
        return f"{rank['count']} differ; {share:.1%} of {millions:.0f} M parameters"

    await measured("load, a check alone", lambda: engine.load(model))
    await measured("checksum of the files", lambda: asyncio.to_thread(local_copy, model))
    await measured("reference", reference)
    await measured("tensors", compare)
    await measured("reload in place", lambda: engine._reload(path))
    await measured("build again", lambda: engine._restart(path))
    await engine.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a Hugging Face directory")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="bfloat16")
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.model, arguments.dtype))


if __name__ == "__main__":
    main()
