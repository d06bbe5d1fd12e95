"""Draws what was measured: for each goal how far it was reached, as a PNG.

python -m benchmarks.chart [artifacts/bench.json] [docs/pictures/benchmark.png]
"""

from __future__ import annotations

import html
import json
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from webhooks.pictures.drawing import as_png

WIDTH, ROW, TOP, LABELS, RIGHT = 960, 30, 92, 430, 130
MOST, LEAST = 4.0, 1 / 16
"""Times the goal: what is beyond is drawn to here, its figure says the rest."""
COLORS = {"met": "#2f7d5b", "missed": "#b4552d"}
STYLE = (
    "text{font:13px Inter,sans-serif;fill:#26302c}"
    ".title{font-size:17px;font-weight:600}.small{font-size:12px;fill:#6b736f}.figure{font-variant-numeric:tabular-nums}"
)


def drawn(measured: Mapping[str, Any]) -> str:
    """The scale is logarithmic, and the goal the line in it: right of it is better."""
    goals = [goal for goal in measured["goals"] if goal["ratio"]]
    height = TOP + ROW * len(goals) + 34
    line = _place(1)
    when = measured["date"][:16].replace("T", " ")
    about = f"{when} UTC, {measured['cores']} cores, Python {measured['python']}"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>How far each goal was reached, {about}</title><style>{STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" fill="#fffdf9"/>',
            '<text x="20" y="34" class="title">What was measured, against its goal</text>',
            f'<text x="20" y="54" class="small">{about}; right of the line is better</text>',
            *(_tick(times, height) for times in (1 / 16, 1 / 4, 4)),
            *(_bar(number, goal, line) for number, goal in enumerate(goals)),
            f'<path d="M{line} {TOP - 10}V{height - 28}" stroke="#26302c" stroke-width="2"/>',
            f'<text x="{line}" y="{TOP - 16}" text-anchor="middle">the goal</text>',
            "</svg>\n",
        ]
    )


def _place(times: float) -> int:
    """Where a multiple of the goal is."""
    share = math.log(min(max(times, LEAST), MOST) / LEAST) / math.log(MOST / LEAST)
    return round(LABELS + share * (WIDTH - LABELS - RIGHT))


def _tick(times: float, height: int) -> str:
    said = f"{times:g} ×" if times >= 1 else f"1/{1 / times:g}"
    return (
        f'<path d="M{_place(times)} {TOP - 6}V{height - 28}" stroke="#ded8cb"/>'
        f'<text x="{_place(times)}" y="{height - 12}" text-anchor="middle" class="small">{said}</text>'
    )


def _bar(number: int, goal: Mapping[str, Any], line: int) -> str:
    at_least = goal.get("at_least", True)
    reached = goal["ratio"] / goal["bound"] if at_least else goal["bound"] / goal["ratio"]
    end, y = _place(reached), TOP + ROW * number
    color = COLORS["met" if goal["verdict"].startswith("met") else "missed"]
    figure = f"{goal['ratio']:.3g} of {'≥' if at_least else '≤'} {goal['bound']:g}"
    width = max(abs(end - line), 2)
    return (
        f'<text x="{LABELS - 14}" y="{y + 16}" text-anchor="end">{html.escape(goal["goal"])}</text>'
        f'<rect x="{min(end, line)}" y="{y + 2}" width="{width}" height="20" rx="3" fill="{color}"/>'
        f'<text x="{WIDTH - 16}" y="{y + 16}" text-anchor="end" class="figure">{figure}</text>'
    )


def main(arguments: Sequence[str]) -> None:
    source, target = (*arguments, *("artifacts/bench.json", "docs/pictures/benchmark.png")[len(arguments) :])
    Path(target).write_bytes(as_png(drawn(json.loads(Path(source).read_text()))))


if __name__ == "__main__":
    main(sys.argv[1:])
