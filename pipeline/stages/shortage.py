"""Why a stage has nothing to train on, by the counts of the episodes: what to change depends on it."""

from collections import Counter
from collections.abc import Callable, Sequence

from pipeline.state.manifest import Manifest

Counts = Counter[str]
MOST = 0.5
"""A cause of so many of the episodes, or of their answers, is the one to mend first."""


def counts_of(manifests: Sequence[Manifest]) -> Counts:
    """Counts of several stages together."""
    total: Counts = Counter()
    for manifest in manifests:
        total.update(manifest.counts)
    return total


def describe_shortage(episodes: Counts) -> str:
    """What became of the episodes, and what to change first: "of 16 episodes 16 ended for lack of room; raise …"."""
    return f"{_seen(episodes)}. {_advice(episodes)}"


def _seen(episodes: Counts) -> str:
    wrong = episodes["answers_judged"] - episodes["solved"]
    ended = {
        "solved": episodes["solved"],
        "ended for lack of room": episodes["ended_context"],
        "used up their turns": episodes["ended_turns"],
        "were lost to the infrastructure": episodes["ended_infrastructure"],
        "had tests that cannot be judged": episodes["ended_unjudged"],
    }
    answers = {
        "wrong": max(wrong, 0),
        "without a program": episodes["no_program"],
        "cut at rollouts.max_tokens": episodes["cut_short"],
    }
    said = ", ".join(f"{count} {name}" for name, count in ended.items() if count)
    faults = ", ".join(f"{count} {name}" for name, count in answers.items() if count) or "none was wrong"
    return f"Of {episodes['episodes']} episodes {said}; of {episodes['answers']} answers {faults}"


def _advice(episodes: Counts) -> str:
    for is_cause, advice in _CAUSES:
        if is_cause(episodes):
            return advice
    return "Sample more (rollouts.samples, rollouts.turns), or choose problems nearer to what the model can do"


def _share(part: str, whole: str) -> Callable[[Counts], bool]:
    return lambda counts: counts[part] > 0 and counts[part] >= MOST * counts[whole]


_CAUSES: tuple[tuple[Callable[[Counts], bool], str], ...] = (
    (
        _share("ended_infrastructure", "episodes"),
        "The infrastructure failed, not the model: `mucode doctor`, and the log of the actors",
    ),
    (
        _share("ended_unjudged", "episodes"),
        "The tests cannot be judged: `mucode sandbox check --samples reference` says why",
    ),
    (
        _share("ended_context", "episodes"),
        "Raise model.max_tokens, which prompt and answers share, or take problems with shorter prompts",
    ),
    (_share("cut_short", "answers"), "Raise rollouts.max_tokens, and model.max_tokens with it"),
    (
        _share("no_program", "answers"),
        "The model writes no program in the form that dialogue.style asks for; another style may suit it",
    ),
    (
        lambda counts: 0 < counts["episodes"] - _masked(counts) == counts["solved"],
        "Every answer is right: there is nothing to learn from these problems; choose harder ones",
    ),
    (
        lambda counts: not counts["solved"],
        "Every answer is wrong: sample more (rollouts.samples, rollouts.turns), choose easier problems, or start from "
        "a stronger model",
    ),
)


def _masked(counts: Counts) -> int:
    return counts["ended_infrastructure"] + counts["ended_unjudged"]
