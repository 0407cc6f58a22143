"""matplotlib's current figures, which tests and program share in plain unittest: those of the program's process.

Only what takes no data of the tests is asked of the program: an expected value never goes that way.
"""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

from sandbox.guest.judge_box.places import PREAMBLE, SETUP, TEST
from sandbox.guest.program_box.special import PYPLOT

Ask = Callable[[str, tuple[Any, ...], dict[str, Any]], Any]


def share_figures(ask: Ask) -> None:
    """The tests' own calls of pyplot's functions go to the program's; those of libraries in this box stay here."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    for name in PYPLOT if pyplot is not None else ():
        setattr(pyplot, name, _shared(name, getattr(pyplot, name), ask))


def _shared(name: str, own: Callable[..., Any], ask: Ask) -> Callable[..., Any]:
    @wraps(own)
    def shared(*args: Any, **named: Any) -> Any:
        caller = sys._getframe(1)
        cleans_up = str(caller.f_globals.get("__name__")).startswith("unittest")
        from_tests = cleans_up or caller.f_code.co_filename in (PREAMBLE, SETUP, TEST)
        local = any(type(value).__module__.startswith("matplotlib.") for value in (*args, *named.values()))
        return ask(name, args, named) if from_tests and not local else own(*args, **named)

    return shared
