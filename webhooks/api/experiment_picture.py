"""The readout of an experiment as a picture: each variant with its interval, for the metric that decides."""

from __future__ import annotations

import math
from typing import Any

from sequences.experiments.readout import SILENCE, GroupReadout, MetricReadout, Readout
from webhooks.pictures.drawing import as_svg

TITLES = {
    "conversion": "Who reached the goal",
    "click": "Who clicked",
    "retention": "Who stayed",
    "revenue": "What each was worth",
}
COUNTED = {"exposure": "of those who got the message", "assignment": "of all who were assigned"}


def picture_of(readout: Readout, metric: str) -> str:
    """An SVG."""
    shown = next((each for each in readout.metrics if each.metric == metric), readout.metrics[0])
    groups = _groups(shown)
    top = _top(groups)
    return as_svg(
        "readout.svg",
        over=f"{readout.experiment}, day {readout.days}",
        title=TITLES[shown.metric],
        subtitle=f"{COUNTED[shown.counted_from]}, with intervals for one look",
        rows=[
            {**_row(group, top), "color": color} for group, color in zip(groups, _colors(shown), strict=True)
        ],
        scale=[
            {"place": share, "label": _figure(share * top, shown.metric).replace(".0%", "%")}
            for share in (0, 0.5, 1)
        ],
        verdict=_verdict(readout),
        is_decided=readout.verdict.winner is not None,
    )


def _groups(metric: MetricReadout) -> list[GroupReadout]:
    silence = metric.against_silence
    return [*metric.variants, *([silence.silent] if silence is not None else [])]


def _colors(metric: MetricReadout) -> list[str]:
    others = ["leaf"] * (len(metric.variants) - 1)
    return ["calm", *others, *(["faint"] if metric.against_silence is not None else [])]


def _top(groups: list[GroupReadout]) -> float:
    """Where the scale ends: the next round number."""
    highest = max(
        (group.interval.high or group.mean for group in groups if group.mean is not None), default=0.0
    )
    if highest <= 0:
        return 1.0
    magnitude: float = 10 ** math.floor(math.log10(highest))
    return next(step * magnitude for step in (1, 2, 4, 6, 8, 10) if step * magnitude >= highest - 1e-12)


def _row(group: GroupReadout, top: float) -> dict[str, Any]:
    low, high = group.interval.low or 0.0, group.interval.high
    is_rate = group.successes is not None
    counts = f"{group.successes} of {group.complete}" if is_rate else f"{group.complete} people"
    if group.name == SILENCE:
        counts += ", assigned"  # nobody among them got anything
    return {
        "name": group.name,
        "figure": "–" if group.mean is None else _figure(group.mean, "conversion" if is_rate else "revenue"),
        "counts": counts,
        "low": _placed(low, top),
        "mean": _placed(group.mean or 0.0, top),
        "high": _placed(top if high is None else high, top),
    }


def _placed(value: float, top: float) -> float:
    return round(min(1.0, max(0.0, value / top)), 4)


def _figure(value: float, metric: str) -> str:
    return f"{value:.2f}" if metric == "revenue" else f"{100 * value:.1f}%"


def _verdict(readout: Readout) -> str:
    winner, waits_for = readout.verdict.winner, readout.verdict.waits_for
    return f"{winner} wins by the declared rule." if winner is not None else waits_for[0]
