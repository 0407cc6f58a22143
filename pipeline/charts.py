"""Charts as inline SVG, tables, and the style that the page shares: light and dark, phone and desktop.

A chart is drawn on a grid of 360 units, about a phone's width, and scales with its column. Colours are
CSS variables; within a chart a later turn or iteration is a stronger shade of the same colour.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

WIDTH = 360
LEFT, RIGHT, TOP, BOTTOM = 34, 354, 14, 176
AXES = (0.1, 0.2, 0.25, 0.5, 1.0)
"""Tops of a share's axis; five grid lines divide each into round numbers."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A share with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Segment:
    """A piece of a stacked bar: `key` is its CSS class, `shade` its opacity."""

    key: str
    name: str
    value: float
    shade: float = 1.0


def plain(name: str) -> str:
    return name.replace("_", " ")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are HTML already."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<div class=wide><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def shade(index: int, count: int) -> float:
    """Opacity of the index-th of `count` shades, the last one full."""
    return 1.0 if count < 2 else round(0.32 + 0.68 * index / (count - 1), 2)


def legend(items: Sequence[tuple[str, str, float]]) -> str:
    """Swatches with names: (CSS class, name, shade)."""
    swatches = "".join(
        f'<span><i class="{key}" style="opacity:{opacity}"></i>{escape(name)}</span>' for key, name, opacity in items
    )
    return f'<div class="legend">{swatches}</div>'


