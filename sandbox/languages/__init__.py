"""Programming languages: what differs between them is a row here and nowhere else.

May import the protocol, rendering and the records below. One language is one file with a `Language`, listed in `ROWS`;
another package brings one through the entry-point group `mucode.languages`, or problems name it by its import path,
`package.module:NAME`. The fields are described in `language.py`, an example stands in sandbox/README.md.
"""

from sandbox.languages import cpp, javascript, python
from sandbox.languages.language import Call, JudgeBox, Language
from sandbox.registry import Registry

__all__ = ["LANGUAGES", "Call", "JudgeBox", "Language", "get_language"]

ROWS = (python.LANGUAGE, javascript.LANGUAGE, cpp.LANGUAGE)
LANGUAGES: Registry[Language] = Registry("language", Language, {row.name: row for row in ROWS})


def get_language(name: str) -> Language:
    """A language by its name or import path. Raises RegistryError for one that no box can run."""
    return LANGUAGES[name]
