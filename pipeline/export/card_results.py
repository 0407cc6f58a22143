"""The numbers of a model card: tables and sentences from what the report shows, by the report's own functions."""

from collections.abc import Iterable, Sequence

from pipeline.evaluation.claims import claim_line
from pipeline.evaluation.statistics import percent_with_interval
from pipeline.evaluation.verifier_metrics import MEASURES
from pipeline.export.subject import ExportSubject
from pipeline.report.run_claims import run_claims
from pipeline.report.series import Series, read_series
from pipeline.report.verifiers import verifier_table

NOT_YET = "Not evaluated: the run has no metrics of this iteration yet."


def result_lines(subject: ExportSubject) -> list[str]:
    """Accuracies of the searches that this model had a part in; of a verifier how well it ranks, too."""
    table = read_series(subject.store)
    if not any(one.iteration == subject.iteration for one in table):
        return [NOT_YET]
    lines = ["Percent, with 95 % intervals over problems. They are about this one training.", ""]
    if subject.is_verifier:
        lines += [*_verifier_lines([one for one in table if one.iteration == subject.iteration]), ""]
    shown = [one for one in table if one.metric == "accuracy" and _concerns(one, subject)]
    lines += _accuracies(shown)
    tested = [one for one in run_claims(subject.store, table) if one.verdict is not None] if subject.returned else []
    return [*lines, "", *(f"- {claim_line(claim)}" for claim in tested)] if tested else lines


def _concerns(one: Series, subject: ExportSubject) -> bool:
    if one.by_selector:
        return one.policy == subject.iteration
    if one.series == "control":
        return subject.returned
    return one.iteration in ((0, subject.iteration) if one.series == "greedy" else (subject.iteration,))


def _accuracies(shown: Sequence[Series]) -> list[str]:
    if not shown:
        return []
    turns = max(len(one.points) for one in shown)
    head = ["accuracy", *(f"turn {turn + 1}" for turn in range(turns)), "problems", "masked"]
    rows = []
    for one in shown:
        cells = [percent_with_interval(point) for point in one.points]
        rows.append([one.label, *cells, *["-"] * (turns - len(cells)), str(one.n), str(one.masked)])
    return markdown_table(head, rows)


def _verifier_lines(series: Sequence[Series]) -> list[str]:
    found = verifier_table(series)
    names = {name: text for name, text in MEASURES.items() if any(name in row.points for row in found)}
    rows = [
        [
            row.label,
            *(percent_with_interval(row.points[name]) if name in row.points else "-" for name in names),
            str(row.pairs),
        ]
        for row in found
    ]
    return markdown_table(["", *names.values(), "pairs"], rows)


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table; cells are text, which is escaped."""
    lines = [[cell.replace("|", r"\|").replace("\n", " ") for cell in row] for row in (head, *rows)]
    return [f"| {' | '.join(row)} |" for row in (lines[0], ["---"] * len(head), *lines[1:])]
