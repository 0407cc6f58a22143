"""`render_example` in a process of its own, with limits: a chat template is somebody else's program."""

import importlib
import importlib.util
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

from pipeline.model_files.chat import ChatExample, render_example
from pipeline.model_files.json_object import ModelFilesError
from sandbox.json_text import read_json

CPU_S, MEMORY = 5, 2 << 30
"""Of a chat of four messages, beside what the libraries take: it is milliseconds, and nothing."""
DEADLINE_S = 300.0
"""For all of it, on a machine that is busy."""
SHOWN = 200
"""Characters of an error."""
IMPORTED = "transformers", "tokenizers", "jinja2"


def limited_example(directory: Path) -> ChatExample | None:
    """As `render_example`; also raises ModelFilesError for what never ends, or fills the memory."""
    if importlib.util.find_spec("transformers") is None or not (directory / "tokenizer.json").is_file():
        return None
    paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    command = [sys.executable, "-P", "-m", __name__, str(directory)]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": paths, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            timeout=DEADLINE_S,
        )
    except subprocess.TimeoutExpired:
        raise ModelFilesError(f"{directory}: {_unending('gave no text')}") from None
    try:
        found = read_json(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        raise ModelFilesError(f"{directory}: {_ended(done.returncode, done.stderr)}") from None
    if "error" in found:
        raise ModelFilesError(found["error"])
    return ChatExample(**found["example"]) if found["example"] else None


def _ended(status: int, errors: str) -> str:
    """What became of a process that said nothing."""
    if status == -signal.SIGXCPU:
        return _unending("took all of its time")
    if status < 0:
        return (
            f"the process that tried its tokenizer and chat template was killed by signal {-status}, as kernels do "
            "where memory runs out; a machine, or a container, with more may be needed"
        )
    return _unending(f"failed ({' '.join(errors.split())[-SHOWN:]})")


def _unending(said: str) -> str:
    return (
        f"its chat template, or its tokenizer, {said} with a chat of four messages (limits: {CPU_S} s, "
        f"{MEMORY >> 30} GiB); take the files that came with these weights"
    )


def _limit() -> None:
    """From now on; the libraries are imported, and may have taken what they need."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = round(used.ru_utime + used.ru_stime) + CPU_S
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    pages = Path("/proc/self/statm")
    if pages.is_file():
        now = int(pages.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))


def main(directory: Path) -> None:
    """Prints one line of JSON."""
    for name in IMPORTED:
        importlib.import_module(name)
    from transformers import PreTrainedTokenizerFast  # noqa: F401

    _limit()
    found: dict[str, object]
    try:
        example = render_example(directory)
        found = {"example": example and {"prompt": example.prompt, "target": example.target}}
    except ModelFilesError as error:
        found = {"error": str(error)}
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
