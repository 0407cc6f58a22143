"""Small line charts with an axis of plain numbers, several of them side by side."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 172, 110
LEFT, RIGHT, TOP, BOTTOM = 40, 168, 20, 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`points`: (x, y) in the order of x; `shade`: opacity. What is not finite is left out."""

    name: str
    shade: float
    points: Sequence[tuple[float, float]]


def panel(title: str, lines: Sequence[Line]) -> str:
    """The lines on one scale, which need not begin at 0; "" if nothing can be drawn."""
    finite = [[(x, y) for x, y in line.points if math.isfinite(y)] for line in lines]
    xs, ys = ([point[axis] for points in finite for point in points] for axis in (0, 1))
    if not xs:
        return ""
    low, high = min(ys), max(ys)
    right, reach = max(xs), (high - low) or abs(high) or 1.0
    pieces = [_text(LEFT, TOP - 7, title, "start"), _text(RIGHT, HEIGHT - 6, f"step {right:g}", "end")]
    for value in (low, high) if high > low else (low,):
        y = BOTTOM - (value - low) / reach * (BOTTOM - TOP)
        pieces.append(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        pieces.append(_text(LEFT - 4, y + 4, short_number(value), "end"))
    for line, points in zip(lines, finite, strict=True):
        path = " ".join(
            f"{LEFT + x / right * (RIGHT - LEFT):.1f},{BOTTOM - (y - low) / reach * (BOTTOM - TOP):.1f}"
            for x, y in points
        )
        last = f": {short_number(points[-1][1])} at the end" if points else ""
        hover = f"<title>{escape(line.name + last)}</title>"
        pieces.append(f'<polyline class="turn line" style="opacity:{line.shade}" points="{path}">{hover}</polyline>')
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><title>{escape(title)}</title>{"".join(pieces)}</svg>'


def short_number(value: float) -> str:
    """At most six characters: 12.3, 0.065, 1.5e-3, 4.12k."""
    if abs(value) >= 1000:
        return f"{value / 1000:.3g}k" if abs(value) < 1e6 else f"{value / 1e6:.3g}M"
    if abs(value) >= 0.01 or not value:
        return f"{value:.3g}" if abs(value) >= 0.1 else f"{value:.2g}"
    return f"{value:.1e}".replace("e-0", "e-")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="label" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
