"""One small module per language. What differs between languages lives there and nowhere else."""

from sandbox.languages import javascript, python
from sandbox.languages.language import Call, Language

__all__ = ["LANGUAGES", "Call", "Language", "get"]

LANGUAGES: dict[str, Language] = {language.name: language for language in (python.LANGUAGE, javascript.LANGUAGE)}


def get(name: str) -> Language:
    """A language by its name. Raises ValueError for one that no box can run."""
    if name not in LANGUAGES:
        raise ValueError(f"no box runs {name!r}; languages: {', '.join(LANGUAGES)}")
    return LANGUAGES[name]
