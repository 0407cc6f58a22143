"""Rows of every format that a loader of problems reads, each right: by the data set, "" for problems of one's own.

The first rows of the publishers' files, where they are at hand; else rows by hand in the documented fields.
"""

import base64
import json
import os
import pickle
import zlib
from collections.abc import Mapping
from typing import Any

from sandbox.problems.load import DATA_SETS
from sandbox.problems.sources import DATA_DIR
from tests.support.published import raw

Row = dict[str, Any]
MOST_ROWS = 2
READ = ("mbpp", "mbpp_sanitized", "mbpp_plus", "humaneval", "humanevalpack", "humanevalpack_js", "humaneval_plus")
READ = (*READ, "humaneval_evalplus", "mbpp_evalplus", "bigcodebench", "classeval", "codecontests_sample")
"""Data sets whose published files are read, if there are any."""
LARGE = 30_000
"""Characters of a row that is not taken: what is damaged in it would not be looked at more closely."""


def _packed(cases: list[Row]) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(cases)))).decode()


OWN = [
    {
        "task_id": "double",
        "prompt": "Double a number.",
        "public_tests": ["assert f(1) == 2"],
        "private_tests": ["assert f(5) == 10", "assert f(0) == 0\nassert f(1.5) == 3.0"],
        "reference": "def f(x): return 2 * x",
        "entry_point": "f",
        "preamble": "import math",
        "setup": "def helper():\n    return 1",
        "imports": ["math"],
        "float_tol": 1e-6,
        "limits": {"cpu_limit_s": 2, "wall_limit_s": 20, "memory_mib": 256, "values_mib": 8, "per_test": True},
    },
    {
        "task_id": 7,
        "prompt": "Print a digit.",
        "io": "stdio",
        "public_tests": [],
        "private_tests": [{"input": "a\n", "output": "a\n"}],
        "checker": "tokens",
        "reference": "print(input())",
        "language": "python",
    },
    {
        "task_id": "other",
        "prompt": "Print another digit.",
        "io": "stdio",
        "private_tests": [{"input": "2 5\n", "output": "2\n"}],
        "checker_source": "def check(input, output, expected):\n    return len(output.split()) == 1",
        "language": "javascript",
    },
]
STDIN = {"input": "1 2\n", "output": "3\n", "testtype": "stdin"}
CALL = {"input": '["a"]\n1', "output": '"a"', "testtype": "functional"}
LIVE = {
    "question_content": "Print the sum.",
    "question_id": "abc1_a",
    "starter_code": "",
    "public_test_cases": json.dumps([STDIN]),
    "private_test_cases": _packed([STDIN]),
    "metadata": "{}",
}
METHOD = LIVE | {
    "question_id": "3000",
    "starter_code": "class Solution:\n    def joined(self, words: List[str], n: int) -> str:\n        ",
    "public_test_cases": json.dumps([CALL]),
    "private_test_cases": _packed([CALL]),
    "metadata": '{"func_name": "joined"}',
}
STREAMS = {"inputs": ["1 2\n", "3 4\n"], "outputs": ["3\n", "7\n"]}
CALLS = {"fn_name": "add", "inputs": [[1, 2], [3, 4]], "outputs": [[3], [7]]}
APPS = [
    {
        "problem_id": number,
        "question": "Add.\n\nExample\n1 2\n3",
        "starter_code": "",
        "input_output": json.dumps(cases),
        "solutions": json.dumps(["print(3)"]),
        "time_limit": "2.5 seconds",
        "memory_limit": "512.0 megabytes",
    }
    for number, cases in enumerate((STREAMS, CALLS))
]
LEETCODE = {
    "task_id": "reverse-linked-list",
    "problem_description": "Reverse a list.\n\nExample 1:\n\nInput: head = [1,2], k = null\nOutput: [2,1]\n",
    "starter_code": "class Solution:\n    def reverseList(self, head, k):\n        ",
    "prompt": "class ListNode:\n    pass\ndef list_node(values): ...\ndef is_same_list(a, b): ...\n",
    "completion": "class Solution:\n    def reverseList(self, head, k): ...",
    "entry_point": "Solution().reverseList",
    "test": "def check(candidate):\n"
    "    assert is_same_list(candidate(head = list_node([3]),k = 2), list_node([3]))\n"
    "    assert candidate(head = list_node([1, 2]),k = None) == 7\n",
}
CONTEST: Row = {
    "name": "double",
    "description": "Double it.",
    "input_file": "",
    "output_file": "",
    "time_limit": {"seconds": 1, "nanos": 500_000_000},
    "memory_limit_bytes": 512 << 20,
    "generated_tests": {"input": ["4\n", "5\n"], "output": ["8\n", "10\n"]},
    "solutions": {"language": [2, 3], "solution": ["int main(){}", "print(2 * int(input()))"]},
    **{name: {"input": ["1\n"], "output": ["2\n"]} for name in ("public_tests", "private_tests")},
}
KODCODE = {
    "question_id": "Prefill_1_I",
    "question": "Double it.",
    "solution": "def double(x):\n    return 2 * x",
    "test": "from solution import double\n\ndef test_one():\n    assert double(1) == 2\n\n"
    "def test_two():\n    assert double(3) == 6\n",
    "test_info": [{"function_name": "double", "parameter_list": "(x)"}],
}
MERGED = {"id": 7, "labels": '{"name": "double"}', "content": "Double it. Example 1 gives 2 ."}
MERGED |= {
    "test": json.dumps([{"input": {"stdin": one}, "output": {"stdout": two}} for one, two in (("3", "6"), ("1", "2"))])
}
MBPP = {
    "task_id": 601,
    "text": "Add one.",
    "prompt": "Add one.",
    "code": "def f(x):\n return x + 1",
    "test_list": ["assert f(1) == 2", "assert f(2) == 3"],
    "test_setup_code": "",
    "challenge_test_list": ["assert f(3) == 4"],
    "test_imports": ["import math"],
    "test": "assert f(4) == 5",
}
CHECK = "def check(candidate):\n    assert candidate(1) == 2\n"
HUMANEVAL = {
    "task_id": "HumanEval/1000",
    "prompt": 'import math\n\ndef f(x):\n    """Add one."""\n',
    "canonical_solution": "    return x + 1\n",
    "entry_point": "f",
    "test": CHECK,
    "example_test": f"{CHECK}check(f)\n",
}
EVALPLUS = HUMANEVAL | {"base_input": [[1], [2]], "plus_input": [[3.5]], "atol": 1e-6, "contract": ""}
BIG = {
    "task_id": "BigCodeBench/5000",
    "prompt": 'import math\n\ndef task_func(x):\n    """Add."""',
    "complete_prompt": "",
    "canonical_solution": "\n    return x + 1\n",
    "entry_point": "task_func",
    "test": "import unittest\nclass TestCases(unittest.TestCase):\n"
    "    def test_a(self):\n        self.assertEqual(task_func(1), 2)\n",
    "libs": ["math"],
}
CLASS = {
    "task_id": "ClassEval_500",
    "class_name": "A",
    "skeleton": "class A:\n    def f(self): ...",
    "solution_code": "class A:\n    def f(self):\n        return 1",
    "import_statement": ["import math"],
    "test": "import unittest\nclass T(unittest.TestCase):\n"
    "    def test_a(self):\n        self.assertEqual(A().f(), 1)\n",
}
BY_HAND: Mapping[str, list[Row]] = {
    "": OWN,
    **{name: [MBPP] for name in ("mbpp", "mbpp_sanitized", "mbpp_plus")},
    **{name: [HUMANEVAL] for name in ("humaneval", "humanevalpack", "humaneval_plus")},
    "humanevalpack_js": [
        HUMANEVAL
        | {
            "task_id": "JavaScript/1000",
            "prompt": "const f = (x) => {\n",
            "declaration": "const f = (x) => {\n",
            "canonical_solution": "  return x + 1;\n}\n",
            "test": "const check = () => {\n  console.assert(f(1) === 2)\n}\ncheck()\n",
            "example_test": "",
        }
    ],
    "humaneval_evalplus": [EVALPLUS],
    "mbpp_evalplus": [
        EVALPLUS
        | {
            "task_id": "Mbpp/116",
            "canonical_solution": "def f(x):\n    return x",
            "base_input": [[[1], [2]]],
            "plus_input": [[[3], []]],
        }
    ],
    "bigcodebench": [BIG],
    "classeval": [CLASS],
    "leetcode": [LEETCODE],
    "livecodebench": [LIVE, METHOD],
    "apps": APPS,
    "taco": APPS,
    "codecontests": [CONTEST],
    "codecontests_sample": [MERGED],
    "kodcode": [KODCODE],
}


def problem_rows() -> dict[str, list[Row]]:
    """By data set; those by hand, and of published files the first ones that are not large."""
    found = {name: list(rows) for name, rows in BY_HAND.items()}
    for name in READ if DATA_DIR in os.environ else ():
        small = (row for row in raw(DATA_SETS[name].place) if len(json.dumps(row)) < LARGE)
        found[name] += [row for row, _ in zip(small, range(MOST_ROWS), strict=False)]
    return found
