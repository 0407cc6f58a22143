"""unittest in a judge box: its classes, decorators, fixtures and order as they are, with two things of our own.

Its comparisons are those of plain asserts here, and whoever runs a suite meets the first failure as an exception: a
runner whose result nobody looks at would let every program pass.
"""

import inspect
import types
import unittest
from collections.abc import Callable, Iterable
from typing import Any, cast
from unittest.util import safe_repr

from sandbox.guest.judge_box import remote
from sandbox.guest.judge_box.comparing import Comparison, Mismatch, Said
from sandbox.guest.judge_box.operators import is_instance

Enter = Callable[..., None]
"""Told the name of each test function before it runs; nothing, before the source's own statements do."""
TYPED = {
    "assertListEqual": (list,),
    "assertTupleEqual": (tuple,),
    "assertSetEqual": (set, frozenset),
    "assertDictEqual": (dict,),
    "assertMultiLineEqual": (str,),
}


class Cases:
    """What the tests of one source came to: `judged` and `skipped` cases, and the classes that ran already."""

    def __init__(self, enter: Enter, classes: Callable[[], Iterable[type]]) -> None:
        self.enter, self.classes = enter, classes
        self.judged = self.skipped = 0
        self.ran: set[type] = set()
        self.begun = remote.questions()
        self.decided: bool | None = None

    @property
    def all_skipped(self) -> bool:
        """Whether there were tests and none of them judged."""
        return bool(self.skipped) and not self.judged

    def begin(self) -> None:
        """From now on cases run. Until now the source's own statements did: `decided` is whether they asked."""
        if self.decided is None:
            self.decided = remote.questions() > self.begun

    def skip(self, begun: int) -> None:
        """Of a case that began after so many questions. Raises Unjudgeable if the program may be the reason."""
        if self.decided or remote.questions() > begun:
            raise remote.Unjudgeable("a test is skipped after the program was asked")
        self.skipped += 1

    def run(self, suite: unittest.TestSuite | unittest.TestCase) -> "FirstFailure":
        """Raises what the first failing case raised, with the case's name as its `case`."""
        self.begin()
        result = FirstFailure(self)
        suite(result)
        if result.failure is not None:
            raise result.failure
        return result

    def run_class(self, cls: type[unittest.TestCase]) -> None:
        """Its tests, unless they ran already."""
        if cls not in self.ran:
            self.run(unittest.defaultTestLoader.loadTestsFromTestCase(cls))

    def load_all(self) -> unittest.TestSuite:
        """The tests of every class that there is."""
        return unittest.TestSuite(map(unittest.defaultTestLoader.loadTestsFromTestCase, self.classes()))  # type: ignore[arg-type]


class FirstFailure(unittest.TestResult):
    """Ends a run with the first thing that went wrong, and keeps what was raised."""

    def __init__(self, cases: Cases) -> None:
        super().__init__()
        self.failfast, self.failure = True, cast(BaseException | None, None)
        self.cases, self.begun = cases, remote.questions()

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.cases.ran.add(type(test))
        self.begun = remote.questions()
        name = getattr(test, "_testMethodName", "")
        self.cases.enter(name)
        awaited = isinstance(test, unittest.IsolatedAsyncioTestCase)
        if inspect.iscoroutinefunction(getattr(test, name, None)) and not awaited:
            raise remote.Unjudgeable("nothing awaits an asynchronous test of this class")

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        self.begun = remote.questions()

    def addSuccess(self, test: unittest.TestCase) -> None:
        self.cases.judged += 1

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        self._note(test, err[1])

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        self._note(test, err[1])

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        if err is not None:
            self._note(subtest, err[1])

    def addExpectedFailure(self, test: unittest.TestCase, err: Any) -> None:
        self.cases.judged += 1

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self._note(test, AssertionError("it was expected to fail"))

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self.cases.skip(self.begun)

    def _note(self, test: unittest.TestCase, error: BaseException) -> None:
        if self.failure is None:
            error.case = _name_of(test)  # type: ignore[attr-defined]
            self.failure = error
        self.stop()


def _name_of(test: unittest.TestCase) -> str:
    if isinstance(test, SUB_TEST):
        return f"{_name_of(test.test_case)} {test._subDescription()}"
    method = getattr(test, "_testMethodName", None)
    return f"{type(test).__name__}.{method}" if method else test.id()


def install(comparison: Comparison, cases: Callable[[], Cases]) -> None:
    """Put our own in place, in this process. `cases` gives those of the source that runs."""

    def main(*_: object, **__: object) -> types.SimpleNamespace:
        return types.SimpleNamespace(result=cases().run(cases().load_all()))

    def run(_: object, suite: unittest.TestSuite) -> FirstFailure:
        return cases().run(suite)

    vars(unittest).update(main=main, TestProgram=main)
    _replace(unittest.TextTestRunner, run=run)
    _replace(unittest.TestLoader, loadTestsFromModule=lambda *_, **__: cases().load_all())
    almost = unittest.TestCase.assertAlmostEqual

    def assert_equal(self: unittest.TestCase, first: object, second: object, msg: object = None) -> None:
        comparison.equal(first, second, _said(msg))

    def assert_sequence(
        self: unittest.TestCase, first: Any, second: Any, msg: object = None, seq_type: type | None = None
    ) -> None:
        _check_types((first, second), (seq_type or object,))
        comparison.equal(list(first), list(second), _said(msg))

    def assert_almost(self: unittest.TestCase, first: Any, second: Any, *args: Any, **kwargs: Any) -> None:
        try:
            almost(self, first, second, *args, **kwargs)
        except self.failureException:
            raise Mismatch(first, second) from None

    def assert_instance(self: unittest.TestCase, obj: object, cls: Any, msg: Any = None) -> None:
        if not is_instance(obj, cls):
            self.fail(self._formatMessage(msg, f"{safe_repr(obj)} is not an instance of {cls!r}"))

    def assert_not_instance(self: unittest.TestCase, obj: object, cls: Any, msg: Any = None) -> None:
        if is_instance(obj, cls):
            self.fail(self._formatMessage(msg, f"{safe_repr(obj)} is an instance of {cls!r}"))

    own: dict[str, Callable[..., None]] = {name: _typed(comparison, kinds) for name, kinds in TYPED.items()}
    own |= {"assertEqual": assert_equal, "assertSequenceEqual": assert_sequence, "assertAlmostEqual": assert_almost}
    own |= {"assertIsInstance": assert_instance, "assertNotIsInstance": assert_not_instance}
    own |= {old: own[new] for old, new in OLD.items() if hasattr(unittest.TestCase, old)}
    _replace(unittest.TestCase, **own)


SUB_TEST: Any = vars(unittest.case)["_SubTest"]
OLD = {"assertEquals": "assertEqual", "assertAlmostEquals": "assertAlmostEqual"}
COMPARING = {*TYPED, *OLD, *OLD.values(), "assertSequenceEqual", "assertCountEqual"}
"""Methods of two values, of which one is the expected one."""


def _typed(comparison: Comparison, kinds: tuple[type, ...]) -> Callable[..., None]:
    def check(self: unittest.TestCase, first: object, second: object, msg: object = None) -> None:
        _check_types((first, second), kinds)
        comparison.equal(first, second, _said(msg))

    return check


def _said(message: object) -> Said | None:
    return None if message is None else lambda: message


def _check_types(values: tuple[object, object], kinds: tuple[type, ...]) -> None:
    if not all(isinstance(value, kinds) for value in values):
        raise Mismatch(*values)


def _replace(cls: type, **methods: Callable[..., object]) -> None:
    for name, method in methods.items():
        setattr(cls, name, method)
