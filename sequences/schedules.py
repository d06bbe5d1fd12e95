"""When a campaign runs: its schedule, read and judged, and the local times that come of it.

A time without an offset is one on a clock: the campaign's, or each recipient's own. Which instant that is,
also where a clock change skips or repeats it, is said by the database, in `tendril.instant`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from typing import Any

from dateutil.rrule import rrule, rrulestr

from sequences.definition import EVENT_NAME, BadDuration, interval
from sequences.filters import BadFilter, check_filter

KINDS = ("one_time", "recurring", "drip", "triggered")
DAYS = {"mon": "MO", "tue": "TU", "wed": "WE", "thu": "TH", "fri": "FR", "sat": "SA", "sun": "SU"}
HORIZON = timedelta(days=3660)
"""A rule that has no time for so long never comes."""
FIRST_YEAR, LAST_YEAR = 2000, 2200
# Which day a rule counts from that says all by itself is all the same.
_ANY_DAY = date(2024, 1, 1)
# The library looks for a day that never comes until the year 9999. The calendar repeats itself every 400
# years, so a rule is followed from a year from which it is not far to there.
_CYCLES = timedelta(days=19 * 146_097)

_NUMBERS = r"[+-]?[1-9]\d{0,2}(,[+-]?[1-9]\d{0,2}){0,99}"
_WEEKDAY = r"([+-]?[1-9]\d?)?(MO|TU|WE|TH|FR|SA|SU)"
_PARTS = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d{0,2}",
    "COUNT": r"[1-9]\d{0,2}",
    "UNTIL": r"\d{8}(T\d{6}Z?)?",
    "WKST": r"MO|TU|WE|TH|FR|SA|SU",
    "BYDAY": rf"{_WEEKDAY}(,{_WEEKDAY}){{0,49}}",
    "BYMONTH": r"([1-9]|1[0-2])(,([1-9]|1[0-2])){0,11}",
    **dict.fromkeys(("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"), _NUMBERS),
}
_ANCHOR = re.compile(r"user\.created_at|attributes(\.[A-Za-z0-9_-]{1,63}){1,8}")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class BadSchedule(ValueError):
    """`path` is the key of the schedule that is wrong; empty for the whole of it."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Times:
    """The next local times, in their order, and whether there are none beyond them."""

    upcoming: tuple[datetime, ...]
    is_over: bool


def read_schedule(kind: str, schedule: Mapping[str, Any]) -> dict[str, Any]:
    """As it is stored, its durations as PostgreSQL reads them; raises BadSchedule for what is wrong first."""
    match kind:
        case "one_time":
            _only(schedule, ("at",))
            _moment(schedule)
        case "recurring":
            if not _times(_Rule.of(schedule)):
                raise BadSchedule("rrule" if "rrule" in schedule else "on", "such a day never comes")
        case "drip":
            _check_drip(schedule)
        case _:
            return _read_trigger(schedule)
    return dict(schedule)


def next_times(kind: str, schedule: Mapping[str, Any], after: datetime, most: int = 16) -> Times:
    """What comes after a local time, so much of it at most.

    A one-time campaign with an offset has its time in UTC. Of a schedule that has no times, nothing.
    """
    if kind == "one_time":
        return Times((_moment(schedule),), is_over=True)
    if kind != "recurring":
        return Times((), is_over=True)
    found = tuple(islice((each for each in _times(_Rule.of(schedule), after) if each > after), most))
    return Times(found, is_over=len(found) < most)


def clock_of(kind: str, schedule: Mapping[str, Any], timezone: str | None) -> str | None:
    """The zone whose clock shows its times; None where it is each recipient's own."""
    return "UTC" if kind == "one_time" and _written_moment(schedule).tzinfo is not None else timezone


