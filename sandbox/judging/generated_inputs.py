"""Extra inputs without known answers, made from the public tests alone.

Two programs that pass the public tests but differ on such inputs do not do the same thing; a search may group its
candidates by them. Inputs are mutated as AlphaCode mutated tests (Li et al. 2022, section 3.2.1): numbers move a
little, items and characters are dropped, doubled, swapped or changed. Nothing here reads a private test.
"""

import ast
import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sandbox.languages import python
from sandbox.problem import FunctionTest, Limits, Problem, StdioTest

MOST_INPUTS = 16
ATTEMPTS = 20 * MOST_INPUTS
CPU_LIMIT_S = 2.0
"""For all calls together: a mutated input may be expensive, and an endless loop says enough after this."""


def input_limits(given: Limits) -> Limits:
    """The problem's own, with less time."""
    cpu_s = min(CPU_LIMIT_S, given.cpu_limit_s)
    wall_s, plain = min(10 * cpu_s, given.wall_limit_s), Limits().values_mib
    return replace(given, cpu_limit_s=cpu_s, wall_limit_s=wall_s, values_mib=plain)


def generated_calls(problem: Problem) -> list[str]:
    """At most MOST_INPUTS distinct calls of the tested function, none of them a public test's own.

    Empty if the public tests show no call with literal arguments, or are not Python.
    """
    sources = [test.source for test in problem.public_tests if isinstance(test, FunctionTest)]
    if problem.language != "python" or not sources:
        return []
    name = problem.entry_point or python.tested_name(sources)
    known = [call for source in sources for call in _literal_calls(source, {name, "candidate"})]
    if name is None or not any(arguments for arguments in known):
        return []
    draw = random.Random("\n".join(sources))
    return _distinct(lambda: _call(name, _varied(known, draw)), {_call(name, call) for call in known})


def generated_stdin(problem: Problem) -> list[str]:
    """At most MOST_INPUTS distinct standard inputs, none of them a public test's own."""
    known = [test.input for test in problem.public_tests if isinstance(test, StdioTest)]
    if not known:
        return []
    draw = random.Random("\n".join(known))
    return _distinct(lambda: _mutated_text(draw.choice(known), draw), set(known))


def _distinct(make: Callable[[], str], known: set[str]) -> list[str]:
    found: dict[str, None] = {}
    for _ in range(ATTEMPTS):
        made = make()
        if made not in known:
            found[made] = None
        if len(found) == MOST_INPUTS:
            break
    return list(found)


# ---- calls ----------------------------------------------------------------------------------------------------------


def _literal_calls(source: str, names: set[str | None]) -> list[list[Any]]:
    """Positional arguments of every call of one of `names` whose arguments are literals."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            try:
                values = [ast.literal_eval(argument) for argument in node.args]
            except (ValueError, TypeError, RecursionError):
                continue
            if not node.keywords:
                found.append(values)
    return found


def _call(name: str, arguments: list[Any]) -> str:
    return f"{name}({', '.join(map(repr, arguments))})"


def _varied(known: list[list[Any]], draw: random.Random) -> list[Any]:
    """One test's arguments, each perhaps from another test, one or two of them mutated."""
    arguments = list(draw.choice(known))
    others = [call for call in known if len(call) == len(arguments)]
    for place in range(len(arguments)):
        if draw.random() < 0.25:
            arguments[place] = draw.choice(others)[place]
    for place in draw.sample(range(len(arguments)), min(len(arguments), draw.choice((1, 1, 2)))):
        arguments[place] = mutate_value(arguments[place], draw)
    return arguments


def mutate_value(value: Any, draw: random.Random) -> Any:
    """A value of the same type, changed a little; one that cannot be changed as it is."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        near = (value + 1, value - 1, value + draw.randint(2, 5), value - draw.randint(2, 5))
        return draw.choice((*near, 2 * value, value // 2, abs(value), 0, 1))
    if isinstance(value, float):
        return draw.choice((value + 1, value - 1, 2 * value, value / 2, abs(value), float(round(value))))
    if isinstance(value, str):
        return "".join(_mutated_items(list(value), draw, lambda char: _mutated_character(char, value, draw)))
    if isinstance(value, list):
        return _mutated_items(value, draw, lambda item: mutate_value(item, draw))
    if isinstance(value, tuple):  # often a record: its length stays
        place = draw.randrange(len(value)) if value else 0
        return tuple(mutate_value(item, draw) if n == place else item for n, item in enumerate(value))
    if isinstance(value, set | frozenset):
        return type(value)(_mutated_items(sorted(value, key=repr), draw, lambda item: mutate_value(item, draw)))
    if isinstance(value, dict) and value:
        key = draw.choice(list(value))
        return {**value, key: mutate_value(value[key], draw)}
    return value


def _mutated_items(items: list[Any], draw: random.Random, change: Callable[[Any], Any]) -> list[Any]:
    if not items:
        return items
    items, place = list(items), draw.randrange(len(items))
    kind = draw.choice(("change", "change", "drop", "double", "swap", "shuffle"))
    if kind == "drop":
        del items[place]
    elif kind == "double":
        items.insert(draw.randrange(len(items) + 1), items[place])
    elif kind == "swap":
        other = draw.randrange(len(items))
        items[place], items[other] = items[other], items[place]
    elif kind == "shuffle":
        draw.shuffle(items)
    else:
        items[place] = change(items[place])
    return items


def _mutated_character(char: str, text: str, draw: random.Random) -> str:
    """Another one of the text, or the other case, or the next of its kind."""
    following = chr(ord(char) + 1) if char.isalnum() and chr(ord(char) + 1).isalnum() else char
    return draw.choice((draw.choice(text), char.swapcase(), following))


# ---- standard input -------------------------------------------------------------------------------------------------


def _mutated_text(text: str, draw: random.Random) -> str:
    """One line changed: a number moved, a word's characters, or the order of its tokens; rarely the first of several.

    The first line often says how much follows; if it lies, most programs fail alike and nothing is learnt.
    """
    lines = text.split("\n")
    filled = [number for number, line in enumerate(lines) if line.strip()]
    if not filled:
        return text
    number = draw.choice(filled[1:] if len(filled) > 1 and draw.random() < 0.9 else filled)
    tokens = re.split(r"(\s+)", lines[number])
    words = [place for place, token in enumerate(tokens) if token.strip()]
    place = draw.choice(words)
    if len(words) > 1 and draw.random() < 0.3:
        other = draw.choice(words)
        tokens[place], tokens[other] = tokens[other], tokens[place]
    elif re.fullmatch(r"-?\d+", tokens[place]):
        tokens[place] = str(mutate_value(int(tokens[place]), draw))
    else:
        letters = list(tokens[place])
        spot = draw.randrange(len(letters))
        letters[spot] = _mutated_character(letters[spot], tokens[place], draw)
        tokens[place] = "".join(letters)
    lines[number] = "".join(tokens)
    return "\n".join(lines)
