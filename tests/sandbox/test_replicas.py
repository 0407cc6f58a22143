"""Objects of classes that the preamble defines: both boxes have them, and what one side does to one the other sees."""

import pytest

from sandbox.pool.pool import Pool
from sandbox.problem import FunctionTest, Problem
from sandbox.problems.judgeable import unjudgeable_reason
from sandbox.verdict import Verdict
from tests.sandbox.problems import function

pytestmark = pytest.mark.docker

PREAMBLE = """
import abc, dataclasses, enum, functools

class ListNode:
    def __init__(self, val=0, next=None):
        self.val, self.next = val, next

class Tree:
    __slots__ = ("val", "kids", "__secret")
    def __init__(self, val, *kids):
        self.val, self.kids, self.__secret = val, [*kids], 2 * val
    def secret(self):
        return self.__secret
    def is_leaf(self):
        return not self.kids

@dataclasses.dataclass(frozen=True)
class Point:
    x: int
    y: int

class Point3(Point):
    z = 0

class Node:
    def __init__(self, val):
        self.val, self.near = val, set()
    def __hash__(self):
        return hash(self.val)
    def __eq__(self, other):
        return isinstance(other, Node) and self.val == other.val

class Square:
    def __init__(self, side):
        self.side = side
    @functools.cached_property
    def area(self):
        return self.side ** 2

class Shape(abc.ABC):
    @abc.abstractmethod
    def sides(self): ...

class Triangle(Shape):
    def sides(self):
        return 3

class Color(enum.Enum):
    RED = 1
    BLUE = 2

class Unfit(ValueError):
    pass

def link(values):
    head = None
    for value in reversed(values):
        head = ListNode(value, head)
    return head

def unlink(head):
    values = []
    while head:
        values.append(head.val)
        head = head.next
    return values
"""
LINKED = "assert unlink(f(link([1, 2, 3]))) == [3, 2, 1]"
TURN = """
def f(head):
    back = None
    while head:
        back, head.next, head = head, back, head.next
    return back
"""
COPY = """
def f(head):
    back = None
    while head:
        back, head = ListNode(head.val, back), head.next
    return back
"""
OWN = "class ListNode:\n    def __init__(self, val=0, next=None):\n        self.val, self.next = val, next\n"


def problem(*tests: str) -> Problem:
    return function(*tests, name=None, preamble=PREAMBLE)


@pytest.mark.parametrize("program", [TURN, COPY, OWN + COPY, OWN + TURN])
def test_lists_of_nodes_are_judged(pool: Pool, program: str) -> None:
    """Changed in place or made anew, of the preamble's class or of the program's own with that name."""
    assert pool.judge(problem(LINKED), program, "private").accepted
    wrong = pool.judge(problem(LINKED), program.replace("back = None", "back = ListNode(7)"), "private")
    assert (wrong.verdict, wrong.message) == (Verdict.WRONG_ANSWER, "got [3, 2, 1, 7], expected [3, 2, 1]")


@pytest.mark.parametrize(
    ("test", "program"),
    [
        ("h = link([1, 2])\nf(h)\nassert unlink(h) == [1, 5, 2]", "def f(h): h.next = ListNode(5, h.next)"),
        ("assert f(link(range(5000))) == 5000", "def f(h):\n  n = 0\n  while h: n, h = n + 1, h.next\n  return n"),
        ("h = ListNode(1)\nh.next = h\nassert f(h) is h and h.next.next is h", "def f(h): return h.next.next.next"),
        ("a = ListNode(1)\nx, y = f(a, [a])\nassert x is y is a", "def f(a, b): return a, b[0] if b[0] is a else None"),
        ("assert f(Tree(1, Tree(2), Tree(3))) == [1, 2, 3]", "def f(t): return [t.val] + sum(map(f, t.kids), [])"),
        (
            "t = Tree(1)\nkids = t.kids\nf(t)\nassert [k.val for k in kids] == [4] and kids[0].is_leaf()",
            "def f(t): t.kids.append(Tree(4))",
        ),
        ("assert f(Tree(4)).secret() == 10", "def f(t): return Tree(t.val + 1)"),
        ("assert f(Point(1, 2)) == Point(2, 1)", "def f(p): return Point(p.y, p.x)"),
        ("p = Point3(1, 2)\nassert f(p) == 0 and f(p) == 0", "def f(p): return p.z"),
        ("b = Box()\nh = ListNode(1)\nb.put(h)\nh.val = 3\nassert b.look() == 3", "class Box:\n"
         "  def put(self, h): self.h = h\n  def look(self): return self.h.val"),
        ("b = Box(ListNode(1))\nassert b.h.val == 1\nb.grow()\nassert b.h.val == 2", "class Box:\n"
         "  def __init__(self, h): self.h = h\n  def grow(self): self.h.val += 1"),
        ("d = f({'a': link([1])})\nassert d['a'].val == 1 and unlink(d['b']) == [2, 3]", "def f(d):\n"
         "  d['b'] = ListNode(2, ListNode(3))\n  return d"),
        ("assert f(1, 2) == Point(1, 2) and type(f(1, 2)) is Point", "def f(x, y): return Point(x, y)"),
        ("assert f(2) == [Point(0, 0), Point(1, 1)]", "def f(n): return [Point(i, i) for i in range(n)]"),
        ("assert isinstance(f(1), ListNode) and f(1).val == 1", "class My(ListNode): pass\ndef f(n): return My(n)"),
        (
            "a, b = Node(1), Node(2)\na.near.add(b)\nb.near.add(a)\nf(a)\nassert Node(3) in a.near and b in a.near",
            "def f(n):\n  assert n in [*n.near][0].near\n  n.near.add(Node(3))",
        ),
        (
            "h = ListNode({Point(3, 4): 5})\nassert f(h) == 5\nassert h.val[Point(1, 1)] == 2",
            "def f(h):\n  h.val[Point(1, 1)] = 2\n  return h.val[Point(3, 4)]",
        ),
        ("s = Square(3)\nassert f(s) == s.area == 9 and f(s) == 9", "def f(s): return s.area"),
        ("assert f([Triangle(), Triangle()]) == 6", "def f(shapes): return sum(s.sides() for s in shapes)"),
        ("assert f(Color.RED) is Color.BLUE and f(1) == Color.RED", "def f(c):\n"
         "  return Color(c) if c == 1 else Color.BLUE if c is Color.RED else None"),
        ("assert f({Color.RED: 1}) == {Color.BLUE}", "class Color(enum.Enum):\n  RED = 1\n  BLUE = 2\n"
         "def f(d): return {Color.BLUE} if d[Color.RED] else d"),
        ("try:\n  f(1)\n  assert False\nexcept Unfit as e:\n  assert str(e) == 'no'", "def f(n): raise Unfit('no')"),
        ("h = link([1, 2])\ndel h.next\nassert f(h) == ['val']", "def f(h): return [*vars(h)]"),
    ],
)  # fmt: skip
def test_what_happens_to_one_happens_to_the_other(pool: Pool, test: str, program: str) -> None:
    outcome = pool.judge(problem(test), program, "private")
    assert (outcome.verdict, outcome.message) == (Verdict.ACCEPTED, "")


