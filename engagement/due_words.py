"""Finds in what somebody wrote by when they mean to do it, in English or German: `by friday 5pm`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class Due:
    """A day on the calendar of whoever wrote; `at` where they named a time of day."""

    day: date
    at: time | None = None


_WEEKDAYS = {
    **dict.fromkeys(("monday", "montag", "mon", "mo"), 0),
    **dict.fromkeys(("tuesday", "dienstag", "tues", "tue", "di"), 1),
    **dict.fromkeys(("wednesday", "mittwoch", "wed", "mi"), 2),
    **dict.fromkeys(("thursday", "donnerstag", "thurs", "thu", "do"), 3),
    **dict.fromkeys(("friday", "freitag", "fri", "fr"), 4),
    **dict.fromkeys(("saturday", "samstag", "sonnabend", "sat", "sa"), 5),
    **dict.fromkeys(("sunday", "sonntag", "sun", "so"), 6),
}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar jan", "february februar feb", "march märz mar mrz", "april apr", "may mai",
            "june juni jun", "july juli jul", "august aug", "september sept sep", "october oktober oct okt",
            "november nov", "december dezember dec dez",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_NUMBERS = {
    **dict.fromkeys(("a", "an", "one", "ein", "einem", "einer"), 1),
    **dict.fromkeys(("two", "zwei"), 2),
    **dict.fromkeys(("three", "drei"), 3),
    **dict.fromkeys(("four", "vier"), 4),
    **dict.fromkeys(("five", "fünf"), 5),
    **dict.fromkeys(("six", "sechs"), 6),
    **dict.fromkeys(("seven", "sieben"), 7),
}

_LONG_DAYS = "|".join(name for name in _WEEKDAYS if name.endswith(("day", "tag", "woch", "abend")))
_ANY_DAYS = "|".join(sorted(_WEEKDAYS, key=len, reverse=True))
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR = r"(?:,? (?P<year>20\d\d))?"
_COUNT = rf"(?P<number>\d{{1,3}}|{'|'.join(_NUMBERS)})"
_UNTIL = r"(?:by|before|until|till|due|bis(?: zum)?|vor)"
_ON = rf"(?:{_UNTIL}|on|this|am|diesen|kommenden)"

Reading = Callable[[re.Match[str], date], date | None]


def _in_days(found: re.Match[str], today: date) -> date:
    number = found["number"]
    count = int(number) if number.isdigit() else _NUMBERS[number]
    return today + timedelta(days=min(count, 1000) * (7 if found["unit"][0] == "w" else 1))


def _weekday(found: re.Match[str], today: date) -> date:
    """The next such day, today included; "next" means the one in the week after this."""
    wanted = _WEEKDAYS[found["weekday"]]
    if found["next"]:
        return _monday(today) + timedelta(days=7 + wanted)
    return today + timedelta(days=(wanted - today.weekday()) % 7)


def _written(found: re.Match[str], today: date) -> date | None:
    parts = found.groupdict()
    name = parts["month"]
    month = int(name) if name.isdigit() else _MONTHS[name]
    try:
        day = date(int(parts.get("year") or today.year), month, int(parts["day"]))
        is_over = day < today and not parts.get("year")
        return day.replace(year=day.year + 1) if is_over else day
    except ValueError:  # the thirtieth of February
        return None


def _monday(today: date) -> date:
    return today - timedelta(days=today.weekday())


def _end_of_month(_: re.Match[str], today: date) -> date:
    return (today.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _after(days: int) -> Reading:
    return lambda _, today: today + timedelta(days=days)


def _sunday(weeks: int) -> Reading:
    return lambda _, today: _monday(today) + timedelta(days=6 + 7 * weeks)


# What is more particular comes first: "the day after tomorrow" also has a "tomorrow" in it.
_READINGS: tuple[tuple[re.Pattern[str], Reading], ...] = tuple(
    (re.compile(rf"(?<!\w)(?:{pattern})(?!\w)"), reading)
    for pattern, reading in (
        (r"(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)", _written),
        (r"(?P<day>[0-3]?\d)\.\s?(?P<month>[01]?\d)\.(?:\s?(?P<year>20\d\d))?", _written),
        (rf"(?P<day>[0-3]?\d)(?:st|nd|rd|th|\.)?(?: of)? (?P<month>{_MONTH})\.?{_YEAR}", _written),
        (rf"(?P<month>{_MONTH})\.? (?P<day>[0-3]?\d)(?:st|nd|rd|th)?{_YEAR}", _written),
        (r"(?:the )?day after tomorrow|übermorgen", _after(2)),
        (rf"in {_COUNT} (?P<unit>days?|weeks?|tag(?:en)?|wochen?)", _in_days),
        (r"today|tonight|this (?:morning|afternoon|evening)|heute", _after(0)),
        (r"tomorrow|tmrw|(?<!am )(?<!jeden )(?<!jedem )(?<!guten )morgen", _after(1)),
        (rf"(?:(?:{_ON}) )?(?P<next>next |nächste[nr]? )(?P<weekday>{_LONG_DAYS})", _weekday),
        (rf"(?P<next>)(?:{_UNTIL}|on) (?P<weekday>{_ANY_DAYS})", _weekday),
        (rf"(?P<next>)(?P<weekday>{_LONG_DAYS}|mon|tues?|wed|thu(?:rs)?|fri)", _weekday),
        (r"(?P<next>)(?P<weekday>sat|sun)(?= (?:at )?\d{1,2}(?::\d\d| ?[ap]m))", _weekday),
        (
            r"(?:the )?end of (?:the|this) month|this month|ende des monats|monatsende|diesen monat",
            _end_of_month,
        ),
        (r"next week(?:end)?|nächste[rs]? woche(?:nende)?", _sunday(1)),
        (
            r"this week(?:end)?|(?:the )?end of (?:the|this) week|the weekend|diese[rs]? woche(?:nende)?"
            r"|ende (?:der|dieser) woche|(?:am|zum) wochenende",
            _sunday(0),
        ),
    )
)  # fmt: skip
_BARE = re.compile(rf"(?:{_ON} )?(?P<weekday>{_ANY_DAYS})\.?(?:,? (?:at|um))?")
_BARE_DATE = re.compile(r"(?P<day>[0-3]?\d)\.\s?(?P<month>[01]?\d)")
_CLOCK = re.compile(
    r"(?<![\w.:])(?P<hour>[01]?\d|2[0-4])(?:[:.](?P<minute>[0-5]\d))? ?(?P<half>am|pm|a\.m\.|p\.m\.)(?!\w)"
    r"|(?<![\w.:])(?P<clock>[01]?\d|2[0-3]):(?P<past>[0-5]\d)(?![\d:])"
    r"|(?<!\w)(?:at|um) (?P<bare>[7-9]|1\d|2[0-3])(?=[.,;!?]*$)"  # earlier it is as likely in the evening
    r"|(?<![\w.:])(?P<uhr>[01]?\d|2[0-4])(?:[:.](?P<after>[0-5]\d))? uhr(?: (?P<and>[0-5]\d))?(?!\w)"
)
_NOON = re.compile(r"(?<!\w)(?:noon|midday|mittags?)(?!\w)")


def find_due(text: str, now: datetime) -> Due | None:
    """The first day that is named; for a time alone, the day on which it comes next. `now` is local."""
    lowered = " ".join(text.lower().split())
    clock = _find_clock(lowered)
    for pattern, reading in _READINGS:
        found = pattern.search(lowered)
        day = reading(found, now.date()) if found else None
        if day is not None:
            return Due(day, clock) if day >= now.date() else None
    if clock is None:
        return None
    return Due(now.date() + timedelta(days=clock <= now.time()), clock)


def read_due(text: str, now: datetime) -> Due | None:
    """For an answer to "by when?", in which `fri` and `5.3` alone are enough."""
    lowered = " ".join(text.lower().split())
    if bare := _BARE.fullmatch(_CLOCK.sub("", lowered).strip()):
        wanted = _WEEKDAYS[bare["weekday"]]
        return Due(now.date() + timedelta(days=(wanted - now.weekday()) % 7), _find_clock(lowered))
    if _BARE_DATE.fullmatch(lowered):
        lowered += "."
    return find_due(lowered, now)


def _find_clock(text: str) -> time | None:
    if found := _CLOCK.search(text):
        parts = found.groupdict()
        hour = int(parts["hour"] or parts["clock"] or parts["uhr"] or parts["bare"])
        minute = int(parts["minute"] or parts["past"] or parts["after"] or parts["and"] or 0)
        if parts["half"]:
            hour = hour % 12 + (12 if parts["half"][0] == "p" else 0)
        return time(hour % 24, minute)
    return time(12) if _NOON.search(text) else None
