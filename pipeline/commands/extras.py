"""Which extra of mucode brings a package: a base installation has what the sandbox and the command line need.

A new optional dependency is one row of `EXTRA_OF_MODULE`; a test compares the table with pyproject.toml.
"""

import importlib.util
from collections.abc import Iterable

from sandbox.errors import UserError

EXTRA_OF_MODULE = {
    "pyarrow": "data",
    "ray": "cpu",
    "torch": "cpu",
    "transformers": "cpu",
    "deepspeed": "cpu",
    "peft": "cpu",
    "obstore": "cpu",
    "packaging": "cpu",
    "huggingface_hub": "cpu",
    "markdown_it": "cpu",
    "safetensors": "cpu",
    "scipy": "cpu",
    "starlette": "cpu",
    "tokenizers": "cpu",
    "uvicorn": "cpu",
    "vllm": "cpu",
    "tensorboard": "tensorboard",
    "wandb": "wandb",
    "mlflow": "mlflow",
    "gguf": "gguf",
    "accelerate": "gguf",
}
"""Module -> the extra to add. `gpu` brings whatever `cpu` does, for NVIDIA GPUs."""

TRAINING_MODULES = ("pyarrow", "ray", "torch", "transformers", "deepspeed", "peft", "vllm")
"""What `mucode run`, `eval`, `resume` and `study` import sooner or later."""


class MissingExtra(UserError, ModuleNotFoundError):
    """A command needs packages that a base installation leaves out; the message names the extra that brings them."""


def require_modules(names: Iterable[str]) -> None:
    """Raise MissingExtra if one of the modules is not installed. Nothing is imported."""
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if missing:
        raise _missing_extra(missing)


def explain_missing_module(error: ModuleNotFoundError) -> MissingExtra | None:
    """What to tell a person about a failed import; None if no extra brings that module."""
    module = (error.name or "").partition(".")[0]
    return _missing_extra([module]) if module in EXTRA_OF_MODULE else None


def _missing_extra(missing: list[str]) -> MissingExtra:
    extras = sorted({EXTRA_OF_MODULE[name] for name in missing})
    extra = "cpu" if "cpu" in extras else extras[0]
    choice = "`cpu` (`gpu` for NVIDIA GPUs)" if extra == "cpu" else f"`{extra}`"
    return MissingExtra(
        f"this command needs {', '.join(missing)}, which is not installed: add the extra {choice} with "
        f"`make setup` in a checkout, or with pip install 'mucode[{extra}]'"
    )
