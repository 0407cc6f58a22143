"""JSON that somebody else wrote."""

import json
from typing import Any


def read_json(text: str | bytes) -> Any:
    """What the text says. Raises ValueError for all that is wrong with it, what is nested too deep included."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
