"""Whether the selectors of an evaluation have what they look at: a verifier's scores, public tests."""

import sys
from collections.abc import Sequence

from actors.search.selectors import SELECTORS
from pipeline.config.schema import Config
from pipeline.errors import ConfigError
from sandbox.problem import Problem


def check_selectors(config: Config, verifier: str | None, problems: Sequence[Problem]) -> None:
    """Raise ConfigError if a selector lacks what it looks at."""
    names = config.eval.selectors
    unscored = [name for name in names if SELECTORS[name].needs_scores and verifier is None]
    if unscored:
        raise ConfigError(
            f"eval.selectors: {', '.join(unscored)} ranks by a verifier's scores, and there is none; "
            "give one (--verifier DIR), or leave it out of --selectors"
        )
    looking = [name for name in names if SELECTORS[name].needs_public and not SELECTORS[name].needs_labels]
    without = sum(not problem.public_tests for problem in problems)
    if looking and without == len(problems):
        raise ConfigError(
            f"eval.selectors: {', '.join(looking)} looks at public tests, and none of the {len(problems)} problems of "
            f"{config.problems.test} has any; choose --selectors random or lv, or a set with public tests"
        )
    if without:
        print(
            f"note: {without} of {len(problems)} problems have no public tests: any program that loads passes there",
            file=sys.stderr,
        )
