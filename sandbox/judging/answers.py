"""What is claimed in a box, turned into failures on the host. Total: no claim of a program makes these raise.

A claim that makes no sense is the program's fault. Infrastructure comes from elsewhere: from a box that was lost,
or from trusted tests that nobody could judge (`Unjudgeable`), which no program decides.
"""

import signal
from typing import Any

from sandbox import rendering
from sandbox.containers.session import OUTPUT_BYTES, Done
from sandbox.errors import BoxLost
from sandbox.judging import generated_inputs
from sandbox.judging.plan import Plan
from sandbox.languages import python
from sandbox.languages.language import Difference
from sandbox.problem import Limits
from sandbox.protocol import codec
from sandbox.verdict import Verdict

Failure = tuple[Verdict, str]
MALFORMED: Failure = (Verdict.RUNTIME_ERROR, "malformed answer")
SILENT: Failure = (Verdict.RUNTIME_ERROR, "it ends the run")
NEVER_ASKED: Failure = (Verdict.INFRASTRUCTURE_ERROR, "the tests ask nothing of the program: nothing can be accepted")
SNIPPET = 120
BASE_MIB = 128
"""What a run time has in memory besides a program's data, at most: code, libraries, the fork server's pages."""
ABORTED = (-signal.SIGABRT, -signal.SIGTRAP, -signal.SIGILL)
"""How run times of other languages end themselves where memory ends."""


def loading(claim: dict[str, Any] | None) -> Failure | None:
    """What the first claim says: the program is loaded, or why not. No claim at all shows in the run's end."""
    if claim is None or claim.get("loaded") is True:
        return None
    return failed(claim) or MALFORMED


def failed(claim: dict[str, Any]) -> Failure | None:
    """Why a program was not compiled or loaded."""
    if "failed" not in claim:
        return None
    verdict, message = raised(claim)
    return (Verdict.COMPILE_ERROR, message) if claim["failed"] == "compile" else (verdict, message)


def raised(error: Any) -> Failure:
    """A claimed exception. Its strings are the program's."""
    if not isinstance(error, dict):
        return MALFORMED
    name = _text(error, "type")
    memory = "MemoryError" in (name, error.get("base"))
    return Verdict.MEMORY_LIMIT if memory else Verdict.RUNTIME_ERROR, rendering.error(name, _text(error, "text"))


def _text(error: dict[str, Any], key: str) -> str:
    text = error.get(key)
    return text[:1000] if isinstance(text, str) else ""


def compared(
    claim: dict[str, Any], expected: Any, tolerance: float | None, difference: Difference = python.difference
) -> Failure | None:
    """The failure of a claimed value that is not the expected one, by the language's own equality."""
    if "value" not in claim:
        return raised(claim.get("raised"))
    try:
        wrong = difference(claim["value"], expected, tolerance)
        return None if wrong is None else (Verdict.WRONG_ANSWER, wrong)
    except Exception:  # the expected value is plain, so what cannot be compared with it is the program's value
        return MALFORMED


def observed(claim: dict[str, Any]) -> Failure:
    """What came out of an extra input: a digest of the value, which is no failure, or the type of an error."""
    if "value" not in claim:
        verdict, _ = raised(claim.get("raised"))
        return verdict, _text(claim["raised"], "type")[:80] if isinstance(claim.get("raised"), dict) else ""
    try:
        return Verdict.ACCEPTED, generated_inputs.digest(codec.decode(claim["value"]))
    except Exception:  # what cannot be made a plain value, or not in this depth, is the program's doing
        return MALFORMED


def printed(output: bytes, failure: Failure | None) -> Failure:
    """As `observed`, of a program that writes to its standard output: white space apart, or how it ended."""
    if failure is not None:
        return failure[0], ""
    return Verdict.ACCEPTED, generated_inputs.digest(output.decode(errors="replace").split())


def test_failure(failure: dict[str, Any] | None, index: int, plan: Plan) -> Failure | None:
    """What the judge box reports of one test."""
    if failure is None:
        return None
    if "got" in failure:
        return Verdict.WRONG_ANSWER, f"got {_shown(failure['got'])}, expected {_shown(failure['expected'])}"
    if "assertion" in failure:
        return Verdict.WRONG_ANSWER, f"assertion failed: {rendering.clean(failure['assertion'])}"
    if "unjudgeable" in failure:
        source = " ".join(plan.checks[index].split())
        snippet = source if len(source) <= SNIPPET else source[: SNIPPET - 1] + "…"
        where = f"{plan.suite} test {index + 1} cannot be judged"
        return Verdict.INFRASTRUCTURE_ERROR, f"{where}: {rendering.clean(failure['unjudgeable'])}: {snippet}"
    return raised(failure["raised"])


