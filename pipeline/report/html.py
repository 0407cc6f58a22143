"""HTML that the reports of runs and of studies share: the document, tables, figures, legends, folded sections."""

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from pipeline.report.style import STYLE

SHOWN_CHARACTERS = 4000
"""Of a text that a model wrote."""


def html_document(title: str, body: str) -> str:
    """A page that runs no script and fetches nothing; `body` is HTML already, `title` is not."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{escape(title)} · mucode</title><style>{STYLE}</style></head>"
        f"<body><main>{body}</main></body></html>\n"
    )


def html_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are HTML already."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<div class=wide><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def html_figure(title: str, picture: str, caption: str) -> str:
    """`picture` is HTML already."""
    return f"<figure><h3>{escape(title)}</h3>{picture}<figcaption>{escape(caption)}</figcaption></figure>"


def swatch_legend(items: Sequence[tuple[str, str, float]]) -> str:
    """Swatches with names: (CSS class, name, opacity)."""
    swatches = "".join(
        f'<span><i class="{key}" style="opacity:{opacity}"></i>{escape(name)}</span>' for key, name, opacity in items
    )
    return f'<div class="legend">{swatches}</div>'


def folded_section(title: str, body: str) -> str:
    """A section that opens on a click; `body` is HTML already."""
    return f"<details><summary>{escape(title)}</summary><div>{body}</div></details>"


def value_cell(text: str) -> str:
    """Of "66.0 [60.7, 71.3]" the interval small."""
    value, bracket, rest = text.partition(" [")
    return f"{escape(value)}<small>[{escape(rest)}</small>" if bracket else escape(value)


def versions_and_settings(
    versions: Mapping[str, object], settings: object, *, versions_title: str, settings_title: str
) -> str:
    """Two folded sections: what was installed, and the settings as JSON."""
    rows = [[escape(str(name)), escape(str(value))] for name, value in versions.items()]
    text = escape(json.dumps(settings, indent=1, ensure_ascii=False))
    return folded_section(versions_title, html_table(["", ""], rows)) + folded_section(
        settings_title, f"<pre>{text}</pre>"
    )


def preformatted(text: str) -> str:
    """Text as it is, escaped, and cut if it is very long."""
    more = len(text) - SHOWN_CHARACTERS
    rest = f"\n… {more} more characters" if more > 0 else ""
    return f"<pre>{escape(text[:SHOWN_CHARACTERS])}{rest}</pre>"
