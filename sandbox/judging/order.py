"""The order in which tests are run. Private ones in one that no program can know, so that it cannot count them."""

import hashlib
import random
from collections.abc import Sequence

from sandbox.judging.plan import JudgingPlan


def order_of_tests(plan: JudgingPlan, program: str) -> Sequence[int]:
    """The tests' numbers as they are run: shuffled if they are private and independent of each other.

    The same on every host, so that a repeated run has the same results. The plan's identity covers the expected
    values: who can compute the order knows them already.
    """
    numbers = list(range(plan.size))
    if plan.suite == "private" and plan.independent:
        question = f"{plan.identity}{program}".encode(errors="surrogatepass")
        random.Random(hashlib.sha256(question).digest()).shuffle(numbers)
    return numbers
