"""Programs that try to be accepted without being right, or to harm; and honest ones that look odd.

Each cheat answers `f(x) -> [x, 2 * x]` wrongly, and at least one naive judge that executes the program and its
asserts in one process (by exit status, printed marker, or in-process asserts) would accept it: `NAIVE` says which,
and a test runs that judge to prove it. Hostile programs aim at the box instead, with their right verdict.
"""

from sandbox.verdict import Verdict

ANY = frozenset(Verdict) - {Verdict.ACCEPTED, Verdict.INFRASTRUCTURE_ERROR}
REJECTED = ANY

CHEATS: dict[str, tuple[str, str]] = {
    # name: (naive judge that falls for it, program)
    "exit at import": ("exit", "import sys\nsys.exit(0)"),
    "raise SystemExit": ("exit", "raise SystemExit"),
    "os._exit at import": ("exit", "import os\nos._exit(0)"),
    "os._exit in the call": ("exit", "import os\ndef f(x): os._exit(0)"),
    "posix._exit": ("exit", "import posix\nposix._exit(0)"),
    "ctypes exit": ("exit", "import ctypes\ndef f(x): ctypes.CDLL(None)._exit(0)"),
    "marker and exit": ("marker", "import os\nprint('ALL TESTS PASSED', flush=True)\nos._exit(0)"),
    "marker in the call": ("marker", "import os\ndef f(x):\n  print('ALL TESTS PASSED', flush=True)\n  os._exit(0)"),
    "atexit": (
        "marker",
        "import atexit, os\natexit.register(lambda: (print('ALL TESTS PASSED', flush=True), os._exit(0)))",
    ),
    "excepthook": (
        "marker",
        "import sys, os\nsys.excepthook = lambda *a: (print('ALL TESTS PASSED', flush=True), os._exit(0))",
    ),
    "killer thread": (
        "exit",
        "import os, threading, time\nthreading.Thread(target=lambda: (time.sleep(.05), os._exit(0))).start()\n"
        "def f(x): time.sleep(.3)",
    ),
    "alarm handler": (
        "exit",
        "import os, signal, time\nsignal.signal(signal.SIGALRM, lambda *a: os._exit(0))\nsignal.setitimer(0, .05)\n"
        "def f(x): time.sleep(.3)",
    ),
    "equal to everything": ("assert", "class E:\n  def __eq__(s, o): return True\ndef f(x): return E()"),
    "list that equals": ("assert", "class L(list):\n  def __eq__(s, o): return True\ndef f(x): return L()"),
    "list of lying integers": (
        "assert",
        "class I(int):\n  def __eq__(s, o): return True\n  __hash__ = int.__hash__\ndef f(x): return [I(), I()]",
    ),
    "spoofed class": (
        "assert",
        "class S:\n  __class__ = property(lambda s: list)\n  def __eq__(s, o): return True\ndef f(x): return S()",
    ),
    "truthy comparison": ("assert", "class T:\n  def __eq__(s, o): return [1]\ndef f(x): return T()"),
    "trace function": (
        "assert",
        "import sys\ndef jump(frame, event, arg):\n"
        "  if frame.f_code.co_filename == 'tests.py' and event == 'line' and frame.f_lineno == 1:\n"
        "    frame.f_lineno = 3\n  return jump\n"
        "sys.settrace(jump)\nframe = sys._getframe()\nwhile frame:\n  frame.f_trace = jump\n  frame = frame.f_back\n"
        "def f(x): return 0",
    ),
    "read the caller's constants": (
        "assert",
        "import sys\ndef f(x):\n  found = sys._getframe(1).f_code.co_consts\n  return [x, found[found.index(x) + 1]]",
    ),
    "walk to the tests' source": (
        "assert",
        "import sys, re\ndef f(x):\n  frame = sys._getframe()\n  while frame:\n"
        "    for v in list(frame.f_locals.values()):\n"
        "      m = re.search(r'f\\(%d\\) == (\\[.*?\\])' % x, v) if isinstance(v, str) else None\n"
        "      if m: return eval(m.group(1))\n    frame = frame.f_back",
    ),
    "replace the builtins": (
        "assert",
        "import builtins\nbuiltins.AssertionError = None\n"
        "class A(BaseException): pass\nbuiltins.exec = lambda *a: None\nbuiltins.eval = lambda *a: None\n"
        "class E:\n  def __eq__(s, o): return True\ndef f(x): return E()",
    ),
    "forged claims": (
        "exit",
        "import os\ntry: os.write(3, b'\\0\\0\\0\\x02{}' * 3)\nexcept OSError: pass\nos._exit(0)",
    ),
    "all descriptors": (
        "marker",
        'import os\nfor fd in range(1, 64):\n  try: os.write(fd, b\'ALL TESTS PASSED\\n{"verdict": "accepted"}\\n\')\n'
        "  except OSError: pass\nos._exit(0)",
    ),
    "silent StopIteration": ("exit", "import sys\ndef f(x): sys.exit(0)"),
}

