"""The config files that come with mucode: configs/ of the repository, which a wheel carries inside the package."""

from pathlib import Path

IN_WHEEL = Path(__file__).with_name("shipped")
IN_CHECKOUT = Path(__file__).parents[2] / "configs"


def shipped_configs() -> dict[str, Path]:
    """Name -> file, as in "llama-3.2-1b" -> …/llama-3.2-1b.toml, in the order of the names."""
    folder = IN_WHEEL if IN_WHEEL.is_dir() else IN_CHECKOUT
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}
