"""The child of a judge box that asks a problem's own checker about one output, which is text to it and no more."""

import base64
import builtins
import json
import random
import sys
import types
from typing import Any

from sandbox.guest.channel import send_message
from sandbox.guest.exceptions import describe_exception

TEXTS = ("input", "output", "expected")
EVALUATORS = ("eval", "exec", "compile")


def run_checker(body: bytes) -> None:
    """The body: source, and in base64 input, output and expected. Sends {"right": bool} or {"failed": why}."""
    request = json.loads(body)
    texts = [base64.b64decode(request[name]).decode("utf-8", "surrogatepass") for name in TEXTS]
    random.seed(0)
    module = sys.modules["checker"] = types.ModuleType("checker")
    module.__dict__["__builtins__"] = {**vars(builtins), **dict.fromkeys(EVALUATORS, _refuse)}
    try:
        exec(compile(request["source"], "checker.py", "exec", dont_inherit=True), module.__dict__)
        answer = module.check(*texts)
        if type(answer) is not bool:
            raise TypeError(f"check gave {type(answer).__name__}, expected bool")
    except BaseException as error:
        send_message({"failed": describe_exception(error)})
        return
    send_message({"right": answer})


def _refuse(*_: Any, **__: Any) -> None:
    raise RuntimeError("a checker must not evaluate text: it may come from a program")