HOSTILE: dict[str, tuple[frozenset[Verdict], str]] = {
    "fork bomb": (REJECTED, "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"),
    "fork bomb in new sessions": (
        REJECTED,
        "import os, signal\nfor s in range(1, 32):\n  try: signal.signal(s, signal.SIG_IGN)\n  except OSError: pass\n"
        "while True:\n  try:\n    if os.fork() == 0: os.setsid()\n  except OSError: pass",
    ),
    "kill everything": (REJECTED, "import os\nos.kill(-1, 9)\ndef f(x): return 0"),
    "kill the server": (REJECTED, "import os\nfor s in (9, 15, 2, 19): os.kill(1, s)\ndef f(x): return 0"),
    "stop oneself": (frozenset({Verdict.TIME_LIMIT}), "import os\nos.kill(os.getpid(), 19)"),
    "close all descriptors": (REJECTED, "import os\nos.closerange(0, 256)\ndef f(x): return [x, 2 * x]"),
    "segfault": (frozenset({Verdict.RUNTIME_ERROR}), "import ctypes\nctypes.string_at(0)"),
    "memory of many": (
        REJECTED,
        "import os, time\nfor _ in range(20):\n  if os.fork() == 0:\n    x = bytearray(200 << 20)\n    time.sleep(30)\n"
        "time.sleep(30)",
    ),
    "fill the disk": (
        REJECTED,
        "for n in range(100):\n  with open(f'/tmp/{n}', 'wb') as file: file.write(bytes(15 << 20))",
    ),
    "fill the inodes": (REJECTED, "for n in range(10 ** 6): open(f'/tmp/{n}', 'w').close()"),
    "deep directories": (
        REJECTED,
        "import os\nfor n in range(1500):\n  os.mkdir('d')\n  os.chdir('d')\ndef f(x): return 0",
    ),
    "threads": (
        REJECTED,
        "import threading, time\nwhile True: threading.Thread(target=time.sleep, args=(60,)).start()",
    ),
    "swallow everything": (
        frozenset({Verdict.TIME_LIMIT}),
        "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True:\n  try:\n    while True: pass\n"
        "  except BaseException: pass",
    ),
    "endless repr": (REJECTED, "class R(Exception):\n  def __str__(s):\n    while True: pass\ndef f(x): raise R()"),
    "deep value": (REJECTED, "def f(x):\n  v = []\n  for _ in range(100000): v = [v]\n  return v"),
    "cyclic value": (REJECTED, "def f(x):\n  v = []\n  v.append(v)\n  return v"),
    "bad claims": (REJECTED, "import os\nos.write(3, b'\\xff' * 100000)\nimport time; time.sleep(60)"),
    "deep claim": (
        REJECTED,
        "import os\nd = b'{\"value\":' + b'[' * 200000 + b']' * 200000 + b'}'\n"
        "os.write(3, b'\\0\\0\\0\\x0f{\"loaded\": true}'[:4] + b'{\"loaded\":true}' + len(d).to_bytes(4, 'big'))\n"
        "while d: d = d[os.write(3, d):]\nos._exit(0)",
    ),
    "network": (REJECTED, "import socket\nsocket.create_connection(('1.1.1.1', 80), 3)"),
    "compile bomb": (REJECTED, "x = " + "(" * 100000 + ")" * 100000),
    "constant folding": (REJECTED, "def f(x): return 9 ** 9 ** 9"),
    "exit status of a timeout": (frozenset({Verdict.RUNTIME_ERROR}), "import os\nos._exit(124)"),
    "exit status of docker": (frozenset({Verdict.RUNTIME_ERROR}), "import os\nos._exit(137)"),
    "infrastructure by name": (
        frozenset({Verdict.RUNTIME_ERROR}),
        "class BoxLost(Exception): pass\nraise BoxLost('OCI runtime exec failed: infrastructure_error')",
    ),
}

HONEST: dict[str, str] = {
    "noisy": "import sys\nprint('x' * 300_000)\nprint('y' * 300_000, file=sys.stderr)\ndef f(x): return [x, 2 * x]",
    "deep recursion": "import sys\nsys.setrecursionlimit(10 ** 6)\ndef g(n): return 0 if n == 0 else g(n - 1)\n"
    "g(20_000)\ndef f(x): return [x, 2 * x]",
    "big stack": "import sys, threading\nsys.setrecursionlimit(10 ** 6)\nthreading.stack_size(64 << 20)\n"
    "t = threading.Thread(target=lambda: None)\nt.start()\nt.join()\ndef f(x): return [x, 2 * x]",
    "temporary files": "import tempfile\ndef f(x):\n  with tempfile.NamedTemporaryFile('w+') as file:\n"
    "    file.write(str(x))\n    file.seek(0)\n    return [int(file.read()), 2 * x]",
    "main guard": "def f(x): return [x, 2 * x]\nif __name__ == '__main__':\n  print(f(1))",
    "sleeps": "import time\ntime.sleep(.3)\ndef f(x): return [x, 2 * x]",
    "daemon thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    "def f(x): return [x, 2 * x]",
    "lasting thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()\n"
    "def f(x): return [x, 2 * x]",
    "subprocess": "import subprocess, sys\nn = subprocess.run([sys.executable, '-I', '-S', '-c', 'print(2)'],"
    " capture_output=True, text=True).stdout\ndef f(x): return [x, int(n) * x]",
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass P:\n  x: int\ndef f(x): return [P(x).x, 2 * x]",
    "numpy": "import numpy as np\ndef f(x): return (np.array([1, 2]) * x).tolist()",
    "own list": "class L(list): pass\ndef f(x): return L([x, 2 * x])",
    "reads stdin": "import sys\nsys.stdin.read()\ndef f(x): return [x, 2 * x]",
    "windows line ends": "def f(x):\r\n  return [x, 2 * x]\r\n",
}
