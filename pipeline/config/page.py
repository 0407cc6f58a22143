"""docs/configuration.md, written from the schema; and the lines of `mucode config`."""

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from pipeline.config.describe import Setting, section_summary
from pipeline.config.presets import PROTOCOLS

WIDTH = 100
INTRODUCTION = """\
# Configuration

Written by `mucode config --markdown` from the schema in `pipeline/config/`; a test compares the two.

A config is one or more TOML files, of which later ones win key by key, then `--set section.key=value`. An unknown key
is an error that names the nearest one. `mucode config KEY` explains one setting.

*Data* says whether a setting changes what a run produces. Settings that do (✓) are part of a stage's identity: a run
directory is continued with the same values only. The others may change at each start.

A setting that is unset, and says so, is chosen: from the model's files, the memory and the cores that may be used
([models](models.md#what-is-chosen)). What was chosen is printed before any work, in dry runs too, and `--set` overrides
it. Settings of data are chosen at the first start and kept by the run, on every machine; the others at each start anew.

A protocol, `protocol.name`, fills in settings that the config does not name:
"""


def configuration_page(settings: Mapping[str, Setting], study: Mapping[str, Sequence[Setting]]) -> str:
    """The Markdown page of all settings. `study`: those of a study file, by what their table is about."""
    lines = [INTRODUCTION, *(f"- `{name}`: {row.description}" for name, row in PROTOCOLS.items()), ""]
    for section, members in by_section(settings.values()).items():
        lines += [
            f"## [{section}]",
            "",
            section_summary(section),
            "",
            "| setting | values | default | data | meaning |",
        ]
        lines += ["|---|---|---|---|---|", *map(_row, members), ""]
        lines += [line for member in members for line in _rows_list(member)]
    lines += ["## A study file", "", "What `mucode study FILE` reads (docs/study.md says what it does).", ""]
    lines += [line for about, members in study.items() for line in _study_table(about, members)]
    return "\n".join(lines).rstrip() + "\n"


def _study_table(about: str, members: Iterable[Setting]) -> list[str]:
    rows = [[f"`{one.key}`", _code(one.values), f"`{one.default}`", one.description] for one in members]
    return [about, "", "| setting | values | default | meaning |", "|---|---|---|---|", *map(_table_row, rows), ""]


def explain_setting(setting: Setting) -> str:
    """One setting for a terminal."""
    lines = [setting.key, *textwrap.wrap(setting.description, WIDTH - 2, initial_indent="  ", subsequent_indent="  ")]
    lines += [f"  values    {setting.values}", f"  default   {setting.default}"]
    lines += [f"  protocol  {name}: {value}" for name, value in setting.presets.items()]
    lines += [f"  changes   {_what_changes(setting)}"]
    width = max(map(len, setting.rows), default=0)
    lines += [f"  {name:<{width}}  {description}" for name, description in setting.rows.items() if description]
    return "\n".join(lines)


def _what_changes(setting: Setting) -> str:
    if setting.key == "protocol.name":
        return "the data, by the settings that it fills in: a run directory keeps their values"
    if setting.changes_data:
        return "the data: a run directory keeps its value"
    return "no data: it may change at each start"


def list_settings(settings: Mapping[str, Setting]) -> str:
    """Every section with its settings and defaults, for a terminal."""
    lines = []
    for section, members in by_section(settings.values()).items():
        lines += [f"[{section}]  {section_summary(section)}"]
        lines += [f"  {one.key.partition('.')[2]:<26}{one.default}" for one in members] + [""]
    return "\n".join([*lines, "`mucode config KEY` explains one of them, as in `mucode config rollouts.samples`"])


def by_section(settings: Iterable[Setting]) -> dict[str, list[Setting]]:
    """Settings under the names of their sections, in order."""
    found: dict[str, list[Setting]] = {}
    for setting in settings:
        found.setdefault(setting.key.partition(".")[0], []).append(setting)
    return found


def _row(setting: Setting) -> str:
    presets = "; ".join(f"{name}: `{value}`" for name, value in setting.presets.items())
    meaning = setting.description + (f" Protocols: {presets}." if presets else "")
    name = setting.key.partition(".")[2]
    cells = [f"`{name}`", _code(setting.values), f"`{setting.default}`", "✓" if setting.changes_data else "", meaning]
    return _table_row(cells)


def _table_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _code(values: str) -> str:
    return values.replace('"', "`") if '"' in values else values


def _rows_list(setting: Setting) -> list[str]:
    described = {name: text for name, text in setting.rows.items() if text}
    if not described:
        return []
    return [f"`{setting.key}`:", "", *(f"- `{name}`: {text.rstrip('.')}" for name, text in described.items()), ""]
