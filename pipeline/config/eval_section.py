"""Settings of evaluation: greedy answers and best-of-N searches."""

from typing import Annotated

from pydantic import Field, PositiveInt

from actors.search.selectors import SELECTORS, check_evaluated
from pipeline.config.fields import OneOf, Section


class EvalSection(Section):
    """How test problems are evaluated: greedily in each iteration, by best-of-N searches at the end."""

    turns: int = Field(3, ge=1)
    """Most answers of an episode in evaluation."""
    best_of: int = Field(5, ge=1)
    """N of best-of-N: answers sampled at each turn, of which a selector keeps one."""
    temperature: float = Field(0.7, gt=0)
    """Sampling temperature of best-of-N searches; greedy evaluation has none."""
    selectors: tuple[Annotated[str, OneOf(SELECTORS, check_evaluated)], ...] = ("random", "pt", "lv", "pt_lv")
    """Selectors that are compared, or package.module:NAME of your own: each chooses from the sampled answers in a
    search of its own."""
    no_repeat: bool = True
    """Do not select a program that already failed earlier in the episode."""
    beam: int = Field(1, ge=1)
    """Histories kept from turn to turn; 1 is multi-turn best-of-N."""
    widths: tuple[PositiveInt, ...] = ()
    """Values of N that are all evaluated over one set of samples; none evaluates eval.best_of alone."""
    passes: tuple[PositiveInt, ...] = ()
    """Values of k for which pass@k is computed from the first turn's answers; none computes no pass@k."""
    greedy_alone: bool = False
    """Sample greedy evaluation one episode at a time per generator and without the prefix cache: slow, but free of
    the rounding differences that batches make."""
    searches: int = Field(1, ge=1)
    """How often each problem is searched, each time with other samples."""
