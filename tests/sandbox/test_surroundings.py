"""What tests do to their own process for the program: files, environment, current folder, seeds; what is refused."""

import pytest

from sandbox.judging.plan import make_plan
from sandbox.pool.pool import Pool
from sandbox.problem import Limits
from sandbox.verdict import Verdict
from tests.sandbox.problems import function

LIMITS = Limits(cpu_limit_s=5, wall_limit_s=30, memory_mib=256)
READS = "def f(path): return sum(1 for _ in open(path))"
WRITES = "def f(path, text='x'):\n  with open(path, 'w') as file: file.write(text)\n  return path"
CARRIED = [
    ("open('/tmp/in.txt', 'w').write('a\\nb\\n')\nassert f('/tmp/in.txt') == 2", READS),
    ("open('in', 'w').write('a\\n')\nassert f('in') == 1\nopen('in', 'a').write('b\\n')\nassert f('in') == 2", READS),
    (
        "import tempfile, os\nd = tempfile.mkdtemp()\nopen(os.path.join(d, 'a'), 'w').close()\nos.mkdir(d + '/b')\n"
        "assert f(d) == ['a', 'b']",
        "import os\ndef f(d): return sorted(os.listdir(d))",
    ),
    ("f('/tmp/out', 'yes')\nassert open('/tmp/out').read() == 'yes'", WRITES),
    (
        "import os\nf('d/e/out', 'yes')\nassert os.listdir('d/e') == ['out']",
        "import os\ndef f(path, text):\n  os.makedirs(os.path.dirname(path))\n  open(path, 'w').write(text)",
    ),
    ("import os\nopen('x', 'w').close()\nf('x')\nassert not os.path.exists('x')", "import os\nf = os.remove"),
    (
        "import os, shutil\nos.makedirs('t/u')\nopen('t/u/v', 'w').close()\nassert f('t') == ['u']\n"
        "shutil.rmtree('t')\nassert f('t') == []",
        "import os\ndef f(d): return os.listdir(d) if os.path.isdir(d) else []",
    ),
    (
        "import sqlite3\nf('x.db')\nc = sqlite3.connect('x.db')\n"
        "assert c.execute('select a from t').fetchall() == [(3,)]",
        "import sqlite3\ndef f(p):\n  with sqlite3.connect(p) as c:\n    c.execute('create table t (a)')\n"
        "    c.execute('insert into t values (3)')",
    ),
    ("import os\nassert os.path.exists('made') and f() == 1", "open('made', 'w').close()\ndef f(): return 1"),
    (
        "import os\nos.environ['KEY'] = 'v'\nassert f('KEY') == 'v'\ndel os.environ['KEY']\nassert f('KEY') is None",
        "import os\nf = os.environ.get",
    ),
    (
        "import os\nf('KEY')\nassert os.environ['KEY'] == 'set'",
        "import os\ndef f(name): os.environ[name] = 'set'",
    ),
    ("import os\nos.mkdir('d')\nos.chdir('d')\nassert f() == '/tmp/d'", "import os\nf = os.getcwd"),
    (
        "import random\nrandom.seed(42)\na = random.Random(42).random()\nassert f() == a",
        "import random\nf = random.random",
    ),
    (
        "import numpy as np\nnp.random.seed(7)\na = f()\nnp.random.seed(7)\nassert a == np.random.rand()",
        "import numpy as np\ndef f(): return float(np.random.rand())",
    ),
    (
        "import os\nhere = os.path.dirname(__file__)\nopen(os.path.join(here, 'in'), 'w').write('a\\n')\n"
        "assert f(here + '/in') == 1",
        READS,
    ),
]


@pytest.mark.parametrize(("test", "program"), CARRIED)
def test_what_is_carried(pool: Pool, test: str, program: str) -> None:
    outcome = pool.judge(function(test, limits=LIMITS), program, "private")
    assert outcome.accepted, outcome


@pytest.mark.parametrize(
    ("test", "program"),
    [(CARRIED[0][0], READS.replace("1 for", "2 for")), (CARRIED[3][0], WRITES.replace("write(text)", "write('no')"))],
)
def test_a_wrong_program_is_rejected_by_its_files(pool: Pool, test: str, program: str) -> None:
    assert pool.judge(function(test, limits=LIMITS), program, "private").label is False


