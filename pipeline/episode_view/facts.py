"""What is known of an episode at a glance: a row of the page's list, and the metadata of a sample in Inspect."""

from dataclasses import dataclass

from actors.search.episode import Answer, Episode
from pipeline.episode_view.choice import EpisodeStage
from pipeline.episode_view.reading import Scores, answer_score
from sandbox.verdict import settling_outcome

NOT_RUN = "not_run"
"""Where a verdict is expected and no test was run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeFacts:
    """`solved`: whether its last answer passes all tests; None if that was not judged. `masked`: why nothing is learnt
    from it, or "". `ending`: as in the counts of a part, without the plan: "context" is said if it has fewer turns
    than it may. `verdicts`: what settled the chosen answer of each turn. `tokens`: of all its answers. `score`: the
    logit of the last chosen answer.
    """

    solved: bool | None
    masked: str
    ending: str
    verdicts: tuple[str, ...]
    tokens: int
    score: float | None


def episode_facts(episode: Episode, stage: EpisodeStage, scores: Scores) -> EpisodeFacts:
    turns = episode.turns
    return EpisodeFacts(
        solved=turns[-1].answer.label if turns and not episode.masked else None,
        masked=episode.masked or "",
        ending=_ending(episode, stage),
        verdicts=tuple(settling_verdict_name(turn.answer) for turn in turns),
        tokens=sum(answer.tokens for turn in turns for answer in turn.answers),
        score=answer_score(episode, len(turns) - 1, scores) if turns else None,
    )


def settling_verdict_name(answer: Answer) -> str:
    """The verdict that settles an answer; NOT_RUN if there is none."""
    outcome = settling_outcome(answer.public, answer.private)
    return NOT_RUN if outcome is None else str(outcome.verdict)


def _ending(episode: Episode, stage: EpisodeStage) -> str:
    if episode.masked:
        return episode.masked
    if not episode.turns:
        return "context"
    last = episode.turns[-1].answer
    passed = last.label is True if stage.stop == "all" else last.public is not None and last.public.accepted
    if passed:
        return "passed"
    return "turns" if stage.turns is None or len(episode.turns) >= stage.turns else "context"
