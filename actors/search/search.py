"""How an episode is sampled: N answers to each kept history, the best kept, public tests, feedback, again.

    consumes       a problem and a plan (or several plans, which then share what they sample)
    waits for      the request cache: the engine's answers, the judge's outcomes, the verifier's scores
    produces       one Episode per plan, whatever the program did; one that the sandbox or its tests fail is marked
    unblocked by   the answer, or an error that names problem and sample; one that never comes ends its episode

An episode is one coroutine and shares nothing with those of other problems, so no turn waits for another's.
"""

import logging
import time
from collections.abc import Sequence

from actors.inference.engine import AnswerLost
from actors.prompting.dialogue import build_dialogue
from actors.search.episode import Episode, Turn
from actors.search.level_selection import LevelSelector
from actors.search.levels import SearchHistory, SearchLevel
from actors.search.plan import SearchPlan, episode_id
from actors.search.request_cache import RequestCache, RolloutServices
from actors.search.sampling import TurnSampler
from actors.search.selection import ends_search, has_no_verdict
from actors.search.selectors import SELECTORS
from sandbox.problem import Problem

logger = logging.getLogger(__name__)


async def play_episodes(
    services: RolloutServices,
    plans: Sequence[SearchPlan],
    problem: Problem,
    sample: int,
    *,
    iteration: int = 0,
    verifier_id: str = "",
    stranger: Problem | None = None,
) -> list[Episode]:
    """One episode per plan, each as it would be played alone, for less: equal histories are sampled once.

    Raises EngineError or StalledError; sandbox failures and lost answers come back in the episode.

    Continuation k of a request depends on its seed and k, and the seed on the history; so a narrower search takes
    the first answers of a wider one's wherever their histories agree. The widest plans are played first.
    `verifier_id` is recorded if scores are. `stranger`: as in `Shard`.
    """
    cache = RequestCache(services, problem, sample, stranger)
    observed = any(SELECTORS[plan.selector].needs_behaviour for plan in plans)
    episodes: dict[int, Episode] = {}
    for number in sorted(range(len(plans)), key=lambda number: -plans[number].width):
        plan = plans[number]
        scored = verifier_id if SELECTORS[plan.selector].needs_scores or plan.judge_all or len(plans) == 1 else ""
        episodes[number] = await _Search(cache, plan, iteration, scored, observed).play()
    return [episodes[number] for number in range(len(plans))]


class _Search:
    """One plan played on one problem."""

    def __init__(self, cache: RequestCache, plan: SearchPlan, iteration: int, verifier_id: str, observed: bool) -> None:
        self.cache, self.plan, self.problem = cache, plan, cache.problem
        self.iteration, self.verifier_id = iteration, verifier_id
        self.policy_id = cache.services.engine.policy_id
        self.dialogue = build_dialogue(plan.style, plan.feedback, plan.show_tests)
        self.prompt = self.dialogue.first_prompt(self.problem)
        self.sampler = TurnSampler(cache, plan, self.dialogue)
        self.selection = LevelSelector(cache, plan, self.prompt, observed)
        self.levels: list[SearchLevel] = []
        self.broken = False

    async def play(self) -> Episode:
        """Turn after turn, until a kept program passes its tests, or turns or room end."""
        histories = [SearchHistory(messages=({"role": "user", "content": self.prompt},))]
        while histories and len(self.levels) < self.plan.turns:
            try:
                level = await self.sampler.sample_turn(histories, turn=len(self.levels) + 1)
            except AnswerLost as error:
                logger.warning("%s; the episode ends here and is masked", error)
                self.broken = True
                break
            if level is None:
                break
            failed = self._failed()
            self.levels.append(level)
            started = time.monotonic()
            await self.selection.select_answers(level, failed)
            level.judge_s = time.monotonic() - started
            self.broken |= self.selection.broken or any(answer.lost for answer in level.answers)
            lost = self.broken or any(map(has_no_verdict, level.answers))
            ended = ends_search(level.answers[level.kept[0]], self.plan)
            over = lost or ended or len(self.levels) == self.plan.turns
            histories = [] if over else self._continued(level)
        return self._episode()

    def _failed(self) -> frozenset[str | None]:
        """Programs that the rule of no repetition keeps from being chosen again."""
        if not self.plan.no_repeat:
            return frozenset()
        return frozenset(level.answers[index].program for level in self.levels for index in level.kept)

    def _continued(self, level: SearchLevel) -> list[SearchHistory]:
        """The kept histories with their answers and what they are told."""
        histories = []
        for place, index in enumerate(level.kept):
            answer = level.answers[index]
            assert answer.public is not None
            level.feedback[index] = self.dialogue.feedback(
                self.problem, answer.public, answer.response, self.cache.stranger
            )
            said = {"role": "assistant", "content": answer.response}
            told = {"role": "user", "content": level.feedback[index]}
            messages = (*level.histories[level.parents[index]].messages, said, told)
            histories.append(SearchHistory(messages=messages, place=place))
        return histories

    def _episode(self) -> Episode:
        """The way to the final answer: the first kept one of the last turn, and those that it continues."""
        turns: list[Turn] = []
        place = 0
        for level in reversed(self.levels):
            chosen = level.kept[place]
            turns.insert(0, level.turn(chosen))
            place = level.histories[level.parents[chosen]].place
        return Episode(
            episode_id=episode_id(
                self.policy_id, self.verifier_id, self.plan, self.problem, self.cache.sample, self.cache.stranger
            ),
            problem_id=self.problem.problem_id,
            iteration=self.iteration,
            policy_id=self.policy_id,
            verifier_id=self.verifier_id,
            selector=self.plan.selector,
            sample=self.cache.sample,
            prompt=self.prompt,
            turns=tuple(turns),
            infrastructure=self.broken,
            width=self.plan.width,
            beam=self.plan.beam,
        )