EXECUTED = [
    "import pickle\nassert pickle.loads(f(3)) == [3, 6]",
    "import pickle\nf(3)\nwith open('/tmp/x', 'rb') as file:\n  assert pickle.load(file) == [3, 6]",
    "from pickle import load as get\nf(3)\nassert get(open('/tmp/x', 'rb')) == [3, 6]",
    "import numpy as np\nf(3)\nassert np.load('/tmp/x.npy', allow_pickle=True)[0] == 3",
    "assert eval(f(3)) == [3, 6]",
    "f(3)\nexec(open('/tmp/x.py').read())\nassert ok",
    "import sys\nf(3)\nsys.path.insert(0, '/tmp')\nimport x\nassert x.ok",
    "import importlib.util\nf(3)\ns = importlib.util.spec_from_file_location('x', '/tmp/x.py')\nassert s",
    "import runpy\nf(3)\nassert runpy.run_path('/tmp/x.py')['ok']",
    "import subprocess\nf(3)\nassert subprocess.run(['python3', '/tmp/x.py']).returncode == 0",
    "import os\nf(3)\nassert os.system('sh /tmp/x') == 0",
    "import shelve\nf(3)\nassert shelve.open('/tmp/x')['ok']",
    "import marshal\nassert marshal.loads(f(3)) == [3, 6]",
    "import ctypes\nf(3)\nassert ctypes.CDLL('/tmp/x.so')",
    "import os\nf(3)\nos.symlink('/tmp/x', '/tmp/y')\nassert open('/tmp/y').read() == '3'",
    "import os\nf(3)\nassert os.path.getmtime('/tmp/x') > 0",
    "import sys\nf(3)\nassert '/tmp/x' in sys.path",
    "import pickle as pk\nassert pk.loads(f(3)) == [3, 6]",
    "from pickle import *\nassert loads(f(3)) == [3, 6]",
    "import pickle\nget = pickle.loads\nassert get(f(3)) == [3, 6]",
    "import subprocess as sp\nf(3)\nassert sp.run(['python3', '/tmp/x.py']).returncode == 0",
    "from importlib import util\nf(3)\ns = util.spec_from_file_location('x', '/tmp/x.py')\nassert s",
    "from importlib.machinery import SourceFileLoader as S\nf(3)\nassert S('x', '/tmp/x.py').load_module()",
    "assert [*map(eval, f(3))] == [3, 6]",
    "import builtins\nassert builtins.eval(f(3)) == [3, 6]",
    "import numpy as np\nf(3)\nassert np.load('/tmp/x.npy', None, True)[0] == 3",
    "import unittest\nf(3)\nassert unittest.TestLoader().discover('/tmp')",
    "import doctest\ndoctest.run_docstring_examples(f, {})\nassert f(3)",
]


@pytest.mark.parametrize("test", EXECUTED)
def test_what_would_execute_an_answer_or_is_not_carried_is_unjudged(pool: Pool, test: str) -> None:
    outcome = pool.judge(function(test, limits=LIMITS), "def f(x): return [x, 2 * x]", "private")
    assert outcome.verdict == Verdict.UNJUDGED, outcome


def test_names_of_the_set_up_are_the_tests_own() -> None:
    problem = function("assert get(f(3)) == [3, 6]", setup="from pickle import loads as get")
    assert "by get" in str(make_plan(problem, "private").unjudgeable)
    literal = function("import re\nassert re.compile(f(3)) and eval('1 + 2') == 3 == f(3)", preamble="import re")
    assert make_plan(literal, "private").unjudgeable is None


HOSTILE = {
    "a link": "import os\ndef f(p):\n  os.symlink('/etc/passwd', p)\n  return 'root'",
    "a pipe": "import os\ndef f(p): os.mkfifo(p)",
    "a folder": "import os\ndef f(p): os.mkdir(p)",
    "too much": "def f(p): open(p, 'w').write('yes' * 2_000_000)",
    "too many": "def f(p):\n  for n in range(1500): open(f'{p}{n}', 'w').close()",
    "too deep": "import os\ndef f(p):\n  for _ in range(300): os.mkdir('d'), os.chdir('d')",
    "odd names": "import os\ndef f(p): open(b'/tmp/\\xff', 'w').close()",
    "forged": "import json, os\ndef f(p):\n  files = {'put': {PATH: 'eWVz'}}\n"
    "  d = json.dumps({'value': 1, 'around': {'files': files}}).encode()\n"
    "  os.write(3, len(d).to_bytes(4, 'big') + d)\n  os._exit(0)",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_files_that_are_none_reach_no_test(pool: Pool, name: str) -> None:
    problem = function("f('/tmp/out')\nassert open('/tmp/out').read() == 'yes'", limits=LIMITS)
    for path in (
        ("'../opt/box/x'", "'/etc/x'", "'a/../../x'", "'a//x'", "5", "'out' * 100") if name == "forged" else ("",)
    ):
        outcome = pool.judge(problem, HOSTILE[name].replace("PATH", path), "private")
        assert outcome.label is False, (path, outcome)
        assert pool.judge(problem, WRITES.replace("text='x'", "text='yes'"), "private").accepted


def test_tests_without_files_carry_none(pool: Pool) -> None:
    problem = function("def check(c): assert c('/tmp/out') == 1\ncheck(f)", limits=LIMITS)
    program = "import os\ndef f(p):\n  for n in range(1500): open(f'{p}{n}', 'w').close()\n  return 1"
    assert pool.judge(problem, program, "private").accepted
