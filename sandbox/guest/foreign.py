"""Programs of languages that the fork server does not speak: the confined child becomes their interpreter.

The command finds the run's body (JSON) on descriptor 5, its standard input on 0, and sends messages on 3, as Python's
child does: each four bytes of length and then JSON. A compiler has a run of its own (`build`), and what it
makes comes back as bytes on a file in memory, since nothing in /tmp may be executed.
"""

import base64
import json
import os
import resource
import subprocess
from pathlib import Path

from sandbox.guest.channel import send_message

BODY, COMPILED = 5, 6
FOLDER = Path("/tmp")
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8", "TZ": "UTC"}
SHOWN = 1000
"""Characters of a compiler's complaint."""


def run_foreign(body: bytes) -> None:
    """Become the interpreter. The body is that of a Python run with `command`, `suffix`, `compiled` and `stack_mib`;
    what the command finds says `stdio` instead of `stdin`, which is open already."""
    request = json.loads(body)
    if request["compiled"]:
        _give(COMPILED, base64.b64decode(request.pop("program")), 0o700)
        program = f"/proc/self/fd/{COMPILED}"
    else:
        program = _write(request["program"], request["suffix"])
    if request.get("stack_mib"):
        most = resource.getrlimit(resource.RLIMIT_STACK)[1]
        stack = request["stack_mib"] << 20
        resource.setrlimit(resource.RLIMIT_STACK, (stack if most < 0 else min(stack, most), most))
    stdin = request.pop("stdin")
    if stdin is not None:
        _give(0, stdin.encode("utf-8", "surrogateescape"))
    _give(BODY, json.dumps({**request, "stdio": stdin is not None}).encode())
    command = [part.replace("{program}", program) for part in request["command"]]
    os.execve(command[0], command, ENVIRONMENT)


def run_judge(body: bytes) -> None:
    """Become what runs the tests of a language: `command`, which finds the body as a Python judge's run has it."""
    _give(BODY, body)
    command = json.loads(body)["command"]
    os.execve(command[0], command, ENVIRONMENT)


def run_compiler(body: bytes) -> None:
    """Compile, and send what was made, or the compiler's first words."""
    request = json.loads(body)
    program = _write(request["program"], request["suffix"])
    command = [part.replace("{program}", program) for part in request["command"]]
    errors = FOLDER / "errors.txt"
    with errors.open("wb") as file:
        done = subprocess.run(command, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False)
    made = FOLDER / "main"
    if done.returncode == 0 and made.is_file():
        send_message({"compiled": base64.b64encode(made.read_bytes()).decode()})
        return
    text = errors.read_bytes()[: 4 * SHOWN].decode("utf-8", "replace")[:SHOWN]
    send_message({"failed": "compile", "type": "CompileError", "base": "Exception", "text": text})


def _write(source: str, suffix: str) -> str:
    path = FOLDER / f"main{suffix}"
    path.write_bytes(source.encode("utf-8", "surrogatepass"))
    return str(path)


def _give(target: int, data: bytes, mode: int = 0o600) -> None:
    """`data` as a file in memory, open on `target`, at its beginning, kept across exec."""
    fd = os.memfd_create("mu", 0)
    os.fchmod(fd, mode)
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    os.dup2(fd, target)
    if fd != target:
        os.close(fd)
