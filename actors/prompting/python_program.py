"""Which of an answer's texts is its Python program: one that defines what is tested, or reads standard input, before
tests, outlines and output."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from actors.prompting.code_blocks import CodeBlock, indented_blocks
from actors.prompting.loose_code import loosely_fenced, oddly_fenced, typed_in, unfenced
from actors.prompting.python_text import (
    MENTIONS,
    NOTHING,
    READERS,
    SOLVES_DEEPER,
    given_names,
    lacking_names,
    parse,
    standing,
)

_FIRST_LINE = re.compile(
    r"\s*+(?:(?:`{3,}|~{3,})?[ \t]*(?:python|py)?3?:?|\[(?:begin|python)\])[ \t]*\n", re.IGNORECASE
)
"""A tag below its fence, the fence of a block within a block, or a mark that a prompt's examples had."""
_MAGIC = re.compile(r"^[!%].*\n?", re.MULTILINE)
"""Commands of notebooks."""
_LAST_TOKEN = re.compile(r"(?<!\s)\s*(<\|\w+\|>|</s>)\s*\Z")
_LAST_MARK = re.compile(r"\n\[DONE\]\s*\Z")
"""It parses, as a list."""
MOST_HELPERS = 20
"""Blocks that are put before a program that lacks what they define."""


@dataclass(frozen=True)
class Wanted:
    """What the program is to do: define a tested name, None if that is not known; or read standard input."""

    name: str | None
    reads_input: bool

    def standing(self, code: str) -> int | None:
        """As python_text says it; None if the text does not parse."""
        tree = parse(code)
        if tree is None:
            return None
        found = standing(tree, self.name)
        return found if self.name is not None or self.reads_input else min(found, MENTIONS)

    def may_stand_in(self, code: str) -> bool:
        """By its words, before it is parsed: there may be hundreds of texts."""
        words = READERS | {"open", "read"} if self.name is None else {self.name}
        return any(re.search(rf"\b{re.escape(word)}\b", code) for word in words)

    def defined_in(self, code: str) -> bool:
        """By its words, of a text that does not parse."""
        if self.name is None:
            return False
        return re.search(rf"^[ \t]*(async )?(def|class) +{re.escape(self.name)}\b", code, re.MULTILINE) is not None


@dataclass(frozen=True)
class Candidate:
    """A text of the answer that may be its program."""

    code: str
    wanted: Wanted

    @cached_property
    def standing(self) -> int | None:
        return self.wanted.standing(self.code)

    @cached_property
    def given(self) -> set[str]:
        """Names that it defines for a program that lacks them; none if it is such a program itself."""
        tree = parse(self.code)
        return given_names(tree) if tree is not None and (self.standing or NOTHING) < SOLVES_DEEPER else set()


def python_program(answer: str, tagged: Sequence[str], blocks: Sequence[CodeBlock], wanted: Wanted) -> str | None:
    """`tagged`: those of the blocks that are called Python, or nothing; `blocks`: all. None if there is no program."""
    whole = cleaned(answer.strip())
    if (wanted.name or wanted.reads_input) and (wanted.standing(whole) or NOTHING) >= MENTIONS:
        return whole
    programs = [Candidate(cleaned(code), wanted) for code in trimmed(tagged)]
    if best := _best(programs, SOLVES_DEEPER):
        return _completed(best, programs)
    if found := _loose(answer, blocks, wanted, SOLVES_DEEPER):
        return found
    if broken := [one.code for one in programs if one.standing is None and wanted.defined_in(one.code)]:
        return broken[-1]
    if best := _best(programs, MENTIONS):
        return best.code
    found = _loose(answer, blocks, wanted, MENTIONS) if wanted.name else None
    return found or (programs[-1].code if programs else None)


def _best(programs: Sequence[Candidate], least: int) -> Candidate | None:
    """The last of those that stand highest."""
    ranked = [((one.standing or NOTHING), number) for number, one in enumerate(programs)]
    standing_, number = max(ranked, default=(NOTHING, 0))
    return programs[number] if standing_ >= least else None


def _completed(best: Candidate, programs: Sequence[Candidate]) -> str:
    """With the blocks that define what it lacks, as in an answer that goes step by step."""
    if len(programs) == 1:
        return best.code
    code, rest = best.code, list(programs)
    at = next(number for number, one in enumerate(rest) if one is best)
    for _ in range(MOST_HELPERS):
        if (tree := parse(code)) is None or not (lacking := lacking_names(tree)):
            break
        near = [*reversed(rest[:at]), *rest[at + 1 :]]
        helper = next((one for one in near if one is not best and one.given & lacking), None)
        if helper is None:
            break
        code = f"{helper.code}\n\n\n{code}"
        at -= rest.index(helper) < at
        rest.remove(helper)
    return code


def _loose(answer: str, blocks: Sequence[CodeBlock], wanted: Wanted, least: int) -> str | None:
    """What stands high enough in the next best place."""

    def stands(code: str) -> bool:
        return wanted.may_stand_in(code) and (wanted.standing(code) or NOTHING) >= least

    for found in _places(answer, blocks, stands):
        if codes := [code for code in found if stands(code)]:
            return codes[-1]
    return None


def _places(answer: str, blocks: Sequence[CodeBlock], stands: Callable[[str], bool]) -> Iterator[list[str]]:
    yield [cleaned(code) for code in trimmed(block.code for block in blocks)]
    yield list(loosely_fenced(answer, stands))
    yield trimmed(indented_blocks(answer))
    yield [cleaned(code) for code in [unfenced(answer, stands)] if code]
    yield list(oddly_fenced(answer, stands))
    yield typed_in(answer)


def trimmed(codes: Iterable[str]) -> list[str]:
    """Without empty lines around them, and without those that are empty."""
    return [code.strip("\n").rstrip() for code in codes if code.strip()]


def cleaned(code: str) -> str:
    """Without what belongs to the block and is no part of the program."""
    first = _FIRST_LINE.match(code)
    rest = _LAST_MARK.sub("", code[first.end() :] if first and first[0].strip() else code)
    if parse(rest) is not None:
        return rest
    for shorter in (_LAST_TOKEN.sub("", rest), _MAGIC.sub("", rest)):
        if parse(shorter) is not None:
            return trimmed([shorter])[0] if shorter.strip() else code
    return code
