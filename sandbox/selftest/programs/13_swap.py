# limit: swap
# tried: if swap is on: reads how much of it the box may use
# runtimes: runc
# advice: boot with swapaccount=1, or turn swap off (`swapoff -a`)
from pathlib import Path


def f():
    if len(Path("/proc/swaps").read_text().splitlines()) < 2:
        return []
    for name in ("memory.swap.max", "memory/memory.memsw.limit_in_bytes"):
        file = Path("/sys/fs/cgroup") / name
        if not file.exists():
            continue
        text = file.read_text().strip()
        return [f"{name} {text}"] if text == "max" or int(text) > 1 << 30 else []
    return ["swap is on and its use is not limited"]
