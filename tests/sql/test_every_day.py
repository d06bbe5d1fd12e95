"""A message a day is one message on each day, whatever the clocks of a zone do; an hour is an hour.

Looks at the days around each change of the clocks of 30 zones, 2024 to 2028; with `CHAOS=long` at all days.
"""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import asyncpg
import pytest

IS_LONG = os.environ.get("CHAOS") == "long"
# Those that change at midnight, by half an hour, in the south, for Ramadan, once, or never.
ZONES = [
    "Africa/Cairo", "Africa/Casablanca", "Africa/Lagos", "America/Asuncion", "America/Havana",
    "America/New_York", "America/Nuuk", "America/Phoenix", "America/Santiago", "America/Sao_Paulo",
    "America/Scoresbysund", "America/St_Johns", "Antarctica/Troll", "Asia/Almaty", "Asia/Beirut",
    "Asia/Gaza", "Asia/Jerusalem", "Asia/Kathmandu", "Asia/Kolkata", "Asia/Tehran", "Atlantic/Azores",
    "Australia/Adelaide", "Australia/Lord_Howe", "Australia/Sydney", "Europe/Athens", "Europe/Dublin",
    "Europe/London", "Europe/Madrid", "Pacific/Auckland", "Pacific/Chatham",
]  # fmt: skip
TIMES = [time(hour, minute) for hour in (0, 1, 2, 3, 9, 22, 23) for minute in (0, 30)]
FIRST, LAST = date(2024, 1, 1), date(2028, 12, 31)
# How long after it was due a step ended; after midnight the next day would count from another one.
LATENESS = [timedelta(seconds=1), timedelta(minutes=20)]

CHAIN = """
    with recursive chain (zone, local_time, late, number, due) as (
        select zone, local_time, late, 0, tendril.due_at(anchor, $1::text::interval, local_time, null, zone)
        from unnest($2::text[], $3::time[], $4::interval[], $5::timestamptz[])
            as first (zone, local_time, late, anchor)
        union all
        select zone, local_time, late, number + 1,
            tendril.due_at(due + late, $1::text::interval, local_time, null, zone)
        from chain where number < $6
    )
    select zone, local_time, late, array_agg(due order by number) as due from chain group by 1, 2, 3
"""


def changes(zone: str) -> list[date]:
    """The days on which the clocks of a zone are set."""
    noons = [
        datetime(2024, 1, 1, 12, tzinfo=ZoneInfo(zone)) + timedelta(days=day)
        for day in range(-1, (LAST - FIRST).days + 1)
    ]
    return [after.date() for before, after in pairwise(noons) if before.utcoffset() != after.utcoffset()]


def stretches(zone: str) -> list[tuple[date, int]]:
    """From which day on, and how many days, to look at."""
    if IS_LONG:
        return [(FIRST, (LAST - FIRST).days)]
    return [(day - timedelta(days=2), 4) for day in changes(zone) or [date(2026, 3, 29)]]


def shown(day: date, at: time, zone: str) -> datetime:
    """When a clock of the zone shows it first, or where a gap moves it without leaving the day."""
    forward = datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
    if forward.astimezone(ZoneInfo(zone)).date() == day:
        return forward
    return datetime.combine(day, at, ZoneInfo(zone)).replace(fold=1).astimezone(UTC)


@pytest.mark.parametrize("late", LATENESS, ids=str)
async def test_each_day_has_its_message_once(
    connection: asyncpg.Connection, late: timedelta, record_property: Callable[[str, object], None]
) -> None:
    wrong, seen = [], 0
    for zone in ZONES:
        for first, days in stretches(zone):
            anchors = [shown(first, at, zone) - timedelta(days=1) for at in TIMES]
            chains = await connection.fetch(
                CHAIN, "1 day", [zone] * len(TIMES), TIMES, [late] * len(TIMES), anchors, days
            )
            for chain in chains:
                # Where the first one falls is not the question; the days that follow it are.
                begun = chain["due"][0].astimezone(ZoneInfo(zone)).date()
                expected = [
                    shown(begun + timedelta(days=number), chain["local_time"], zone)
                    for number in range(days + 1)
                ]
                seen += len(expected)
                wrong += [
                    (zone, chain["local_time"], due.isoformat())
                    for due, day in zip(chain["due"], expected, strict=True)
                    if due != day
                ]

    record_property("n", seen)
    assert not wrong, f"{len(wrong)} of them: {wrong[:10]}"


async def test_an_hour_is_an_hour_through_every_change(connection: asyncpg.Connection) -> None:
    for zone in ZONES:
        for first, days in stretches(zone):
            anchor = shown(first, time(0, 30), zone)
            (chain,) = await connection.fetch(
                CHAIN, "1 hour", [zone], [None], [timedelta(0)], [anchor], 24 * days
            )

            assert {after - before for before, after in pairwise(chain["due"])} == {timedelta(hours=1)}, zone


def test_the_zones_have_both_gaps_and_overlaps() -> None:
    assert len(set(ZONES)) == 30
    assert sum(len(changes(zone)) for zone in ZONES) > 200
