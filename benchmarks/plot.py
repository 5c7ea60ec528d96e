"""
The picture of the figures: what a flow costs each client, as an SVG that needs no library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from figures import Figure, shown


CHARTS: Final = {
    "flows.links.100.us.": "Registering a link",
    "flows.balances.100.us.": "Retrieving 50 balances",
}
"""The figures of each chart, by the beginning of their keys, and its title."""

WIDTH, ROW, LABEL, BAR = 760, 26, 200, 440

OURS, OTHERS = "#0b7285", "#adb5bd"

STYLE: Final = "text { font: 13px sans-serif; fill: #495057 } .title { font-weight: bold }"


def chart(title: str, figures: Sequence[Figure], top: int) -> Iterator[str]:
    """
    Yield the elements of one chart, below *top*.
    """
    yield f'<text class="title" x="0" y="{top + 16}">{escape(title)}: CPU of the client, µs a flow</text>'
    # The longest bar may be cut off: one slow client would leave the others without a length.
    full = sorted(figure.value or 0 for figure in figures)[-2:][0]
    for number, figure in enumerate(figures, start=1):
        y, value = top + number * ROW, figure.value or 0
        name, length = figure.what.rpartition(": ")[2], BAR * min(1, value / full)
        colour = OURS if figure.key.endswith(".ours") else OTHERS
        yield f'<text x="{LABEL - 8}" y="{y + 16}" text-anchor="end">{escape(name)}</text>'
        yield f'<rect x="{LABEL}" y="{y + 3}" width="{length:.1f}" height="{ROW - 6}" fill="{colour}"/>'
        yield f'<text x="{LABEL + length + 6:.1f}" y="{y + 16}">{shown(value)}{" (cut off)" if value > full else ""}</text>'


def drawn(figures: Sequence[Figure]) -> str:
    """
    Return the picture.
    """
    elements, top = [], 0
    for beginning, title in CHARTS.items():
        bars = [figure for figure in figures if figure.key.startswith(beginning) and figure.value is not None]
        if bars:
            elements += chart(title, bars, top)
            top += (len(bars) + 2) * ROW
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {max(top, ROW)}">'
    return "\n".join([head, f"<style>{STYLE}</style>", *elements, "</svg>", ""])
