"""Results of the matrix: a JSON file that the tests write, and the table of docs/reliability.md that is made of it.

MUCODE_KILLS_OUT=docs/results/kills.json python -m pytest -n0 -m slow tests/kills
python -m tests.kills.results
"""

import json
from dataclasses import asdict
from pathlib import Path

from tests.kills.disturbed import Outcome
from tests.kills.rows import ROWS, Row

ROOT = Path(__file__).parents[2]
PAGE, FILE = ROOT / "docs" / "reliability.md", ROOT / "docs" / "results" / "kills.json"
BEGIN, END = "<!-- table: begin, python -m tests.kills.results -->", "<!-- table: end -->"
MOST_SAID = 240


def record(file: Path, row: Row, outcome: Outcome) -> None:
    """Add a row's outcome to the file, in the place of an older one."""
    found = json.loads(file.read_text()) if file.exists() else {}
    found[row.name] = asdict(outcome)
    order = {one.name: number for number, one in enumerate(ROWS)}
    found = dict(sorted(found.items(), key=lambda item: order.get(item[0], len(order))))
    file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def table(found: dict[str, dict[str, object]]) -> str:
    """A line per row of the matrix."""
    lines = [
        "| victim | stage, moment | status | what the user reads | redone | lost, s | whole row, s |",
        "|---|---|---|---|---|---|---|",
        *(_line(row, found.get(row.name)) for row in ROWS),
    ]
    return "\n".join(lines)


def _line(row: Row, outcome: dict[str, object] | None) -> str:
    settings = f", `{', '.join(row.settings)}`" if row.settings else ""
    place = f"`{row.stage}`, {row.moment}{settings}"
    if outcome is None:
        return f"| {row.victim} | {place} | | not run | | | |"
    said = " ⏎ ".join(str(line).strip() for line in outcome["said"]).replace("|", "\\|")  # type: ignore[attr-defined]
    shown = said if len(said) <= MOST_SAID else f"{said[:MOST_SAID]}…"
    redone = "; ".join([outcome["redone"], *outcome["notes"]])  # type: ignore[list-item,misc]
    numbers = [redone, outcome["lost_s"] or "–", outcome["seconds"]]
    cells = [outcome["status"], f"`` {shown} ``" if said else "–", *numbers]
    return f"| {row.victim} | {place} | {' | '.join(map(str, cells))} |"


def with_table(text: str, found: dict[str, dict[str, object]]) -> str:
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{table(found)}\n\n{END}{rest.partition(END)[2]}"


def main() -> None:
    PAGE.write_text(with_table(PAGE.read_text(), json.loads(FILE.read_text())))


if __name__ == "__main__":
    main()
