"""Schedules: what may be written, and the local times that come of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequences.schedules import BadSchedule, clock_of, next_times, read_schedule

local = datetime.fromisoformat
MONDAY = local("2026-03-02T08:00")


def times(schedule: dict[str, Any], after: datetime = MONDAY, most: int = 3) -> list[str]:
    read = read_schedule("recurring", schedule)
    return [f"{each:%m-%d %H:%M}" for each in next_times("recurring", read, after, most).upcoming]


def problem(kind: str, schedule: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(BadSchedule) as refused:
        read_schedule(kind, schedule)
    return refused.value.path, str(refused.value)


def test_days_of_the_week_come_in_their_order() -> None:
    schedule = {"every": "week", "on": ["fri", "mon", "wed"], "at": "09:00"}

    assert times(schedule) == ["03-02 09:00", "03-04 09:00", "03-06 09:00"]
    assert times(schedule, local("2026-03-02T09:00")) == ["03-04 09:00", "03-06 09:00", "03-09 09:00"]


def test_a_day_that_a_month_lacks_is_left_out_and_the_last_one_is_always_there() -> None:
    assert times({"every": "month", "on": [31], "at": "09:00"}) == [
        "03-31 09:00",
        "05-31 09:00",
        "07-31 09:00",
    ]
    assert times({"every": "month", "on": [-1], "at": "09:00"}) == [
        "03-31 09:00",
        "04-30 09:00",
        "05-31 09:00",
    ]


def test_from_and_until_are_days_that_still_count() -> None:
    schedule = {"every": "day", "at": "09:00", "from": "2026-03-05", "until": "2026-03-06"}

    assert times(schedule) == ["03-05 09:00", "03-06 09:00"]
    assert next_times("recurring", schedule, MONDAY, 3).is_over


def test_a_rule_is_followed_as_the_calendar_formats_do() -> None:
    fortnightly = {"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;COUNT=3", "from": "2026-02-16", "at": "09:00"}
    last_friday = {"rrule": "RRULE:FREQ=MONTHLY;BYDAY=-1FR", "at": "17:30"}
    leap_day = {"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "at": "09:00", "from": "2024-01-01"}

    assert times(fortnightly) == ["03-02 09:00", "03-16 09:00"]
    assert times(last_friday) == ["03-27 17:30", "04-24 17:30", "05-29 17:30"]
    assert next_times("recurring", leap_day, MONDAY).upcoming[0] == local("2028-02-29T09:00")


@pytest.mark.parametrize(
    ("schedule", "path", "said"),
    [
        ({"rrule": "FREQ=SECONDLY", "at": "09:00"}, "rrule", "once a day at most"),
        ({"rrule": "FREQ=DAILY;BYHOUR=1,2", "at": "09:00"}, "rrule", "cannot stand here"),
        ({"rrule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "at": "09:00"}, "rrule", "never comes"),
        ({"rrule": "FREQ=DAILY;INTERVAL=0", "at": "09:00"}, "rrule", "not understood"),
        ({"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "at": "09:00"}, "from", "counts from a day"),
        ({"rrule": "FREQ=MONTHLY;BYDAY=99MO", "at": "09:00"}, "rrule", "too large"),
        ({"rrule": "BYDAY=MO", "at": "09:00"}, "rrule", "FREQ is missing"),
        ({"every": "week", "on": ["monday"], "at": "09:00"}, "on", "list of days"),
        ({"every": "week", "on": [["mon"]], "at": "09:00"}, "on", "list of days"),
        ({"every": "month", "on": [0], "at": "09:00"}, "on", "days of the month"),
        ({"every": "hour", "at": "09:00"}, "every", "day"),
        ({"every": "day", "at": "9 o'clock"}, "at", "time of day"),
        ({"every": "day", "at": "09:00", "until": "2026-02-30"}, "until", "takes a day"),
        ({"every": "day", "at": "09:00", "tz": "UTC"}, "tz", "not known here"),
    ],
)
def test_a_mistake_in_a_rule_is_told_with_its_place(schedule: dict[str, Any], path: str, said: str) -> None:
    assert problem("recurring", schedule)[0] == path
    assert said in problem("recurring", schedule)[1]


def test_a_rule_that_never_comes_is_found_out_soon() -> None:
    began = process_time()

    problem("recurring", {"rrule": "FREQ=DAILY;BYMONTH=4;BYMONTHDAY=31", "at": "09:00", "from": "2026-01-01"})

    assert process_time() - began < 3


@given(st.text(alphabet="FREQ=DAILYWKMONTHBSUC;1239-+,", max_size=60), st.booleans())
def test_no_rule_breaks_what_reads_it(text: str, is_weekly: bool) -> None:
    rule = f"FREQ={'WEEKLY' if is_weekly else 'YEARLY'};{text}"
    try:
        read_schedule("recurring", {"rrule": rule, "at": "09:00", "from": "2026-01-01"})
    except BadSchedule as refused:
        assert str(refused)


@given(st.datetimes(local("2020-01-01T00:00"), local("2040-01-01T00:00")), st.integers(1, 20))
def test_asking_again_after_the_last_one_goes_on_without_a_gap(after: datetime, most: int) -> None:
    schedule = {"every": "week", "on": ["tue", "sat"], "at": "06:30"}
    together = next_times("recurring", schedule, after, 2 * most).upcoming

    first = next_times("recurring", schedule, after, most).upcoming
    then = next_times("recurring", schedule, first[-1], most).upcoming

    assert first + then == together
    assert all(timedelta(0) < b - a <= timedelta(days=4) for a, b in pairwise(together))


def test_a_single_time_is_on_a_clock_or_with_an_offset_an_instant() -> None:
    on_a_clock, instant = {"at": "2026-12-01T09:00"}, {"at": "2026-12-01T09:00+01:00"}

    assert next_times("one_time", on_a_clock, MONDAY).upcoming == (local("2026-12-01T09:00"),)
    assert next_times("one_time", instant, MONDAY).upcoming == (local("2026-12-01T08:00"),)
    assert clock_of("one_time", on_a_clock, None) is None
    assert clock_of("one_time", instant, None) == "UTC"


@pytest.mark.parametrize(
    ("kind", "schedule", "path"),
    [
        ("one_time", {"at": "2026-13-01T09:00"}, "at"),
        ("one_time", {}, "at"),
        ("drip", {"anchor": "user.birthday"}, "anchor"),
        ("drip", {"anchor": "user.created_at", "include_existing": "yes"}, "include_existing"),
        ("triggered", {}, "event"),
        ("triggered", {"event": "No Event"}, "event"),
        ("triggered", {"event": "goal_set", "filter": {"user.height": 1}}, "filter.user.height"),
        ("triggered", {"entered": True, "again_after": "1 month"}, "again_after"),
        ("triggered", {"entered": True, "again_after": "-1 day"}, "again_after"),
        ("triggered", {"event": "goal_set", "include_present": True}, "include_present"),
    ],
)
def test_a_mistake_in_another_schedule_is_told_with_its_place(
    kind: str, schedule: dict[str, Any], path: str
) -> None:
    assert problem(kind, schedule)[0] == path


def test_durations_are_stored_as_the_database_reads_them() -> None:
    assert (
        read_schedule("triggered", {"event": "goal_set", "again_after": "2 weeks"})["again_after"]
        == "14 days"
    )
