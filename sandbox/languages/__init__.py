"""One small module per language. What differs between languages lives there and nowhere else."""

from types import ModuleType

from sandbox.languages import python

LANGUAGES: dict[str, ModuleType] = {"python": python}


def get(name: str) -> ModuleType:
    """The module of a language. Raises ValueError for one that no box can run."""
    if name not in LANGUAGES:
        raise ValueError(f"no box runs {name!r}; languages: {', '.join(LANGUAGES)}")
    return LANGUAGES[name]
