"""Every stage, in the order in which an iteration executes them."""

from pipeline.stages.generator import CONTROL_EXAMPLES, CONTROL_POLICY, EXAMPLES, POLICY
from pipeline.stages.metrics import METRICS
from pipeline.stages.sampling import EPISODES, HELD_OUT
from pipeline.stages.search import BEST_ITERATION, SEARCH_BEST_OF_N, SEARCH_CONTROL, SEARCH_GREEDY, SEARCH_VALIDATION
from pipeline.stages.verifier import HELD_OUT_PAIRS, OWN_PAIRS, PAIRS, SCORES, VERIFIER
from pipeline.state.stage import Stage

STAGES: tuple[Stage, ...] = (
    *(EXAMPLES, POLICY, EPISODES, HELD_OUT, PAIRS, HELD_OUT_PAIRS, OWN_PAIRS, VERIFIER, SCORES),
    *(SEARCH_GREEDY, SEARCH_VALIDATION, BEST_ITERATION, SEARCH_BEST_OF_N),
    *(CONTROL_EXAMPLES, CONTROL_POLICY, SEARCH_CONTROL, METRICS),
)
STAGE_NAMES = tuple(step.name for step in STAGES)
"""Folders of an iteration, in the same order."""
