"""The pictures of the analytics: messages day by day with their rates, and the funnel of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sequences.analytics import Figures, Funnel, Leaving, Period, Rate, Stage
from sequences.reasons import REASONS
from webhooks.pictures.drawing import PALETTE, as_svg

MOST_COLUMNS = 31
MOST_REASONS = 3
ENOUGH = 30  # messages that a point rests on: of fewer, the interval says more than the rate
LINES = (("opened", "Mails opened", PALETTE["calm"]), ("clicked", "Clicked", PALETTE["flame"]))


def series_picture(brand: str, days: Sequence[Figures], total: Figures) -> str:
    pieces = _pieces(days)
    columns = [_column(piece, place, len(pieces)) for place, piece in enumerate(pieces)]
    stretches = {name: _stretches([_rate_of(piece, name) for piece in pieces]) for name, _, _ in LINES}
    highest = max((each.rate.high for found in stretches.values() for each in found), default=0.0)
    top = next(step for step in (0.01, 0.02, 0.04, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if highest <= step)
    size = len(pieces[0])
    return as_svg(
        "series.svg",
        over=f"{brand} · messages",
        title="What became of messages",
        range=_range(date.fromisoformat(days[0].key), date.fromisoformat(days[-1].key)),
        tiles=_tiles(total),
        columns=columns,
        most=grouped_digits(max(sum(each["parts"]) for each in columns)),
        each="Messages a day" if size == 1 else f"Messages in {size} days",
        keys=[
            {"label": "Clicked", "color": PALETTE["leaf"]},
            {"label": "Delivered", "color": PALETTE["leaf_light"]},
            {"label": "Not delivered", "color": PALETTE["sand"]},
        ],
        lines=[
            {"label": label, "color": color, "points": _points(stretches[name], len(pieces), top)}
            for name, label, color in LINES
        ],
        is_stepped=any(each.is_wide for found in stretches.values() for each in found),
        top=f"{round(100 * top)} %",
    )


def _pieces(days: Sequence[Figures]) -> list[Sequence[Figures]]:
    """Of one day each, or of so many that the columns have room; the last one ends on the last day."""
    size = -(-len(days) // MOST_COLUMNS)
    return [days[max(0, end - size) : end] for end in range(len(days), 0, -size)][::-1]


def _column(piece: Sequence[Figures], place: int, of: int) -> dict[str, Any]:
    sent, delivered, clicked = (
        sum(day.counts[name] for day in piece) for name in ("sent", "delivered", "clicked")
    )
    every = -(-of // 8)
    label = _day(date.fromisoformat(piece[0].key)) if (of - 1 - place) % every == 0 else ""
    return {"label": label, "parts": [clicked, delivered - clicked, sent - delivered]}


def _rate_of(piece: Sequence[Figures], name: str) -> Rate | None:
    rates = [rate for day in piece if (rate := day.rates[name])]
    return Rate.told(sum(rate.count for rate in rates), sum(rate.of for rate in rates))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighboring columns, both ends included, and the rate of them together."""

    first: int
    last: int
    rate: Rate

    @property
    def is_wide(self) -> bool:
        return self.first < self.last or self.rate.of < ENOUGH


def _stretches(rates: Sequence[Rate | None]) -> list[Stretch]:
    """One for each column that has enough messages; where it has not, as many together as have."""
    told = [(place, rate) for place, rate in enumerate(rates) if rate]
    groups: list[list[tuple[int, Rate]]] = []
    for each in told:
        if groups and _messages(groups[-1]) < ENOUGH:
            groups[-1].append(each)
        else:
            groups.append([each])
    if len(groups) > 1 and _messages(groups[-1]) < ENOUGH:
        groups[-2:] = [groups[-2] + groups[-1]]
    return [
        Stretch(group[0][0], group[-1][0], rate)
        for group in groups
        if (rate := Rate.told(sum(rate.count for _, rate in group), _messages(group)))
    ]


def _messages(group: Sequence[tuple[int, Rate]]) -> int:
    return sum(rate.of for _, rate in group)


def _points(stretches: Sequence[Stretch], columns: int, top: float) -> list[dict[str, float]]:
    """Places from 0 to 1: where the stretch begins and ends, its rate, and the ends of its interval."""
    return [
        {
            "from": each.first / columns,
            "until": (each.last + 1) / columns,
            "y": each.rate.rate / top,
            "low": each.rate.low / top,
            "high": min(1.0, each.rate.high / top),
        }
        for each in stretches
    ]


def _tiles(total: Figures) -> list[dict[str, str]]:
    shown = [{"figure": grouped_digits(total.counts["sent"]), "label": "sent", "under": "messages"}]
    for name, label in (
        ("delivered", "delivered"),
        ("opened", "of mails opened"),
        ("clicked", "clicked"),
        ("converted", "converted"),
    ):
        rate = total.rates[name]
        under = f"{percent(rate.low)} – {percent(rate.high)}" if rate else "nothing to tell"
        shown.append({"figure": percent(rate.rate) if rate else "–", "label": label, "under": under})
    return shown


def funnel_picture(brand: str, found: Funnel, period: Period) -> str:
    stages = [_stage(stage) for stage in found.steps]
    ends = [
        ("completed", found.completed, PALETTE["leaf"]),
        ("left before the end", found.left, PALETTE["bad"]),
    ]
    return as_svg(
        "funnel.svg",
        over=f"{brand} · funnel",
        title=found.title,
        range=_range(period.since, period.until),
        entered=grouped_digits(found.entered),
        held_out=grouped_digits(found.held_out) if found.held_out else "",
        running=grouped_digits(found.running),
        ends=[
            {
                "figure": grouped_digits(rate.count) if rate else "0",
                "label": label,
                "under": percent(rate.rate) if rate else "",
                "color": color,
            }
            for label, rate, color in ends
        ],
        stages=stages,
    )


def _stage(stage: Stage) -> dict[str, Any]:
    reached, got = stage.reached, stage.got
    told = [f"{grouped_digits(reached.count)} reached it" if reached else "nobody reached it"]
    told += [f"{grouped_digits(stage.clicked)} clicked"] if stage.clicked else []
    told += [f"{grouped_digits(stage.converted)} converted"] if stage.converted else []
    told += [f"{grouped_digits(stage.waiting)} waiting"] if stage.waiting else []
    return {
        "name": stage.step.replace("_", " "),
        "reached": reached.rate if reached else 0,
        "got": reached.rate * got.rate if reached and got else 0,
        "figure": grouped_digits(got.count) if got else "0",
        "told": " · ".join(told),
        "left": [_leaving(each) for each in stage.left[:MOST_REASONS]],
    }


def _leaving(each: Leaving) -> str:
    reason = each.reason or "left"
    return f"− {grouped_digits(each.people)}  {REASONS.get(reason, reason.replace('_', ' '))}"


def percent(share: float) -> str:
    """One digit behind the point near the ends, where it tells something apart."""
    hundred = 100 * share
    if 0 < hundred < 0.05:
        return "< 0.1 %"
    if 99.95 <= hundred < 100:
        return "> 99.9 %"
    return f"{hundred:.1f} %" if 0 < hundred < 10 or 90 < hundred < 100 else f"{hundred:.0f} %"


def grouped_digits(number: int) -> str:
    return f"{number:,}".replace(",", "\u202f")


def _range(first: date, last: date) -> str:
    return f"{_day(first)} – {_day(last)} {last.year}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"
