"""Examples of doctest: what the test and the program print, and what a value looks like, against the expected text."""

import contextlib
import io
from typing import Any

from sandbox.guest.judge_box import remote
from sandbox.guest.judge_box.comparing import Mismatch


class Example:
    """The context of one example. `want`: what a console would show; `exception`: the last line of a traceback."""

    def __init__(self, source: str, want: str, exception: str | None, flags: int) -> None:
        self.source, self.want, self.exception, self.flags = source, want, exception, flags
        self.printed = contextlib.redirect_stdout(io.StringIO())

    def __enter__(self) -> Any:
        remote.take_output()
        self.out = self.printed.__enter__()
        return self.show

    def show(self, value: object) -> None:
        if value is not None:
            print(repr(value))

    def __exit__(self, kind: Any, error: BaseException | None, trace: object) -> bool:
        self.printed.__exit__(None, None, None)
        got, want = remote.take_output() + self.out.getvalue(), self.want
        if error is not None:
            if self.exception is None or not isinstance(error, Exception | SystemExit):
                return False
            got, want = _last_line(error), self.exception
        elif self.exception is not None:
            raise AssertionError(f"{self.source.strip()} raises nothing, expected {self.exception.strip()}")
        if not self._same(want, got):
            raise Mismatch(got, want) from None
        return True

    def _same(self, want: str, got: str) -> bool:
        """As doctest compares."""
        import doctest  # it imports the debugger: few tests need it

        if self.exception is not None and self.flags & doctest.IGNORE_EXCEPTION_DETAIL:
            want, got = (text.partition(":")[0].strip().rpartition(".")[2] for text in (want, got))
        return doctest.OutputChecker().check_output(want, got, self.flags)


def _last_line(error: BaseException) -> str:
    """Of a traceback, as the program's own would end."""
    raised = getattr(error, "raised", None)
    if raised is None:
        name, text = type(error).__qualname__, str(error)
    else:
        others = [name for name in raised.get("others", ()) if name.rpartition(".")[2] == raised["type"]]
        name, text = next((one for one in others if not one.startswith("builtins.")), raised["type"]), raised["text"]
    return f"{name}: {text}\n" if text else f"{name}\n"
