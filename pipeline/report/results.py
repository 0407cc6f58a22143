"""The results of a run as text for a console or a job log: at most 100 columns, no colours."""

import posixpath
import textwrap
from collections.abc import Sequence

from pipeline.evaluation.answer_rates import answer_block
from pipeline.evaluation.claims import claim_line
from pipeline.evaluation.statistics import percent_with_interval
from pipeline.report.run_claims import run_claims
from pipeline.report.series import Series, read_answer_rates, read_series, returned_iteration
from pipeline.report.verifiers import verifier_block, verifier_table
from pipeline.state.store import Store

TURNS_PER_LINE = 3
CONSOLE_COLUMNS = 100


def print_results(store: Store) -> str:
    """Accuracies by turn, answers without a program, verifiers, and the claims that could be tested."""
    table = read_series(store)
    title = f"results of {posixpath.basename(store.root.rstrip('/'))}"
    if not table:
        return f"{title}: none yet, no iteration has finished its metrics"
    accuracies = [one for one in table if one.metric == "accuracy"]
    lines = ["", f"{title} · accuracy on the test problems in %, with 95 % intervals", ""]
    turns = max((len(one.points) for one in accuracies), default=0)
    for first in range(0, turns, TURNS_PER_LINE):
        lines += [*_text_block(accuracies, range(first, min(first + TURNS_PER_LINE, turns))), ""]
    if any(one.series == "validation" for one in table):
        best = returned_iteration(store)
        lines += [f"the best of N are of iteration {best}, whose greedy accuracy on validation is the highest", ""]
    masked = sum(one.masked for one in accuracies)
    if masked:
        lines += [f"{masked} episodes are left out: the sandbox failed on them, or their tests cannot be judged", ""]
    lines += answer_block(read_answer_rates(table))
    lines += verifier_block(verifier_table(table))
    tested = [claim for claim in run_claims(store, table) if claim.verdict is not None]
    return "\n".join([*lines, "", *(_wrapped(claim_line(claim)) for claim in tested), ""])


def _text_block(accuracies: Sequence[Series], turns: range) -> list[str]:
    head = "".join(f"{f'turn {turn + 1}':<20}" for turn in turns)
    lines = [f"{'':<30}{head}{'n':>6}"]
    for before, one in zip((None, *accuracies), accuracies, strict=False):
        if before and before.by_selector != one.by_selector:
            lines.append("")
        cells = "".join(
            f"{percent_with_interval(one.points[turn]) if turn < len(one.points) else '-':<20}" for turn in turns
        )
        lines.append(f"{one.label + ' ':<30}{cells}{one.n:>6}")
    return lines


def _wrapped(text: str) -> str:
    return textwrap.fill(text, CONSOLE_COLUMNS, subsequent_indent="  ")
