"""vLLM's own OpenAI-compatible server on a model, as one command line."""

import importlib.metadata
import os
import shlex
import sys
from pathlib import Path
from typing import NoReturn

from actors.inference.adapter import base_directory, find_adapter
from actors.storage.checkpoint import fetch_checkpoint
from pipeline.errors import ConfigError
from pipeline.export.chat_facts import read_chat_facts
from pipeline.serving.gate import KEY_VARIABLE
from pipeline.serving.models import FoundModel

THEIR_KEY_VARIABLE = "VLLM_API_KEY"
RANKS_OF_VLLM = (8, 16, 32, 64, 128, 256, 320, 512)


def vllm_command(model: FoundModel, host: str, port: int) -> list[str]:
    """The words of a `vllm serve …`. The key is not among them: others of the machine see command lines."""
    found = fetch_checkpoint(model.checkpoint.path)
    directory, adapter = base_directory(found), find_adapter(found)
    name = model.name if adapter is None else f"{model.name}-base"
    words = [*_server(directory), "--host", host, "--port", str(port), "--served-model-name", name]
    if adapter is not None:
        words += ["--enable-lora", "--max-lora-rank", str(_rank_of_vllm(adapter.rank))]
        words += ["--lora-modules", f"{model.name}={found}"]
    if model.run is not None and model.run.model.max_tokens:
        words += ["--max-model-len", str(model.run.model.max_tokens)]
    return words + shlex.split(read_chat_facts(Path(directory)).server_option)


def _rank_of_vllm(rank: int) -> int:
    """The least of those that vLLM knows."""
    found = next((known for known in RANKS_OF_VLLM if known >= rank), None)
    if found is None:
        raise ConfigError(
            f"an adapter of rank {rank} is more than vLLM's server takes, which is {RANKS_OF_VLLM[-1]}: serve what "
            "`mucode export` writes, or give --best-of"
        )
    return found


def _server(directory: str) -> list[str]:
    """vLLM's command `vllm` asks for the version of the distribution `vllm`, which its build for CPU does not have."""
    try:
        importlib.metadata.version("vllm")
    except importlib.metadata.PackageNotFoundError:
        return [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", directory]
    return ["vllm", "serve", directory]


def command_line(words: list[str], key: str) -> str:
    """For a shell."""
    given = f'{THEIR_KEY_VARIABLE}="${KEY_VARIABLE}" ' if key else ""
    return given + shlex.join(words)


def become(words: list[str], key: str) -> NoReturn:
    """Replace this process by vLLM's server."""
    own = Path(sys.executable).parent / words[0]  # `vllm` of this environment; Python's own path is whole already
    environment = {**os.environ, **({THEIR_KEY_VARIABLE: key} if key else {})}
    sys.stdout.flush()
    os.execvpe(str(own) if own.exists() else words[0], words, environment)
