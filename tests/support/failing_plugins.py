"""Selectors and feedback styles with the faults of a first draft, as test_plugin_failures plays them in actors."""

import json
from typing import Any

from actors.prompting.feedback import FeedbackStyle
from actors.search.selector import Selector


def fail(*arguments: object) -> Any:
    return json.loads("{")


def leave(*arguments: object) -> Any:
    raise SystemExit("no scores")


def nothing(*arguments: object) -> Any:
    return None


RANK_FAILS = Selector(rank=fail, label="failing", description="Fails.")
RANK_LEAVES = Selector(rank=leave, label="leaving", description="Ends the process.")
KEY_FAILS = Selector(rank=lambda candidates, seed: list(candidates), rank_key=fail, label="keys", description="Fails.")
TELL_FAILS = FeedbackStyle(tell=fail, description="Fails.")
TELL_NOTHING = FeedbackStyle(tell=nothing, description="Tells nothing.")
