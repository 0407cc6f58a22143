"""An engine whose answers are waited for as long as it samples.

consumes       requests, as any engine
waits for      the engine, while it makes tokens of any answer
produces       its answers
unblocked by   the answer; no token of any answer for `generator.stall_s`; or, of one answer that never comes while
               others do, so many tokens that it must have had its turn
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from actors.deadline import DeadlineError, ProgressWatch, StalledError, within_deadline
from actors.inference.engine import AnswerLost, Completion, Engine, EngineError, Sampling

SETTING = "generator.stall_s"
MOST_FOR_A_SIGN_S = 60.0
"""For one token, from an engine that has nothing else to do."""
OVERTAKEN = 4
"""An answer is lost when the engine has finished this many times the tokens that may come before and beside it."""
MOST_NAMED = 20
"""Of the lost answers, the last ones."""
GREEDY_TOKEN = Sampling(temperature=0.0, max_tokens=1)


class EngineStalled(EngineError):
    """The engine makes no token, of no answer. It holds no policy any more."""


class WatchedEngine:
    """`generate` of an engine, with the deadline that `Engine` leaves to its caller."""

    def __init__(self, engine: Engine, stall_s: float, sequences: int) -> None:
        """`sequences`: how many answers the engine decodes together, at most."""
        self.engine, self._sequences = engine, sequences
        self.watch = ProgressWatch("the engine", SETTING, stall_s, self._moved)
        self.lost = 0
        """Answers that never came."""
        self.last_lost: deque[str] = deque(maxlen=MOST_NAMED)
        self._sign: asyncio.Future[bool] | None = None

    @property
    def policy_id(self) -> str:
        return self.engine.policy_id

    async def generate(self, prompt_ids: Sequence[int], sampling: Sampling, what: str) -> list[Completion]:
        """As `Engine.generate`. `what` names the answer in errors.

        Raises AnswerLost if the engine lives and this answer does not come, EngineStalled if the engine hangs.
        """
        # First come, first served: those ahead, then as many beside it as are decoded together, each at its longest.
        allowed = OVERTAKEN * sampling.max_tokens * (self.engine.pending + sampling.n + self._sequences)
        last = self.engine.sampled + allowed
        answer = asyncio.ensure_future(self.engine.generate(prompt_ids, sampling))
        try:
            try:
                return await self._wait(what, answer, last)
            except StalledError:  # the engine lives: its sign counts as a move, and the answer has another chance
                return await self._wait(what, answer, last)
        except StalledError as error:
            self._lose(what)
            raise AnswerLost(f"{error}. The engine answers others, so this answer is lost") from error
        finally:
            answer.cancel()

    async def _wait(self, what: str, answer: "asyncio.Future[list[Completion]]", last: int) -> list[Completion]:
        try:
            return await self.watch.wait(what, asyncio.shield(answer), lambda: self._require_turn(what, last))
        except StalledError as error:
            if await self._gives_a_sign():
                raise
            self.engine.policy_id = ""
            raise EngineStalled(str(error)) from error

    def _require_turn(self, what: str, last: int) -> None:
        if self.engine.sampled > last:
            self._lose(what)
            raise AnswerLost(f"{what}: the engine finished far more tokens than all that may come before it")

    def _lose(self, what: str) -> None:
        self.lost += 1
        self.last_lost.append(what)

    async def _moved(self) -> float:
        return self.engine.moved

    async def _gives_a_sign(self) -> bool:
        """Whether the engine answers the smallest of questions; it is asked once for all who wait."""
        if not self.engine.policy_id:
            return False
        if self._sign is None or self._sign.done():
            self._sign = asyncio.ensure_future(self._ask_for_a_sign())
        return await asyncio.shield(self._sign)

    async def _ask_for_a_sign(self) -> bool:
        seconds = min(self.watch.stall_s, MOST_FOR_A_SIGN_S)
        try:
            await within_deadline(seconds, "a sign of life", self.engine.generate([0], GREEDY_TOKEN))
        except (DeadlineError, EngineError):
            return False
        return True
