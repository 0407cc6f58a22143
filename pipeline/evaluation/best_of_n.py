"""Many searches of each problem over one set of samples: every selector at every N, and all of the first turn judged.

What a curve over N is: best of N' and best of N > N' draw the first N' answers of a history from the same seeds, so
wherever two searches stand at the same history, the narrower one sees a part of what the wider one sees (common
random numbers), and the difference between them is what N changes, not luck. Histories part when choices part.
"""

from typing import TYPE_CHECKING

from actors.search.selectors import RESERVED_NAMES, SELECTORS
from pipeline.config.schema import Config

if TYPE_CHECKING:
    from actors.search.plan import SearchPlan

FIRST_TURN_SELECTOR = "first"
"""Selector of the plan that only draws and judges: its first answer is an ordinary sample."""


def is_selector_series(metric: str, series: str) -> bool:
    """Whether the rows of this metric and series are of searches by a selector."""
    return metric == "accuracy" and series not in RESERVED_NAMES


def best_of_n_values(config: Config) -> list[int]:
    return sorted(set(config.eval.widths) or {config.eval.best_of})


def best_of_n_searches(config: Config, scored: bool = True) -> list[tuple[str, int]]:
    """Selector and N of every search. Of one answer there is nothing to choose, so N = 1 is played once, as `random`.

    `scored`: a verifier is there; without one, selectors that need it are left out.
    """
    widths = best_of_n_values(config)
    names = [name for name in dict.fromkeys(config.eval.selectors) if scored or not SELECTORS[name].needs_scores]
    chosen: list[tuple[str, int]] = [(name, width) for name in names for width in widths if width > 1]
    return chosen + ([("random", 1)] if 1 in widths else [])


def first_turn_size(config: Config) -> int:
    """Answers of the first turn that are drawn for all searches."""
    return max([*best_of_n_values(config), *config.eval.passes])


def answers_per_problem(config: Config) -> int:
    """Of all searches of a problem, at most: those that choose alike share theirs."""
    settings = config.eval
    later = settings.turns - 1
    each = [width + later * min(settings.beam, width) * width for _, width in best_of_n_searches(config)]
    return settings.searches * (first_turn_size(config) + sum(each))


def best_of_n_plans(config: Config, scored: bool) -> "list[SearchPlan]":
    """One plan per search, and one that draws and judges the first turn's answers."""
    from actors.search.plan import SearchPlan  # imports pyarrow, which estimates do without

    settings = config.eval

    def plan(selector: str, width: int, turns: int = settings.turns, **changes: bool) -> SearchPlan:
        return SearchPlan(
            turns=turns,
            width=width,
            beam=min(settings.beam, width) if turns > 1 else 1,
            selector=selector,
            temperature=settings.temperature,
            top_p=1.0,
            max_tokens=config.rollouts.max_tokens,
            seed=config.run.seed + 1,  # never the training rollouts' seeds
            no_repeat=settings.no_repeat,
            **changes,  # type: ignore[arg-type]
            **config.dialogue.model_dump(),
        )

    first = plan(FIRST_TURN_SELECTOR, first_turn_size(config), turns=1, judge_all=True)
    return [first, *(plan(name, width) for name, width in best_of_n_searches(config, scored))]
