"""What a search holds while it goes on: its kept histories, and one level per turn."""

from dataclasses import dataclass, field

from actors.search.episode import Answer, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchHistory:
    """A chat that waits for its next answer; `place` is that of its last answer among those kept in its turn."""

    messages: tuple[dict[str, str], ...]
    place: int = 0


@dataclass(slots=True, kw_only=True)
class SearchLevel:
    """One turn of all histories: answers, which history each continues, which are kept (best first), what they hear."""

    answers: list[Answer]
    parents: list[int]
    histories: list[SearchHistory]
    seeds: list[int]
    prompt_tokens: list[int]
    kept: list[int] = field(default_factory=list)
    feedback: dict[int, str] = field(default_factory=dict)
    sample_s: float = 0.0
    judge_s: float = 0.0

    def turn(self, chosen: int) -> Turn:
        return Turn(
            answers=tuple(self.answers),
            chosen=chosen,
            feedback=self.feedback.get(chosen, ""),
            prompt_tokens=sum(self.prompt_tokens),
            seed=self.seeds[self.parents[chosen]],
            sample_s=self.sample_s,
            judge_s=self.judge_s,
            kept=tuple(self.kept),
            parents=tuple(self.histories[parent].place for parent in self.parents),
        )
