"""Charts as inline SVG.

A chart is drawn on a grid of 360 units, about a phone's width, and scales with its column. Colours are
CSS variables; within a chart a later turn or iteration is a stronger shade of the same colour.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from pipeline.report.html import swatch_legend

WIDTH = 360
LEFT, RIGHT, TOP, BOTTOM = 34, 354, 14, 176
LETTER = 6.2
"""Width of a letter in a label, about."""
SLANT = math.radians(60)
AXES = (0.1, 0.2, 0.25, 0.5, 1.0)
"""Tops of a share's axis; five grid lines divide each into round numbers."""
LINE_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 1.0)
LINE_COLOURS = ("turn", "error", "accepted", "limit", "wrong", "none")


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


def shade_class(index: int, count: int) -> float:
    """Opacity of the index-th of `count` shades, the last one full."""
    return 1.0 if count < 2 else round(0.32 + 0.68 * index / (count - 1), 2)


def bar_chart(
    groups: Sequence[tuple[str, Sequence[Bar | None]]], names: Sequence[str], *, chance: float | None = None
) -> str:
    """Bars with intervals, one group per category, one bar or gap per name (a turn); `chance` draws a line."""
    highest = max((bar.high for _, group in groups for bar in group if bar), default=0.0)
    top = next((axis for axis in AXES if highest <= axis), 1.0)
    height = (BOTTOM - TOP) / top
    slot = (RIGHT - LEFT) / max(len(groups), 1)
    pieces = [_axis(top, height)]
    if chance is not None:
        y = BOTTOM - chance * height
        pieces.append(f'<line class="chance" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
    longest = max((len(label) for label, _ in groups), default=0) * LETTER
    slanted = longest > slot
    every = max(1, math.ceil(14 / slot))  # lines of slanted text need this much
    for place, (label, group) in enumerate(groups):
        middle = LEFT + (place + 0.5) * slot
        if place % every == 0:
            pieces.append(_slanted(middle, label) if slanted else _text(middle, BOTTOM + 15, label, "middle"))
        wide = min(slot * 0.84 / max(len(names), 1), 34)
        left = middle - wide * len(group) / 2
        for index, bar in enumerate(group):
            title = f"{label}, {names[index]}" if len(names) > 1 else label
            if bar is None:
                continue
            pieces.append(_bar(left + index * wide, wide, bar, height, title, shade_class(index, len(names))))
    return _svg(BOTTOM + (16 + round(longest * math.sin(SLANT)) if slanted else 24), pieces)


def line_chart(series: Sequence[tuple[str, Sequence[tuple[float, Bar]]]], axis: str) -> str:
    """Lines with intervals over numbered points: (name, [(x, share), …]), each line in a colour of its own."""
    points = [(x, bar) for _, line in series for x, bar in line]
    xs = sorted({x for x, _ in points})
    low, high = min(bar.low for _, bar in points), max(bar.high for _, bar in points)
    step = next(step for step in LINE_STEPS if (high - low) / step <= 6)
    bottom = math.floor(low / step) * step
    top = max(math.ceil(high / step) * step, bottom + step)  # also if all points are 0 % or all 100 %
    height, wide = (BOTTOM - TOP) / (top - bottom), (RIGHT - LEFT - 20) / max(xs[-1] - xs[0], 1e-9)
    pieces = _grid(bottom, top, step, height)
    pieces += [_text(LEFT + 10 + (x - xs[0]) * wide, BOTTOM + 15, f"{x:g}", "middle") for x in xs]
    pieces.append(_text(RIGHT, BOTTOM + 29, axis, "end"))
    for number, (name, line) in enumerate(series):
        shift = (number - (len(series) - 1) / 2) * 3  # so that whiskers do not hide each other
        places = [(LEFT + 10 + (x - xs[0]) * wide + shift, BOTTOM - (bar.value - bottom) * height) for x, bar in line]
        key = LINE_COLOURS[number % len(LINE_COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        pieces.append(f'<polyline class="{key} line" points="{path}"/>')
        for (x, y), (where, bar) in zip(places, line, strict=True):
            ends = [BOTTOM - (end - bottom) * height for end in (bar.high, bar.low)]
            pieces.append(
                f"<g><title>{escape(f'{name}, {axis} {where:g}: {_percent(bar)}')}</title>"
                f'<line class="{key} line" x1="{x:.1f}" x2="{x:.1f}" y1="{ends[0]:.1f}" y2="{ends[1]:.1f}"/>'
                f'<circle class="{key}" cx="{x:.1f}" cy="{y:.1f}" r="3"/></g>'
            )
    names = [(LINE_COLOURS[number % len(LINE_COLOURS)], name, 1.0) for number, (name, _) in enumerate(series)]
    return swatch_legend(names) + _svg(BOTTOM + 34, pieces)


def format_interval(bar: Bar, key: str, reach: float, edge: float = 0.0) -> str:
    """One difference on a scale from -reach to reach, 0 in its middle; `edge` is a threshold beside it."""
    x, low, high, limit = (120 + 116 * value / reach for value in (bar.value, bar.low, bar.high, edge))
    pieces = [
        '<line class="axis" x1="120" x2="120" y1="0" y2="14"/>',
        f'<line class="chance" x1="{limit:.1f}" x2="{limit:.1f}" y1="0" y2="14"/>' if edge else "",
        f'<line class="{key} line" x1="{low:.1f}" x2="{high:.1f}" y1="7" y2="7"/>',
        f'<circle class="{key}" cx="{x:.1f}" cy="7" r="3"/>',
    ]
    return f'<svg viewBox="0 0 240 14" role="img"><title>{escape(_percent(bar))}</title>{"".join(pieces)}</svg>'


def histogram_chart(edges: Sequence[float], series: Sequence[tuple[str, str, Sequence[int]]]) -> str:
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


def stacked_bars(rows: Sequence[tuple[str, Sequence[Segment], str]], *, label_width: int = 100) -> str:
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


def _slanted(x: float, label: str) -> str:
    """A label that is wider than its place, read upwards to its end below `x`."""
    x, y = x + 4, BOTTOM + 10
    return f'<g transform="rotate({-math.degrees(SLANT):.0f} {x:.1f} {y})">{_text(x, y, label, "end")}</g>'


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


def _grid(bottom: float, top: float, step: float, height: float) -> list[str]:
    """Lines at every `step` of a share's axis that need not begin at 0."""
    pieces = []
    for number in range(round((top - bottom) / step) + 1):
        y = BOTTOM - number * step * height
        pieces.append(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        pieces.append(_text(LEFT - 5, y + 4, f"{100 * (bottom + number * step):.0f}", "end"))
    return pieces


def _percent(bar: Bar) -> str:
    return f"{100 * bar.value:.1f} % [{100 * bar.low:.1f}, {100 * bar.high:.1f}]"


def _bar(x: float, wide: float, bar: Bar, height: float, title: str, opacity: float) -> str:
    middle, gap = x + wide / 2, min(1.5, wide * 0.1)
    high, low = BOTTOM - bar.high * height, BOTTOM - bar.low * height
    hover = f"{title}: {_percent(bar)}"
    pieces = [
        f"<g><title>{escape(hover)}</title>",
        f'<rect class="turn" style="opacity:{opacity}" x="{x + gap:.1f}" y="{BOTTOM - bar.value * height:.1f}" '
        f'width="{wide - 2 * gap:.1f}" height="{bar.value * height:.1f}"/>',
        f'<line class="whisker" x1="{middle:.1f}" x2="{middle:.1f}" y1="{high:.1f}" y2="{low:.1f}"/>',
    ]
    if wide >= 11:
        pieces.append(_text(middle, high - 3, f"{100 * bar.value:.0f}", "middle", "value"))
    return "".join([*pieces, "</g>"])
