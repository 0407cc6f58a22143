"""The problem that boxes and engines fail at, and its right answer."""

from sandbox.problem import Limits
from tests.sandbox.problems import function

PROBLEM = function("assert f(3) == [3, 6]", limits=Limits(cpu_limit_s=2, wall_limit_s=5, memory_mib=256))
RIGHT = "def f(x): return [x, 2 * x]"
