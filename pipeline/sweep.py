"""Many searches of each problem over one set of samples: every selector at every N, and all of the first turn judged.

What a curve over N is: best of N' and best of N > N' draw the first N' answers of a history from the same seeds, so
wherever two searches stand at the same history, the narrower one sees a part of what the wider one sees (common
random numbers), and the difference between them is what N changes, not luck. Histories part where choices part.
"""

from actors.plan import SearchPlan
from actors.selectors import SELECTORS
from pipeline.config import Config

POOL = "first"
"""Selector of the plan that only draws and judges: its first answer is an ordinary sample."""


def sweep_widths(config: Config) -> list[int]:
    return sorted(set(config.eval.widths) or {config.eval.best_of})


def sweep_plans(config: Config, scored: bool) -> list[SearchPlan]:
    """Of one answer a selector has nothing to choose, so N = 1 is played once, as `random`.

    `scored`: a verifier is there; without one, selectors that need it are left out.
    """
    settings = config.eval
    widths = sweep_widths(config)
    names = [name for name in settings.selectors if scored or not SELECTORS[name].scores]
    chosen = [(name, width) for name in names for width in widths if width > 1]
    chosen += [("random", 1)] if 1 in widths else []

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

    pool = plan(POOL, max([*widths, *settings.passes]), turns=1, judge_all=True)
    return [pool, *(plan(name, width) for name, width in chosen)]
