"""The order in which tests are run. Private ones in one that no program can know, so that it cannot count them."""

import hmac
import os
import random
from collections.abc import Sequence

from sandbox.plan import Plan

_SECRET = os.urandom(32)
"""Fresh in every process of the host: within one, the same program meets the same order when it is run again."""


def order(plan: Plan, program: str) -> Sequence[int]:
    """The tests' numbers as they are run: shuffled where they are private and independent of each other."""
    numbers = list(range(plan.size))
    if plan.suite == "private" and plan.independent:
        question = f"{plan.identity}{program}".encode(errors="surrogatepass")
        random.Random(hmac.digest(_SECRET, question, "sha256")).shuffle(numbers)
    return numbers
