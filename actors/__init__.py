"""Sampling, judging and scoring, as parts that run in any process and as Ray actors.

A generator plays episodes (`search`) with an engine (`inference`), programs are judged by executors (`executor`), and
answers are ranked by scorers (`scorers`). Imports the sandbox, never the pipeline. The names below are the public
face; they are imported when they are first used.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actors.prompting.feedback import FEEDBACK_STYLES, FeedbackStyle
    from actors.prompting.prompts import PROMPT_FORMATS, PromptFormat
    from actors.scorers.scorer import Scorer, ScorerKind
    from actors.scorers.table import SCORERS
    from actors.search.episode import Answer, Episode, Turn
    from actors.search.plan import SearchPlan
    from actors.search.selector import Candidate, LabelledCandidate, Selector
    from actors.search.selectors import SELECTORS
    from actors.storage.checkpoint import Checkpoint
    from actors.storage.run_storage import RunStorage, open_storage

_HOMES = {
    "actors.prompting.feedback": ("FEEDBACK_STYLES", "FeedbackStyle"),
    "actors.prompting.prompts": ("PROMPT_FORMATS", "PromptFormat"),
    "actors.scorers.scorer": ("Scorer", "ScorerKind"),
    "actors.scorers.table": ("SCORERS",),
    "actors.search.episode": ("Answer", "Episode", "Turn"),
    "actors.search.plan": ("SearchPlan",),
    "actors.search.selector": ("Candidate", "LabelledCandidate", "Selector"),
    "actors.search.selectors": ("SELECTORS",),
    "actors.storage.checkpoint": ("Checkpoint",),
    "actors.storage.run_storage": ("RunStorage", "open_storage"),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "FEEDBACK_STYLES",
    "PROMPT_FORMATS",
    "SCORERS",
    "SELECTORS",
    "Answer",
    "Candidate",
    "Checkpoint",
    "Episode",
    "FeedbackStyle",
    "LabelledCandidate",
    "PromptFormat",
    "RunStorage",
    "Scorer",
    "ScorerKind",
    "SearchPlan",
    "Selector",
    "Turn",
    "open_storage",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module 'actors' has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
