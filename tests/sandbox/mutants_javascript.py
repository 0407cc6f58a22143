"""JavaScript programs that differ from a reference solution in one token, by operator."""

import random
import re

SKIPPED = r"//[^\n]*|/\*.*?\*/|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`"
SWAPS = {
    "comparison": {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "===": "!==", "!==": "===", "==": "!=", "!=": "=="},
    "arithmetic": {"+": "-", "-": "+", "*": "+", "/": "*", "%": "*", "+=": "-=", "-=": "+="},
    "boolean": {"&&": "||", "||": "&&", "true": "false", "false": "true"},
}
TOKEN = re.compile(
    rf"({SKIPPED})|(\b\d+\b|[!=]==?|[<>]=?|[+-]=|\+\+|--|=>|&&|\|\||\b(?:true|false)\b|[-+*/%])", re.DOTALL
)


def javascript_mutants(source: str, rng: random.Random, most: int) -> list[tuple[str, str]]:
    """At most `most` (operator, program)."""
    found = []
    for match in TOKEN.finditer(source):
        token = match[2]
        if token is None:
            continue
        if token.isdigit():
            found.append(("constant", match, str(int(token) + 1)))
        for operator, swaps in SWAPS.items():
            if token in swaps:
                found.append((operator, match, swaps[token]))
    chosen = rng.sample(found, min(most, len(found)))
    return [(name, source[: match.start()] + new + source[match.end() :]) for name, match, new in chosen]