@dataclass(frozen=True, slots=True)
class _Rule:
    """`parts` are those of an RRULE, without its end."""

    parts: Mapping[str, str]
    start: datetime
    until: datetime | None
    count: int | None

    @classmethod
    def of(cls, schedule: Mapping[str, Any]) -> _Rule:
        is_written_out = "rrule" in schedule
        _only(schedule, ("rrule" if is_written_out else "every", "on", "at", "from", "until"))
        parts = _parts(schedule["rrule"]) if is_written_out else _plain_parts(schedule)
        first = _day(schedule, "from")
        if first is None and _counts_from_a_day(parts):
            raise BadSchedule("from", "this rule counts from a day: say which, as in 2026-12-01")
        if is_written_out and "on" in schedule:
            raise BadSchedule("on", "the rrule says on which days")
        count = parts.pop("COUNT", None)
        ends = [each for each in (_day(schedule, "until"), _until(parts.pop("UNTIL", None))) if each]
        return cls(
            parts,
            datetime.combine(first or _ANY_DAY, _time_of_day(schedule)),
            datetime.combine(min(ends), time.max) if ends else None,
            None if count is None else int(count),
        )


def _times(rule: _Rule, after: datetime | None = None) -> list[datetime]:
    """From its start on, as far as somebody might wait."""
    last = max(rule.start, after or rule.start) + HORIZON
    if rule.until is not None:
        last = min(last, rule.until)
    text = ";".join(f"{name}={value}" for name, value in rule.parts.items())
    try:
        parsed: rrule = rrulestr(text, dtstart=rule.start + _CYCLES)
        far_away = takewhile(lambda each: each <= last + _CYCLES, islice(parsed, rule.count))
        return [each - _CYCLES for each in far_away]
    except (ValueError, IndexError) as error:
        raise BadSchedule("rrule", "this rule cannot be followed: a number in it is too large") from error


def _parts(written: object) -> dict[str, str]:
    if not isinstance(written, str) or len(written) > 500:
        raise BadSchedule("rrule", 'takes a rule like "FREQ=WEEKLY;BYDAY=MO,WE,FR"')
    parts: dict[str, str] = {}
    for part in written.upper().removeprefix("RRULE:").split(";"):
        name, _, value = part.partition("=")
        if name not in _PARTS:
            raise BadSchedule("rrule", f"{name[:20]!r} cannot stand here; there are: {', '.join(_PARTS)}")
        if name == "FREQ" and not re.fullmatch(_PARTS[name], value):
            raise BadSchedule(
                "rrule", "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY: a campaign comes once a day at most"
            )
        if name in parts or not re.fullmatch(_PARTS[name], value):
            raise BadSchedule("rrule", f"{name}={value[:40]} is not understood")
        parts[name] = value
    if "FREQ" not in parts:
        raise BadSchedule("rrule", "FREQ is missing: how often it comes")
    return parts


def _plain_parts(schedule: Mapping[str, Any]) -> dict[str, str]:
    """Of `every` and `on`."""
    on = schedule.get("on")
    match schedule.get("every"):
        case "day" if on is None:
            return {"FREQ": "DAILY"}
        case "day":
            raise BadSchedule("on", "every day is on all days: leave it out")
        case "week" if (
            isinstance(on, list) and on and all(isinstance(day, str) and day in DAYS for day in on)
        ):
            return {"FREQ": "WEEKLY", "BYDAY": ",".join(DAYS[day] for day in on)}
        case "week":
            raise BadSchedule("on", f"takes a list of days: {', '.join(DAYS)}")
        case "month" if isinstance(on, list) and on and all(_is_day_of_month(day) for day in on):
            return {"FREQ": "MONTHLY", "BYMONTHDAY": ",".join(map(str, on))}
        case "month":
            raise BadSchedule("on", "takes a list of days of the month, 1 to 31, or -1 for the last one")
    raise BadSchedule("every", 'is "day", "week" or "month"; or write an "rrule"')


def _is_day_of_month(day: object) -> bool:
    return type(day) is int and (day == -1 or 1 <= day <= 31)


