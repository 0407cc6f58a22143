"""Messages from a box, which nothing vouches for, turned into failures on the host. No message makes these raise.

One that makes no sense is the program's fault. Infrastructure comes from elsewhere, from a box that was lost; and
`unjudged` from trusted tests that nobody could judge (`Unjudgeable`), which no program decides.
"""

import re
from collections.abc import Callable, Collection
from typing import Any

from sandbox import rendering
from sandbox.judging.behaviour import behaviour_digest
from sandbox.judging.failure import MALFORMED, Failure
from sandbox.judging.plan import JudgingPlan
from sandbox.judging.surroundings import plain_surroundings
from sandbox.languages import python
from sandbox.languages.language import Difference, JudgeBox, Language
from sandbox.protocol import codec
from sandbox.verdict import Verdict

SNIPPET = 120
REPLICA = re.compile(r"-[0-9]{1,18}")
"""The number of an object that both boxes have (protocol.replicas)."""


def loading_failure(message: dict[str, Any] | None) -> Failure | None:
    """What the first message says: the program is loaded, or why not. No message at all shows in the run's end."""
    if message is None or message.get("loaded") is True:
        return None
    return reported_failure(message) or MALFORMED


def reported_failure(message: dict[str, Any]) -> Failure | None:
    """Why a program was not compiled or loaded."""
    if "failed" not in message:
        return None
    failure = raised_failure(message)
    return failure._replace(verdict=Verdict.COMPILE_ERROR) if message["failed"] == "compile" else failure


def raised_failure(error: Any) -> Failure:
    """An exception that a message tells of. Its strings are the program's."""
    if not isinstance(error, dict):
        return MALFORMED
    name = _text(error, "type")
    verdict = Verdict.MEMORY_LIMIT if "MemoryError" in (name, error.get("base")) else Verdict.RUNTIME_ERROR
    return Failure(verdict, rendering.describe_error(name, _text(error, "text")), rendering.plain_name(name))


def _text(error: dict[str, Any], key: str) -> str:
    text = error.get(key)
    return text[:1000] if isinstance(text, str) else ""


def value_failure(
    message: dict[str, Any], expected: Any, tolerance: float | None, difference: Difference = python.value_difference
) -> Failure | None:
    """The failure of a value that is not the expected one, by the language's own equality."""
    if "value" not in message:
        return raised_failure(message.get("raised"))
    try:
        wrong = difference(message["value"], expected, tolerance)
        return None if wrong is None else Failure(Verdict.WRONG_ANSWER, wrong, "value")
    except Exception:  # the expected value is plain, so what cannot be compared with it is the program's value
        return MALFORMED


def observed_value(message: dict[str, Any]) -> Failure:
    """What came out of an extra input: a digest of the value, which is no failure, or the type of an error."""
    if "value" not in message:
        name = _text(message["raised"], "type")[:80] if isinstance(message.get("raised"), dict) else ""
        return raised_failure(message.get("raised"))._replace(message=name)
    try:
        return Failure(Verdict.ACCEPTED, behaviour_digest(codec.decode_value(message["value"])))
    except Exception:  # what cannot be made a plain value, or not in this depth, is the program's doing
        return MALFORMED


def observed_output(output: bytes, failure: Failure | None) -> Failure:
    """As `observed`, of a program that writes to its standard output: white space apart, or how it ended."""
    if failure is not None:
        return failure._replace(message="")
    return Failure(Verdict.ACCEPTED, behaviour_digest(output.decode(errors="replace").split()))


def test_failure(failure: dict[str, Any], index: int, plan: JudgingPlan) -> Failure:
    """What the judge box reports of a test that failed, after the name of the case if it has several."""
    several = bool(plan.checks) and "\n" in plan.checks[index].strip()
    line = failure.get("line") if several and "setup" not in failure else None
    found = _test_failure(failure, index, plan)
    case = rendering.clean_text(failure.get("case", ""))
    return found._replace(line=line, message=f"{case}: {found.message}" if case else found.message)


def _test_failure(failure: dict[str, Any], index: int, plan: JudgingPlan) -> Failure:
    if "got" in failure:
        got, expected = (_shown(failure[side], plan.language) for side in ("got", "expected"))
        said = f": {rendering.clean_text(failure['said'])}" if "said" in failure else ""
        return Failure(Verdict.WRONG_ANSWER, f"got {got}, expected {expected}{said}", "value")
    if "assertion" in failure:
        text = f"assertion failed: {rendering.clean_text(failure['assertion'])}"
        return Failure(Verdict.WRONG_ANSWER, text, "assertion")
    if "unjudgeable" in failure:
        own = "setup" not in failure
        source = plan.checks[index] if own else plan.setup
        where = f"{plan.suite} test {index + 1}" if own else "the set-up"
        text = f"{where} cannot be judged: {rendering.clean_text(failure['unjudgeable'])}: "
        return Failure(Verdict.UNJUDGED, text + _snippet(source, failure.get("line")), "unjudgeable")
    return raised_failure(failure["raised"])


