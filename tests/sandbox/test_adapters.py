"""Methods of a class, nodes of lists and trees: made and taken apart beside the program, by the problem's own code."""

import pytest

from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Problem
from sandbox.problems.published.leetcode import READING
from sandbox.verdict import Verdict

pytestmark = pytest.mark.docker

PREAMBLE = (
    """
class TreeNode:
    def __init__(self, val=0, left=None, right=None):
        self.val, self.left, self.right = val, left, right

class ListNode:
    def __init__(self, val=0, next=None):
        self.val, self.next = val, next

def list_node(values):
    head = None
    for value in reversed(values):
        head = ListNode(value, head)
    return head

def tree_node(values):
    return TreeNode(values[0], TreeNode(values[1]) if values[1:] else None) if values else None
"""
    + READING
)
ADAPTERS = ("list_node", "tree_node", "list_values", "tree_values")


def problem(*tests: str) -> Problem:
    private = tuple(FunctionTest(test) for test in tests)
    common = {"preamble": PREAMBLE, "entry_point": "Solution", "adapters": ADAPTERS}
    return Problem(problem_id="p", prompt="", private_tests=private, **common)  # type: ignore[arg-type]


REVERSED = problem("assert list_values(Solution().turn(head=list_node([1, 2, 3]))) == [3, 2, 1]")
FLAT = problem("assert Solution().flat(root=tree_node([1, 2])) == [1, 2]")
TURN = """
class Solution:
    def turn(self, head):
        back = None
        while head:
            back, head.next, head = head, back, head.next
        return back
"""
WALK = "class Solution:\n    def flat(self, root):\n        return [root.val, root.left.val]\n"


@pytest.mark.parametrize(
    "program",
    [
        TURN,
        "class ListNode:\n    def __init__(self, val=0, next=None):\n        self.val, self.next = val, next\n" + TURN,
        TURN + "\ndef list_node(a, b, c):\n    return a\n\ndef list_values():\n    return 1\n",  # names of its own
    ],
)
def test_lists_are_made_and_read(pool: Pool, program: str) -> None:
    outcome = pool.judge(REVERSED, program, "private")
    assert outcome.accepted, outcome.message


def test_a_wrong_list_is_rejected(pool: Pool) -> None:
    outcome = pool.judge(REVERSED, "class Solution:\n    def turn(self, head):\n        return head", "private")
    assert outcome.verdict is Verdict.WRONG_ANSWER and "[1, 2, 3]" in outcome.message


def test_a_program_cannot_put_its_own_builder_in_place(pool: Pool) -> None:
    assert pool.judge(FLAT, WALK, "private").accepted
    cheat = (
        "def tree_node(values):\n    return values\n\nclass Solution:\n    def flat(self, root):\n        return root\n"
    )
    assert not pool.judge(FLAT, cheat, "private").accepted


def test_a_method_that_a_functions_result_has_is_the_judges_to_call(pool: Pool) -> None:
    """Only of a class, named with a capital, are methods called beside the program."""
    named = Problem(
        problem_id="p", prompt="", private_tests=(FunctionTest("assert f().upper() == 'A'"),), entry_point="f"
    )
    liar = "class Text(str):\n    def upper(self):\n        return 'A'\n\ndef f():\n    return Text('b')"
    assert not pool.judge(named, liar, "private").accepted
    assert pool.judge(named, "def f():\n    return 'a'", "private").accepted