LEAF = problem("t = f(Tree(1, Tree(2)))\nassert t.is_leaf()")


@pytest.mark.parametrize(
    "program",
    [
        "def f(t):\n  t.is_leaf = lambda: True\n  return t",
        "class Tree:\n  def __init__(self): self.is_leaf = lambda: True\ndef f(t): return Tree()",
        "class Tree:\n  def is_leaf(self): return True\ndef f(t):\n  x = Tree(); x.kids = [1]\n  return x",
        "Tree.is_leaf = lambda self: True\ndef f(t): return t",
        "class My(Tree):\n  def __eq__(s, o): return True\ndef f(t): return My(0, 1).kids[0]",
    ],
)
def test_methods_are_the_tests_own(pool: Pool, program: str) -> None:
    """A program that puts its own in their place says nothing by them."""
    assert pool.judge(LEAF, program, "private").verdict in (Verdict.WRONG_ANSWER, Verdict.RUNTIME_ERROR)
    assert pool.judge(LEAF, "def f(t): return t.kids[0]", "private").accepted


KEPT = problem("s = Square(3)\nassert f(s).area == 16")


def test_what_a_method_has_computed_once_is_each_sides_own(pool: Pool) -> None:
    for program in ("def f(s):\n  s.area = 16\n  return s", "def f(s):\n  vars(s)['area'] = 16\n  return s"):
        assert pool.judge(KEPT, program, "private").message == "got 9, expected 16"
    assert pool.judge(KEPT, "def f(s): return Square(4)", "private").accepted


def test_members_of_an_enumeration_are_no_others(pool: Pool) -> None:
    wrong = problem("assert f(Color.RED) is Color.BLUE")
    liar = "class Color:\n  def __eq__(s, o): return True\n"
    for program in ("def f(c): return c", f"{liar}def f(c): return Color()", "def f(c): return 2"):
        assert pool.judge(wrong, program, "private").label is False


FORGED = (
    "{'-1': ['Tree', {'val': 1}], 'x': 1}",
    "{'-1': ['dict', {}]}",
    "{'-4': 3}",
    "[1]",
    "{'-1000000000000': ['Color', {}]}",
    "{'-1000000000000': ['Tree', {}]}",
    "{'-3': ['Color', {'_value_': 2}]}",
)


@pytest.mark.parametrize("forged", FORGED)
def test_forged_objects_reject(pool: Pool, forged: str) -> None:
    program = (
        "import sys\ndef f(t):\n"
        "  objects = next(o for o in __import__('gc').get_objects() if type(o).__name__ == 'Objects')\n"
        f"  objects.replicas.changes = lambda: {{'replicas': {forged}}}\n"
        "  return t.kids[0]"
    )
    assert pool.judge(LEAF, program, "private").label is False


def test_objects_of_the_preamble_are_no_reason_to_exclude() -> None:
    given = problem("assert f(ListNode(1)) == 1")
    assert unjudgeable_reason(given) is None
    (test,) = given.private_tests
    assert isinstance(test, FunctionTest)
    own = function(f"class Node: pass\n{test.source.replace('ListNode(1)', 'Node()')}", name=None)
    assert "an object of class Node" in str(unjudgeable_reason(own))


def test_more_objects_than_can_be_looked_at_are_no_verdict(pool: Pool) -> None:
    many = function("assert f(link([0] * 21_000)) == 1", preamble=PREAMBLE)
    outcome = pool.judge(many, "def f(h): return 1", "private")
    assert outcome.verdict is Verdict.UNJUDGED and "more than 20000 objects" in outcome.message
