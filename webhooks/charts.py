"""Charts as SVG, drawn here: no script, no style of their own, every figure also in a table beside them.

By hand and not by a library: those that draw without a script write styles into the picture, which the page's content
security policy forbids, and bring a hundred kinds of chart for the two that are needed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 560, 210
LEFT, RIGHT, TOP, BOTTOM = 74, 8, 26, 26
MOST_LABELS = 6
Figure = Callable[[float], str]
NICE = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 86_400)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One bar: its label below, and for each part of it a class, a height and what it says."""

    label: str
    parts: tuple[tuple[str, int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line: its class, and for each place a height and what it says; None: nothing there."""

    kind: str
    points: tuple[tuple[float, str] | None, ...]


def stacked(columns: Sequence[Column], label: str, unit: str, figure: Figure = str) -> Markup:
    """Bars whose parts lie on each other; `figure` writes a number as people of the language do."""
    top = _top(max((sum(part[1] for part in column.parts) for column in columns), default=0))
    wide = (WIDTH - LEFT - RIGHT) / max(len(columns), 1)
    drawn = [_grid(top, figure, unit)]
    for place, column in enumerate(columns):
        base = 0
        for kind, size, says in column.parts:
            y, height = _y(base + size, top), _y(base, top) - _y(base + size, top)
            x = LEFT + place * wide + wide * 0.1
            drawn.append(
                Markup('<rect class="c-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}</title></rect>')
                .format(kind, x, y, wide * 0.8, height, says)
            )  # fmt: skip
            base += size
    drawn.append(_places([column.label for column in columns], wide))
    return _svg(drawn, label)


def lines(curves: Sequence[Curve], labels: Sequence[str], label: str, unit: str, figure: Figure = str) -> Markup:
    """Lines over the same places; a gap where there is nothing."""
    values = [point[0] for curve in curves for point in curve.points if point]
    top = next((float(nice) for nice in NICE if nice >= max(values, default=1)), max(values, default=1.0))
    wide = (WIDTH - LEFT - RIGHT) / max(len(labels), 1)
    drawn = [_grid(top, lambda seconds: _length(seconds, figure), unit)]
    for curve in curves:
        seen = [(LEFT + (n + 0.5) * wide, _y(p[0], top), p[1]) for n, p in enumerate(curve.points) if p]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in seen)
        drawn.append(Markup('<polyline class="l-{}" points="{}"/>').format(curve.kind, path))
        dot = Markup('<circle class="d-{}" cx="{:.1f}" cy="{:.1f}" r="3.5"><title>{}</title></circle>')
        drawn += [dot.format(curve.kind, x, y, says) for x, y, says in seen]
    drawn.append(_places(labels, wide))
    return _svg(drawn, label)


def _svg(drawn: Sequence[Markup], label: str) -> Markup:
    start = f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}">'
    return Markup(start) + Markup("").join(drawn) + Markup("</svg>")  # noqa: S704 -- every part was escaped


def _y(value: float, top: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)


def _top(most: int) -> float:
    """A round number that halves well, and is not below the highest bar."""
    size = 1
    while size * 10 < most:
        size *= 10
    return float(max(next(step * size for step in (2, 4, 6, 10) if step * size >= most), 4))


def _grid(top: float, written: Figure, unit: str) -> Markup:
    """The lines to read heights by, with their figures, and above them what the figures count."""
    rows = [Markup('<text x="{}" y="{}">{}</text>').format(LEFT, TOP - 10, unit)]
    for part in (0.0, 0.5, 1.0):
        y = _y(part * top, top)
        rows.append(
            Markup('<path class="grid" d="M{} {:.1f}H{}"/><text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
                LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4, written(part * top)
            )
        )  # fmt: skip
    return Markup("").join(rows)


def _places(labels: Sequence[str], wide: float) -> Markup:
    every = max(-(-len(labels) // MOST_LABELS), 1)
    shown = [(n, text) for n, text in enumerate(labels) if n % every == 0]
    form = Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>')
    return Markup("").join(form.format(LEFT + (n + 0.5) * wide, HEIGHT - 6, text) for n, text in shown)


def _length(seconds: float, figure: Figure) -> str:
    if seconds >= 7_200:
        return f"{figure(seconds / 3_600)} h"
    return f"{figure(seconds / 60)} min" if seconds >= 120 else f"{figure(seconds)} s"