def bars(groups: Sequence[tuple[str, Sequence[Bar]]], names: Sequence[str], *, chance: float | None = None) -> str:
    """Bars with intervals, one group per category and one bar per name (a turn); `chance` draws a line."""
    top = next((axis for axis in AXES if all(bar.high <= axis for _, group in groups for bar in group)), 1.0)
    height = (BOTTOM - TOP) / top
    slot = (RIGHT - LEFT) / max(len(groups), 1)
    pieces = [_axis(top, height)]
    if chance is not None:
        y = BOTTOM - chance * height
        pieces.append(f'<line class="chance" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
    every = max(1, round(44 / slot))
    for place, (label, group) in enumerate(groups):
        middle = LEFT + (place + 0.5) * slot
        if place % every == 0:
            pieces.append(_text(middle, BOTTOM + 15, label, "middle"))
        wide = min(slot * 0.84 / max(len(names), 1), 34)
        left = middle - wide * len(group) / 2
        for index, bar in enumerate(group):
            title = f"{label}, {names[index]}" if len(names) > 1 else label
            pieces.append(_bar(left + index * wide, wide, bar, height, title, shade(index, len(names))))
    return _svg(BOTTOM + 24, pieces)


def histogram(edges: Sequence[float], series: Sequence[tuple[str, str, Sequence[int]]]) -> str:
    """Overlaid histograms, each (CSS class, name, counts) as shares of its own total."""
    shares = [(key, name, [count / max(sum(counts), 1) for count in counts]) for key, name, counts in series]
    top = max((share for _, _, values in shares for share in values), default=0.0) or 1.0
    step = (RIGHT - LEFT) / max(len(edges) - 1, 1)
    pieces = [f'<line class="axis" x1="{LEFT}" x2="{RIGHT}" y1="{BOTTOM}" y2="{BOTTOM}"/>']
    for key, name, values in shares:
        outline = f"M{LEFT},{BOTTOM}"
        for index, share in enumerate(values):
            outline += f"V{BOTTOM - share / top * (BOTTOM - TOP):.1f}H{LEFT + (index + 1) * step:.1f}"
        pieces.append(f'<path class="{key} area" d="{outline}V{BOTTOM}Z"><title>{escape(name)}</title></path>')
    for place in (0, (len(edges) - 1) // 2, len(edges) - 1):
        anchor = "start" if place == 0 else "end" if place == len(edges) - 1 else "middle"
        pieces.append(_text(LEFT + place * step, BOTTOM + 15, f"{edges[place]:.3g}", anchor))
    return _svg(BOTTOM + 24, pieces)


def stacked(rows: Sequence[tuple[str, Sequence[Segment], str]], *, label_width: int = 100) -> str:
    """Horizontal stacked bars on one scale: (label, segments, what is written behind the bar)."""
    longest = max((sum(segment.value for segment in segments) for _, segments, _ in rows), default=0) or 1
    scale = (WIDTH - 66 - label_width) / longest
    pieces = []
    for place, (label, segments, note) in enumerate(rows):
        y, x = 4 + place * 21, float(label_width)
        pieces.append(_text(label_width - 6, y + 12, label, "end"))
        for segment in segments:
            wide = segment.value * scale
            pieces.append(
                f'<rect class="{segment.key}" style="opacity:{segment.shade}" x="{x:.1f}" y="{y}" '
                f'width="{wide:.1f}" height="16"><title>{escape(segment.name)}</title></rect>'
            )
            x += wide
        pieces.append(_text(x + 5, y + 12, note, "start"))
    return _svg(8 + 21 * len(rows), pieces)


def _svg(height: int, pieces: Sequence[str]) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{"".join(pieces)}</svg>'


def _text(x: float, y: float, text: str, anchor: str, kind: str = "label") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _axis(top: float, height: float) -> str:
    pieces = []
    for step in range(6):
        value = top * step / 5
        y = BOTTOM - value * height
        kind = "grid" if step else "axis"
        pieces.append(f'<line class="{kind}" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        pieces.append(_text(LEFT - 5, y + 4, f"{100 * value:.0f}", "end"))
    return "".join(pieces)


def _bar(x: float, wide: float, bar: Bar, height: float, title: str, opacity: float) -> str:
    middle, gap = x + wide / 2, min(1.5, wide * 0.1)
    high, low = BOTTOM - bar.high * height, BOTTOM - bar.low * height
    hover = f"{title}: {100 * bar.value:.1f} % [{100 * bar.low:.1f}, {100 * bar.high:.1f}]"
    pieces = [
        f"<g><title>{escape(hover)}</title>",
        f'<rect class="turn" style="opacity:{opacity}" x="{x + gap:.1f}" y="{BOTTOM - bar.value * height:.1f}" '
        f'width="{wide - 2 * gap:.1f}" height="{bar.value * height:.1f}"/>',
        f'<line class="whisker" x1="{middle:.1f}" x2="{middle:.1f}" y1="{high:.1f}" y2="{low:.1f}"/>',
    ]
    if wide >= 11:
        pieces.append(_text(middle, high - 3, f"{100 * bar.value:.0f}", "middle", "value"))
    return "".join([*pieces, "</g>"])


STYLE = (
    """
:root { color-scheme: light dark; --page: #f7f7f5; --card: #fff; --ink: #1d2129; --soft: #626a76; --line: #dfe1e5;
  --code: #f3f4f6; --turn: #2f6bd8; --accepted: #2b8a57; --wrong: #c8503c; --error: #d9923b; --limit: #8d63b8;
  --none: #8a919c; --yes: #1f7a4a; --no: #b23a28; }
@media (prefers-color-scheme: dark) { :root { --page: #14161a; --card: #1c1f25; --ink: #e6e8ec; --soft: #9aa2ae;
  --line: #333841; --code: #23272e; --turn: #78a9ff; --accepted: #5fbf8b; --wrong: #ea8171; --error: #e5b062;
  --limit: #b694de; --none: #767e8a; --yes: #6fd09c; --no: #f08c7c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI",
  "DejaVu Sans", sans-serif; }
main { max-width: 1160px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 12px; }
h3 { font-size: 15px; margin: 0 0 6px; }
p { margin: 0 0 10px; max-width: 110ch; }
.soft, figcaption, th { color: var(--soft); }
.claims { list-style: none; margin: 20px 0; padding: 0; display: grid; gap: 8px; }
.claims li { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--none);
  border-radius: 6px; padding: 10px 14px; }
.claims .yes { border-left-color: var(--yes); } .claims .no { border-left-color: var(--no); }
.claims b { margin-right: 6px; } .yes b, td.yes { color: var(--yes); } .no b, td.no { color: var(--no); }
.figures { display: grid; gap: 16px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); }
figure, .card { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 14px; }
figcaption { font-size: 13px; margin-top: 6px; }
svg { display: block; width: 100%; max-width: 520px; height: auto; margin: 0 auto; }
svg text { font: 11px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--soft); }
svg text.value { font-size: 9.5px; fill: var(--ink); }
svg .grid { stroke: var(--line); } svg .axis { stroke: var(--soft); } svg .whisker { stroke: var(--ink); }
svg .chance { stroke: var(--no); stroke-dasharray: 4 3; }
svg .area { fill-opacity: .3; stroke-width: 1.5; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px; color: var(--soft); margin-bottom: 4px; }
.legend i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; margin-right: 5px; }
"""
    + "".join(
        f"svg .{name} {{ fill: var(--{name}); }} svg .{name}.area {{ stroke: var(--{name}); }} "
        f".legend .{name} {{ background: var(--{name}); }}\n"
        for name in ("turn", "accepted", "wrong", "error", "limit", "none")
    )
    + """
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 12px; text-align: right; white-space: nowrap; border-top: 1px solid var(--line); }
thead th { border-top: 0; font-weight: 500; } tbody th { font-weight: 500; color: var(--ink); }
th:first-child, td:first-child { text-align: left; }
td small { color: var(--soft); margin-left: 5px; }
details { background: var(--card); border: 1px solid var(--line); border-radius: 8px; margin-bottom: 8px; }
summary { cursor: pointer; padding: 9px 14px; overflow-wrap: anywhere; } summary small { color: var(--soft); }
details > div { padding: 0 14px 14px; }
.turns { display: grid; gap: 14px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 270px), 1fr)); }
.turns > section, .prompt { min-width: 0; } .turns p { font-size: 13.5px; margin-bottom: 4px; }
pre { background: var(--code); border-radius: 6px; padding: 8px 10px; margin: 4px 0 10px;
  font: 12.5px/1.45 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; white-space: pre-wrap;
  overflow-wrap: anywhere; max-height: 420px; overflow-y: auto; }
.tag { display: inline-block; border-radius: 10px; padding: 0 8px; font-size: 12.5px; border: 1px solid currentColor; }
.tag.accepted { color: var(--yes); } .tag.wrong, .tag.error, .tag.limit { color: var(--no); }
.tag.none { color: var(--none); }
@media (max-width: 640px) {
  table { font-size: 13px; } th, td { padding: 4px 6px; } td small { display: block; margin: 0; }
  th:first-child, td:first-child { white-space: normal; min-width: 104px; } th { white-space: normal; } }
"""
)