def _shown(tree: Any) -> str:
    try:
        return rendering.show(codec.decode(tree))
    except ValueError:
        return "a value that cannot be shown"


def plain_answer(claim: dict[str, Any]) -> dict[str, Any]:
    """A program's answer with nothing in it but plain values and handles. Raises ValueError for anything else."""
    if isinstance(claim.get("raised"), dict):
        return {"raised": _exception(claim["raised"])}
    if claim.get("stop") is True:
        return {"stop": True}
    changed = claim.get("changed", {})
    if "value" not in claim or not isinstance(changed, dict):
        raise ValueError("not an answer")
    for tree in (claim["value"], *changed.values()):
        # no two objects are alike: they may be keys. What follows is looked at when it comes, texts are texts
        codec.decode(tree, lambda number, name: codec.Opaque(name), more=lambda number: [], split=lambda text: [text])
    same = claim.get("same")
    return {"value": claim["value"], "changed": changed} | ({"same": same} if isinstance(same, str) else {})


def _exception(raised: dict[str, Any]) -> dict[str, Any]:
    """What may be known of an exception: short strings, and few."""
    found: dict[str, Any] = {key: _text(raised, key) for key in ("type", "base", "text")}
    for key in ("own", "others"):
        if isinstance(names := raised.get(key), list):
            found[key] = [name[: 2 * codec.NAME] for name in names[: codec.CLASSES] if isinstance(name, str)]
    return found


def is_handle(answer: dict[str, Any]) -> bool:
    """Whether a plain answer says no more than that there is something."""
    value = answer.get("value")
    return isinstance(value, dict) and "handle" in value and not answer.get("changed")


def ending(done: Done, limits: Limits) -> Failure | None:
    """What the fork server's report means; None for a run that kept its limits and ended with status 0 or by us."""
    memory = Verdict.MEMORY_LIMIT, f"memory limit: {limits.memory_mib} MiB"
    # the kernel killed a process of the run for memory, and whether the run lived on is luck; or one had more than
    # its limit on data allows, as shared memory
    if done.oom or done.peak_mib > 1.25 * limits.memory_mib + BASE_MIB:
        return memory
    if done.end == "wall":
        return wall(limits)
    if done.end == "cpu" or done.cpu_s > limits.cpu_limit_s or done.code == -signal.SIGXCPU:
        return Verdict.TIME_LIMIT, f"time limit: {limits.cpu_limit_s:g} s of CPU"
    if done.end == "claims flood":
        return flood(limits)
    if done.end == "output flood":
        return Verdict.OUTPUT_LIMIT, f"output limit: {OUTPUT_BYTES >> 20} MiB"
    if done.end == "told" or done.code == 0:
        return None
    if done.code in ABORTED and done.peak_mib > limits.memory_mib / 2:
        return memory
    if done.code is not None and done.code < 0:
        return Verdict.RUNTIME_ERROR, f"killed by signal {-done.code}"
    return Verdict.RUNTIME_ERROR, f"the program ended itself with status {done.code}"


def wall(limits: Limits) -> Failure:
    return Verdict.TIME_LIMIT, f"time limit: {limits.wall_limit_s:g} s of wall time"


def flood(limits: Limits) -> Failure:
    """More values than a problem allows."""
    return Verdict.OUTPUT_LIMIT, f"output limit: values of {limits.values_mib} MiB"


def tests_ending(done: Done, garbled: bool, through: bool, limits: Limits) -> Failure | None:
    """The end of the tests' own run: None where they were through, else the limit that they met, or their crash.

    Raises BoxLost where our own code failed in there: it ends without a word on every test, which no program decides.
    """
    itself = done.end == "exit" and done.code is not None and done.code >= 0
    if garbled or (itself and (done.code or not through)):
        raise BoxLost(f"the tests' own run ended without having been through: by {done.end} (status {done.code})")
    return None if itself else ending(done, limits)
