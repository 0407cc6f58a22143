"""The config files that come with mucode: that of the embedded default, and configs/ of the repository.

A wheel carries configs/ inside the package.
"""

from pathlib import Path

EMBEDDED = Path(__file__).parents[1] / "embedded" / "embedded.toml"
"""What a run without a config file is."""
IN_WHEEL = Path(__file__).with_name("shipped")
IN_CHECKOUT = Path(__file__).parents[2] / "configs"


def shipped_configs() -> dict[str, Path]:
    """Name -> file, as in "llama-3.2-1b" -> …/llama-3.2-1b.toml; "embedded" first, the others in the order of names."""
    folder = IN_WHEEL if IN_WHEEL.is_dir() else IN_CHECKOUT
    return {path.stem: path for path in (EMBEDDED, *sorted(folder.glob("*.toml")))}