def _snippet(source: str, line: int | None) -> str:
    """The line of a test that does not fit, if it is known; else its beginning."""
    text = " ".join(source.split())
    if len(text) > SNIPPET and line is not None:
        text = " ".join(source.splitlines()[line - 1].split())
        text = f"line {line}: {text}"
    return text if len(text) <= SNIPPET else text[: SNIPPET - 1] + "…"


def _shown(tree: Any, language: Language) -> str:
    try:
        return _judge_box(language).show_tree(tree)
    except Exception:  # it is for a message only
        return "a value that cannot be shown"


def _judge_box(language: Language) -> JudgeBox:
    assert language.judge_box is not None  # or nothing would be judged there
    return language.judge_box


def plain_answer(
    message: dict[str, Any], language: Language = python.LANGUAGE, surroundings: Collection[str] = ()
) -> dict[str, Any]:
    """A program's answer with nothing in it but plain values, handles, `surroundings`. Raises ValueError for more."""
    try:
        around = plain_surroundings(message.get("around"), surroundings)
        return _plain_answer(message, _judge_box(language).check_tree) | around
    except Exception as error:  # whatever a malformed tree provokes
        raise ValueError(f"not an answer: {type(error).__name__}") from None


def _plain_answer(message: dict[str, Any], check: Callable[[Any], None]) -> dict[str, Any]:
    more = _plain_news(message.get("news", {}), check) | _plain_replicas(message.get("replicas", {}), check)
    changed = message.get("changed", {})
    if not isinstance(changed, dict):
        raise ValueError("not an answer")
    for tree in changed.values():
        check(tree)
    more |= {"changed": changed} if changed else {}
    if isinstance(message.get("raised"), dict):
        return {"raised": _exception(message["raised"], check), **more}
    if message.get("stop") is True:
        return {"stop": True, **more}
    if "value" not in message:
        raise ValueError("not an answer")
    called = message.get("callback")
    for tree in (message["value"], *([] if called is None else _called_back(called))):
        check(tree)
    kinds = {"same": str, "ref": int, "lent": int, "callback": list}
    more |= {name: message[name] for name, kind in kinds.items() if type(message.get(name)) is kind}
    return {"value": message["value"], **more}


def _plain_news(news: Any, check: Callable[[Any], None]) -> dict[str, Any]:
    """What the program changed in place of the values that it lent, by their numbers."""
    if not isinstance(news, dict) or not all(map(str.isdecimal, news)):
        raise ValueError("not an answer")
    for tree in news.values():
        check(tree)
    return {"news": news} if news else {}


def _plain_replicas(replicas: Any, check: Callable[[Any], None]) -> dict[str, Any]:
    """Objects of the preamble's classes that the program made or changed: `{number: [class, {attribute: tree}]}`."""
    if not isinstance(replicas, dict) or not all(REPLICA.fullmatch(number) for number in replicas):
        raise ValueError("not an answer")
    for name, state in replicas.values():
        if not isinstance(name, str) or not isinstance(state, dict):
            raise ValueError("not an object of the preamble")
        for tree in state.values():
            check(tree)
    return {"replicas": replicas} if replicas else {}


def _called_back(called: Any) -> list[Any]:
    """The trees of a call of a function of the tests: `[number, this, [argument, ...]]`."""
    number, this, arguments = called
    if type(number) is not int or not isinstance(arguments, list):
        raise ValueError("not a call")
    return [this, *arguments]


def _exception(raised: dict[str, Any], check: Callable[[Any], None]) -> dict[str, Any]:
    """What may be known of an exception: short strings, and few."""
    found: dict[str, Any] = {key: _text(raised, key) for key in ("type", "base", "text")}
    for key in ("own", "others"):
        if isinstance(names := raised.get(key), list):
            found[key] = [name[: 2 * codec.NAME] for name in names[: codec.CLASSES] if isinstance(name, str)]
    if isinstance(attributes := raised.get("attributes"), dict):
        for tree in attributes.values():
            check(tree)
        found["attributes"] = attributes
    if type(raised.get("handle")) is int:
        found["handle"] = raised["handle"]
    if "value" in raised:
        check(raised["value"])
        found["value"] = raised["value"]
    return found


def is_handle(answer: dict[str, Any]) -> bool:
    """Whether a plain answer says no more than that there is something."""
    value = answer.get("value")
    return (
        isinstance(value, dict)
        and "handle" in value
        and not answer.get("changed")
        and not answer.keys() & {"news", "around", "replicas"}
    )