def _counts_from_a_day(parts: Mapping[str, str]) -> bool:
    """Whether the first day is needed to know the others."""
    said = {"DAILY": True, "WEEKLY": "BYDAY" in parts, "MONTHLY": {"BYDAY", "BYMONTHDAY"} & set(parts)}
    return parts.get("INTERVAL", "1") != "1" or "COUNT" in parts or not said.get(parts["FREQ"])


def _until(written: str | None) -> date | None:
    try:
        return None if written is None else date.fromisoformat(written[:8])
    except ValueError:
        raise BadSchedule("rrule", f"UNTIL={written} is no day") from None


def _day(schedule: Mapping[str, Any], key: str) -> date | None:
    written = schedule.get(key)
    if written is None:
        return None
    try:
        day = date.fromisoformat(written) if isinstance(written, str) and _DAY.fullmatch(written) else None
    except ValueError:
        day = None
    if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BadSchedule(key, "takes a day like 2026-12-01")
    return day


def _time_of_day(schedule: Mapping[str, Any]) -> time:
    written = schedule.get("at")
    if not isinstance(written, str) or not _TIME.fullmatch(written):
        raise BadSchedule("at", "takes a time of day like 09:00")
    return time.fromisoformat(written)


def _written_moment(schedule: Mapping[str, Any]) -> datetime:
    written = schedule.get("at")
    try:
        if isinstance(written, str) and _MOMENT.fullmatch(written):
            moment = datetime.fromisoformat(written)
            if FIRST_YEAR <= moment.year <= LAST_YEAR:
                return moment
    except ValueError:
        pass
    raise BadSchedule(
        "at", "takes a day and a time like 2026-12-01T09:00, or one like 2026-12-01T09:00+01:00"
    )


def _moment(schedule: Mapping[str, Any]) -> datetime:
    moment = _written_moment(schedule)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _check_drip(schedule: Mapping[str, Any]) -> None:
    _only(schedule, ("anchor", "include_existing"))
    anchor = schedule.get("anchor")
    if not isinstance(anchor, str) or not _ANCHOR.fullmatch(anchor):
        raise BadSchedule("anchor", "takes user.created_at, or a date among the attributes: attributes.FIELD")
    _boolean(schedule, "include_existing")


def _read_trigger(schedule: Mapping[str, Any]) -> dict[str, Any]:
    if "event" in schedule:
        _only(schedule, ("event", "filter", "again_after"))
        event = schedule["event"]
        if not isinstance(event, str) or not EVENT_NAME.match(event):
            raise BadSchedule("event", "takes a behavior event: up to 29 of a-z, 0-9 and _, a letter first")
    else:
        _only(schedule, ("entered", "again_after", "include_present"))
        if schedule.get("entered") is not True:
            raise BadSchedule("event", 'a behavior event is needed, or "entered": true')
        _boolean(schedule, "include_present")
    _check_filter(schedule.get("filter"))
    again_after = schedule.get("again_after")
    return {**schedule, **({} if again_after is None else {"again_after": _duration(again_after)})}


def _check_filter(written: object) -> None:
    try:
        if written is not None:
            check_filter(written, steps=())
    except BadFilter as bad:
        first = bad.problems[0]
        raise BadSchedule(f"filter.{first.path}".rstrip("."), first.message) from bad


def _duration(written: object) -> str:
    try:
        text = interval(written)
    except BadDuration as bad:
        raise BadSchedule("again_after", str(bad)) from bad
    if text.startswith("-"):
        raise BadSchedule("again_after", "lies ahead, not back")
    return text


def _boolean(schedule: Mapping[str, Any], key: str) -> None:
    if not isinstance(schedule.get(key, False), bool):
        raise BadSchedule(key, "is true or false")


def _only(schedule: Mapping[str, Any], known: Collection[str]) -> None:
    for key in schedule:
        if key not in known:
            raise BadSchedule(key, f"is not known here; there are: {', '.join(known)}")
