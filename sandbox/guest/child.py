"""The child that runs a program: confine it, execute it, evaluate calls in its names, send plain values.

Everything here runs beside the program and may be bent by it. That is fine: it can only change what is
said, and what is said is compared outside, by the host.
"""

import builtins
import contextlib
import gc
import io
import json
import linecache
import os
import resource
import sys
import threading
import types
from _sitebuiltins import Quitter
from typing import Any

from sandbox.guest import channel, seccomp, stacks
from sandbox.guest.channel import receive_message, send_message
from sandbox.guest.exceptions import IMPORTED, MAIN, describe_exception
from sandbox.guest.program_box.objects import Objects
from sandbox.protocol import codec
from sandbox.protocol.replicas import plain_classes

FILE_SIZE = 16 << 20
FILE = "/tmp/main.py"


def prepare_server() -> None:
    """What is the same for every run, done once by the fork server: its children inherit it."""
    for what, most in (
        (resource.RLIMIT_FSIZE, FILE_SIZE),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        with contextlib.suppress(*() if what is not resource.RLIMIT_MSGQUEUE else (OSError, ValueError)):
            resource.setrlimit(what, (most, most))  # gVisor, which has no such queues, refuses the last one
    with contextlib.suppress(OSError):  # then every run fails, by `confine`, and the self-test says so
        seccomp.ensure_filter()
    stacks.count_stacks_apart()
    os.chdir("/tmp")
    for name in ("exit", "quit"):  # of the `site` module, which a box starts without
        setattr(builtins, name, Quitter(name, "Ctrl-D (i.e. EOF)"))
    sys.argv = ["main.py"]
    sys.modules[MAIN] = types.ModuleType(MAIN)  # for a program that is imported: whoever it is imported by has no names


def open_streams() -> None:
    """Text streams, UTF-8 whatever the locale, on pipes: what the numbers 1 and 2 stand for comes with the run.

    After `gc.freeze`, so that the collector shows them to `_finish`.
    """
    reader, writer = os.pipe()
    for fd in (1, 2):
        os.dup2(writer, fd)
    os.close(reader)
    os.close(writer)
    sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1)
    vars(sys).update(__stdin__=sys.stdin, __stdout__=sys.stdout, __stderr__=sys.stderr)


def confine_child(limits: dict[str, Any]) -> None:
    """What is a run's own: its session, its limits, a priority below the fork server's."""
    os.setsid()
    cpu = int(limits["cpu_s"]) + 2  # the server counts finer and for all processes; this is the backstop
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
    stacks.limit_memory(limits["baseline"] + limits["memory_mib"] * (1 << 20))
    os.nice(5)
    sys.set_int_max_str_digits(limits["int_max_str_digits"])
    seccomp.set_dumpable(True)  # a program may look at itself: /dev/stdin is /proc/self/fd/0
    with contextlib.suppress(OSError):
        fd = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
        os.write(fd, b"1000")
        os.close(fd)
    seccomp.ensure_filter()
    gc.enable()


def take_input(text: str) -> None:
    """Standard input becomes a file in memory."""
    fd = os.memfd_create("stdin")
    view = memoryview(text.encode("utf-8", "surrogateescape"))
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    os.dup2(fd, 0)
    os.close(fd)
    sys.stdin = os.fdopen(0, encoding="utf-8", errors="surrogateescape", closefd=False)
    vars(sys).update(__stdin__=sys.stdin)


def make_module(name: str, source: str) -> types.ModuleType:
    """The program's: known to `import`, pickle and the like; and with its source, of which there is no file.

    One that has functions to be tested is not `__main__`, as for whoever imports it: a demonstration below
    `if __name__ == "__main__"` decides nothing.
    """
    module = types.ModuleType(name)
    module.__dict__.update(__builtins__=builtins, __file__=FILE)
    sys.modules[name] = module
    linecache.cache[FILE] = (lambda: source,)  # type: ignore[assignment]  # split into lines only if asked for
    return module


def run_program(body: bytes) -> None:
    """Run one program.

    The body: program, preamble, names of its adapters, calls, values_mib, stdin (null without), interactive.
    """
    channel.speak_alone()
    request = json.loads(body)
    if request["stdin"] is not None:
        take_input(request["stdin"])
    stdio = request["stdin"] is not None
    source = request["program"].removeprefix("\ufeff")
    module = make_module(MAIN if stdio else IMPORTED, source)
    names = module.__dict__
    try:
        if request["preamble"]:
            exec(compile(request["preamble"], "preamble.py", "exec", dont_inherit=True), names)
        adapters = {name: names[name] for name in request["adapters"] if name in names}
        classes = plain_classes(names) if request["interactive"] and request["preamble"] else {}
        code = compile(source, FILE, "exec", dont_inherit=True)
    except BaseException as error:
        send_message({"failed": "compile", **describe_exception(error)})
        return
    if not _execute(code, names):
        return
    if stdio:
        del names, module
        sys.modules.pop(MAIN, None)
        _finish()
        return
    send_message({"loaded": True})
    for source in request["calls"]:
        _answer_call(source, names, adapters, codec.ITEMS_PER_MIB * request["values_mib"])
    if request["interactive"]:
        objects = Objects(names, request["surroundings"], classes)
        while (message := receive_message()) is not None:
            send_message(objects.answer(message))


def _execute(code: types.CodeType, names: dict[str, Any]) -> bool:
    """False, after a message, if it failed: then whoever imports it has no function either, even a defined one.

    An exit with success ends the program's text: it accepts nothing.
    """
    try:
        exec(code, names)
    except SystemExit as error:
        if error.code in (None, 0):
            return True
        send_message({"failed": "program", **describe_exception(error)})
        return False
    except BaseException as error:
        send_message({"failed": "program", **describe_exception(error)})
        return False
    return True


def _finish() -> None:
    """What the interpreter does at its end: wait for threads, exit functions, flush, finalize, flush.

    Called with the program's names released, so that the collector ends its objects. As in the interpreter, no
    error here changes the exit status: the program has already done its work.
    """
    import atexit

    last = getattr(sys, "__stdout__", None)
    for step in (threading._shutdown, atexit._run_exitfuncs):  # type: ignore[attr-defined]
        with contextlib.suppress(BaseException):
            step()
    _flush(sys.stdout, last, *_writers())  # before the collector: it may close a file ahead of its writer
    sys.stdout = last
    with contextlib.suppress(BaseException):
        gc.collect()
    _flush(last, *_writers())


def _writers() -> list[Any]:
    """The program's own files, wherever they are kept; those of text before those of bytes that they write to."""
    found = gc.get_objects()
    return [item for kind in (io.TextIOWrapper, io.BufferedWriter) for item in found if issubclass(type(item), kind)]


def _flush(*streams: Any) -> None:
    """Whatever they are: closed ones, or a program's own without `flush`."""
    for stream in streams:
        with contextlib.suppress(BaseException):
            stream.flush()


def _answer_call(source: str, names: dict[str, Any], adapters: dict[str, Any], most: int) -> None:
    """`adapters`: the preamble's own, whatever the program calls by these names; its own names stay its own."""
    try:
        value = eval(source, names, adapters)
        message = {"value": codec.encode_value(value, most=most)}
    except BaseException as error:
        message = {"raised": describe_exception(error)}
    send_message(message)
