"""A simulation as a picture: one lane per person, days as columns, a mark for each thing that happens.

Every lane is on its person's own clock. Telegram is above the middle of a lane and email below it, so that
one taking over from the other can be seen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sequences.simulation.report import Entry, SimulatedUser, Simulation
from webhooks.pictures.drawing import as_svg, picture

WIDTH = 960
LEFT, RIGHT, TOP = 208, 904, 186
MOST_LANES = 25
# Narrower, a night is a line and says nothing.
NARROWEST_SHADED_DAY = 9.0
WIDEST_LABEL = 52
CHANNELS = {"telegram": "Telegram", "email": "Email", "sms": "SMS"}
SPOKEN = {"telegram": "Telegram", "sms": "SMS"}
MARKS = {
    "send": "sent",
    "hold": "held",
    "skip": "skipped",
    "stop": "ended",
    "fail": "failed",
    "fallback": "failed",
}


def timeline_svg(simulation: Simulation) -> str:
    return as_svg("timeline.svg", **timeline(simulation))


async def timeline_png(simulation: Simulation) -> bytes:
    return await picture("timeline.svg", **timeline(simulation))


def timeline(simulation: Simulation) -> dict[str, Any]:
    """What the template draws, in pixels and words."""
    shown = simulation.users[:MOST_LANES]
    tall = _lane_height(len(shown))
    calendar = _Calendar.of(simulation)
    lanes = [_lane(user, calendar, TOP + tall * number) for number, user in enumerate(shown)]
    bottom = TOP + tall * len(lanes)
    left_out = len(simulation.users) - len(shown)
    return {
        "size": {
            "width": WIDTH,
            "height": bottom + 104,
            "left": LEFT,
            "right": RIGHT,
            "top": TOP,
            "bottom": bottom,
            "mark": min(5.6 if tall > 40 else 4.6, calendar.pace * 0.42),
        },
        "tall": tall,
        "lanes": lanes,
        "days": list(_days(calendar)),
        "keys": _keys(simulation),
        "words": {
            "over": "Simulation",
            "title": simulation.title,
            "range": _range(simulation),
            "totals": _totals(simulation),
            "more": f"and {left_out} more" if left_out else "",
            "nights": calendar.has_nights,
        },
    }


def _lane_height(lanes: int) -> int:
    return 64 if lanes <= 2 else 50 if lanes <= 8 else 36


@dataclass(frozen=True, slots=True)
class _Calendar:
    """The days of all lanes, from the earliest date on which it is the first day for anybody."""

    first: date
    days: int

    @classmethod
    def of(cls, simulation: Simulation) -> _Calendar:
        firsts = {
            user.entries[0].at.date() - timedelta(days=user.entries[0].day)
            for user in simulation.users
            if user.entries
        } or {simulation.begins.date()}
        return cls(min(firsts), simulation.days + (max(firsts) - min(firsts)).days)

    @property
    def pace(self) -> float:
        return (RIGHT - LEFT) / self.days

    @property
    def has_nights(self) -> bool:
        return self.pace >= NARROWEST_SHADED_DAY

    def x(self, moment: datetime) -> float:
        days = (moment.replace(tzinfo=None) - datetime.combine(self.first, time())) / timedelta(days=1)
        return round(min(LEFT + days * self.pace, RIGHT), 1)


def _lane(user: SimulatedUser, calendar: _Calendar, top: float) -> dict[str, Any]:
    silent = user.why_not or next((run.words for run in user.runs if run.words), "") or "nothing is due"
    return {
        "top": top,
        "name": user.name,
        "zone": user.timezone.replace("_", " "),
        "nights": list(_nights(user, calendar)),
        "marks": [_mark(entry, calendar) for entry in user.entries],
        "silent": silent if all(entry.is_other for entry in user.entries) else "",
    }


def _mark(entry: Entry, calendar: _Calendar) -> dict[str, Any]:
    until = entry.until if entry.verdict == "hold" else None
    return {
        "x": calendar.x(entry.at),
        "until": None if until is None else calendar.x(until),
        "kind": _kind(entry),
        "channel": entry.channel,
        "tells": f"{entry.at:%a %d %b %H:%M} {entry.step}: {entry.words}",
    }


def _kind(entry: Entry) -> str:
    if entry.is_other:
        return "other"
    return "unanswered" if entry.reason == "no_engagement" else MARKS[entry.verdict]


def _nights(user: SimulatedUser, calendar: _Calendar) -> Iterator[tuple[float, float]]:
    """From and until, of each stretch of quiet hours."""
    starts, ends = (_share_of_day(each) for each in (user.quiet_from, user.quiet_until))
    if starts == ends or not calendar.has_nights:
        return
    for day in range(-1, calendar.days):
        begin, end = day + starts, day + ends + (1 if starts > ends else 0)
        left, right = LEFT + max(begin, 0) * calendar.pace, min(LEFT + end * calendar.pace, RIGHT)
        if right > left:
            yield round(left, 1), round(right, 1)


def _share_of_day(clock: str) -> float:
    return int(clock[:2]) / 24 + int(clock[3:]) / 1440


def _days(calendar: _Calendar) -> Iterator[dict[str, Any]]:
    """Each day, or each Monday where days are narrow, with a label where there is room for one."""
    pace = calendar.pace
    for number in range(calendar.days):
        day = calendar.first + timedelta(days=number)
        is_monday = day.weekday() == 0
        if is_monday or calendar.has_nights:
            label = f"{day:%a} {day.day}" if pace >= 40 else f"{day.day} {day:%b}"
            has_room = pace >= 40 or (is_monday and number + 3 < calendar.days and _is_told(day, pace))
            yield {
                "x": round(LEFT + number * pace, 1),
                "label": label if has_room else "",
                "is_monday": is_monday,
            }


def _is_told(monday: date, pace: float) -> bool:
    """Every Monday, or as many of them as there is room for."""
    return monday.isocalendar().week % math.ceil(WIDEST_LABEL / (7 * pace)) == 0


def _range(simulation: Simulation) -> str:
    last = simulation.begins + timedelta(days=simulation.days)
    return f"{_day(simulation.begins)} – {_day(last)}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y}"


def _totals(simulation: Simulation) -> str:
    totals = simulation.totals
    own = Counter(_kind(entry) for user in simulation.users for entry in user.entries)
    sent = " and ".join(f"{count} over {SPOKEN.get(name, name)}" for name, count in totals.sent.items())
    ends = [
        f"{own[kind]} {kind}" for kind in ("held", "skipped", "unanswered", "failed", "ended") if own[kind]
    ]
    people = "1 person" if totals.people == 1 else f"{totals.people} people"
    return ", ".join([f"{people}: {sent or 'nothing is sent'}", *ends])


def _keys(simulation: Simulation) -> list[dict[str, str]]:
    """The signs that the picture has, in their order."""
    entries = [entry for user in simulation.users[:MOST_LANES] for entry in user.entries]
    used = {entry.channel for entry in entries if not entry.is_other and entry.verdict == "send"}
    kinds = {_kind(entry) for entry in entries}
    keys = [
        {"kind": "sent", "channel": name, "label": CHANNELS.get(name, name)}
        for name in CHANNELS
        if name in used
    ]
    words = {
        "held": "waits",
        "skipped": "skipped",
        "failed": "not delivered",
        "unanswered": "no answer: another channel",
        "ended": "ends",
        "other": "other messages",
    }
    return keys + [
        {"kind": kind, "channel": "telegram", "label": label}
        for kind, label in words.items()
        if kind in kinds
    ]
