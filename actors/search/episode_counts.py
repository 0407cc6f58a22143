"""What happened in episodes, as numbers that add up."""

import itertools
from collections import Counter
from collections.abc import Sequence

from actors.search.episode import Answer, Episode
from actors.search.plan import SearchPlan
from actors.search.selection import ends_search

ENDINGS = tuple(f"ended_{why}" for why in ("passed", "turns", "context", "unjudged", "infrastructure"))


def episode_ending(episode: Episode, plan: SearchPlan) -> str:
    """Why an episode ended: "infrastructure", "unjudged", "passed", "turns" or "context" (no room for more)."""
    if episode.masked is not None:
        return episode.masked
    if episode.turns and ends_search(episode.turns[-1].answer, plan):
        return "passed"
    return "turns" if len(episode.turns) == plan.turns else "context"


def episode_counts(episodes: list[Episode], plans: Sequence[SearchPlan]) -> dict[str, int]:
    """What happened, in numbers that add up: episodes = the sum of the `ended_…`, answers = that of the kinds below.

    `judged` answers have a label; `unjudged` ones were not chosen and not asked about; of `unjudgeable` ones the
    verdict is `unjudged`; `infrastructure` lost the others. `solved` episodes end with an
    answer that passes all tests. Episodes come in the order of `plans`, again and again; what several plans share is
    counted for each.
    """
    counts = Counter(dict.fromkeys(ENDINGS, 0))
    counts["episodes"] = len(episodes)
    counts["solved"] = sum(bool(one.turns) and one.turns[-1].answer.label is True for one in episodes)
    for episode, plan in zip(episodes, itertools.cycle(plans)):
        counts[f"ended_{episode_ending(episode, plan)}"] += 1
        for turn in episode.turns:
            counts["turns"] += 1
            counts["answers"] += len(turn.answers)
            counts["tokens"] += sum(answer.tokens for answer in turn.answers)
            counts["no_program"] += sum(answer.program is None for answer in turn.answers)
            counts["cut_short"] += sum(answer.finish_reason == "length" for answer in turn.answers)
            for answer in turn.answers:
                counts[_kind(answer)] += 1
    return dict(counts)


def _kind(answer: Answer) -> str:
    if answer.lost:
        return "answers_infrastructure"
    if answer.unjudged:
        return "answers_unjudgeable"
    return "answers_judged" if answer.label is not None else "answers_unjudged"
