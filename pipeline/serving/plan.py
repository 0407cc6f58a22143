"""The search that a request asks for, within what the server allows."""

import secrets
from dataclasses import dataclass

from actors.search.plan import SearchPlan
from actors.search.selectors import SELECTORS
from pipeline.config.schema import Config
from pipeline.serving.api_error import ApiError
from pipeline.serving.limits import ServingLimits
from pipeline.serving.request import ChatRequest
from sandbox.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedModel:
    """`name`: by which clients ask; `config`: settled, of the search's dialogue and sampling."""

    name: str
    config: Config
    limits: ServingLimits


def search_plan(asked: ChatRequest, problem: Problem, served: ServedModel, *, scores: bool) -> SearchPlan:
    """Of N answers where something chooses among them, else of one; further turns only if tests say what is wrong.

    `scores`: whether there is a verifier. Raises ApiError.
    """
    config, limits, tests = served.config, served.limits, bool(problem.public_tests)
    for field, value, bound in (
        ("best_of", asked.mucode.best_of, limits.best_of),
        ("turns", asked.mucode.turns, limits.turns),
    ):
        if value is not None and value > bound:
            raise ApiError(400, f"mucode.{field}: at most {bound} on this server", parameter=f"mucode.{field}")
    selector = _selector(asked.mucode.selector, tests=tests, scores=scores)
    width = 1 if selector == "first" else asked.mucode.best_of or limits.best_of
    most = config.rollouts.max_tokens
    return SearchPlan(
        turns=(asked.mucode.turns or limits.turns) if tests else 1,
        width=width,
        selector=selector,
        temperature=_temperature(asked.temperature, config.eval.temperature, width),
        top_p=asked.top_p or 1.0,
        max_tokens=min(asked.max_completion_tokens or asked.max_tokens or most, most),
        seed=secrets.randbits(31) if asked.seed is None else asked.seed,
        no_repeat=config.eval.no_repeat,
        **config.dialogue.model_dump(),
    )


def _selector(asked: str | None, *, tests: bool, scores: bool) -> str:
    """What chooses: the selector that is asked for, else what there is: tests, the verifier, or both."""
    if asked is None:
        return {(True, True): "pt_lv", (True, False): "pt", (False, True): "lv"}.get((tests, scores), "first")
    row = SELECTORS[asked]
    for needed, given, what in (
        (row.needs_scores, scores, "a verifier (`mucode serve --verifier`)"),
        (row.needs_public, tests, "mucode.tests"),
    ):
        if needed and not given:
            raise ApiError(400, f"mucode.selector: {asked} needs {what}", parameter="mucode.selector")
    return asked


def _temperature(asked: float | None, usual: float, width: int) -> float:
    """One answer is greedy, unless the request says otherwise."""
    temperature = (usual if width > 1 else 0.0) if asked is None else asked
    if temperature == 0 and width > 1:
        raise ApiError(
            400,
            f"temperature 0 gives one answer, not {width}; raise it, or set mucode.best_of to 1",
            parameter="temperature",
        )
    return temperature
