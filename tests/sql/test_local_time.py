"""Local times: computed in one place, over gaps and overlaps, in zones of every habit."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

# (zone, a local time that the spring change skips, the offset before it in hours)
GAPS = [
    ("America/New_York", "2026-03-08T02:30", -5),
    ("America/St_Johns", "2026-03-08T02:30", -3.5),
    ("America/Santiago", "2026-09-06T00:30", -4),
    ("America/Havana", "2026-03-08T00:30", -5),
    ("Europe/Madrid", "2026-03-29T02:30", 1),
    ("Europe/London", "2026-03-29T01:30", 0),
    ("Europe/Athens", "2026-03-29T03:30", 2),
    ("Africa/Cairo", "2026-04-24T00:30", 2),
    ("Asia/Jerusalem", "2026-03-27T02:30", 2),
    ("Asia/Beirut", "2026-03-29T00:30", 2),
    ("Australia/Sydney", "2026-10-04T02:30", 10),
    ("Australia/Lord_Howe", "2026-10-04T02:15", 10.5),
    ("Pacific/Auckland", "2026-09-27T02:30", 12),
]
# (zone, a local time that the autumn change repeats, the offset of its first occurrence in hours)
OVERLAPS = [
    ("America/New_York", "2026-11-01T01:30", -4),
    ("America/St_Johns", "2026-11-01T01:30", -2.5),
    ("America/Santiago", "2026-04-04T23:30", -3),
    ("America/Havana", "2026-11-01T00:30", -4),
    ("Europe/Madrid", "2026-10-25T02:30", 2),
    ("Europe/London", "2026-10-25T01:30", 1),
    ("Europe/Athens", "2026-10-25T03:30", 3),
    ("Africa/Cairo", "2026-10-29T23:30", 3),
    ("Asia/Jerusalem", "2026-10-25T01:30", 3),
    ("Australia/Sydney", "2026-04-05T02:30", 11),
    ("Australia/Lord_Howe", "2026-04-05T01:45", 11),
    ("Pacific/Auckland", "2026-04-05T02:30", 13),
]
ZONES = sorted(
    {zone for zone, *_ in GAPS}
    | {"UTC", "Asia/Kolkata", "Asia/Kathmandu", "Africa/Casablanca", "America/Phoenix"}
)


async def instant(connection: asyncpg.Connection, local: datetime, zone: str) -> datetime:
    found: datetime = await connection.fetchval("select tendril.instant($1, $2)", local, zone)
    return found


async def due_at(
    connection: asyncpg.Connection,
    anchor: datetime,
    after: str,
    zone: str,
    at: time | None = None,
    weekdays: list[int] | None = None,
) -> datetime:
    """The due time as the user's clocks show it."""
    due: datetime = await connection.fetchval(
        "select tendril.due_at($1, $2::text::interval, $3, $4, $5)", anchor, after, at, weekdays, zone
    )
    return due.astimezone(ZoneInfo(zone))


@pytest.mark.parametrize(("zone", "local", "offset"), GAPS)
async def test_a_time_in_a_gap_moves_forward_by_the_gap(
    connection: asyncpg.Connection, zone: str, local: str, offset: float
) -> None:
    skipped = datetime.fromisoformat(local)
    found = await instant(connection, skipped, zone)
    assert found == (skipped - timedelta(hours=offset)).replace(tzinfo=UTC)
    assert found.astimezone(ZoneInfo(zone)).replace(tzinfo=None) > skipped


@pytest.mark.parametrize(("zone", "local", "offset"), OVERLAPS)
async def test_a_time_in_an_overlap_is_the_first_of_the_two(
    connection: asyncpg.Connection, zone: str, local: str, offset: float
) -> None:
    repeated = datetime.fromisoformat(local)
    assert await instant(connection, repeated, zone) == (repeated - timedelta(hours=offset)).replace(
        tzinfo=UTC
    )


@pytest.mark.parametrize("zone", ZONES)
async def test_every_half_hour_of_a_year_agrees_with_the_zone_database_of_python(
    connection: asyncpg.Connection, zone: str
) -> None:
    start = datetime.fromisoformat("2026-01-01T00:00")
    halves = [start + timedelta(minutes=30 * number) for number in range(365 * 48)]
    rows = await connection.fetch(
        "select tendril.instant(t, $2) as found from unnest($1::timestamp[]) as t", halves, zone
    )
    expected = [local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC) for local in halves]
    assert [row["found"] for row in rows] == expected


async def test_a_day_is_a_day_on_the_wall_clock_and_24_hours_are_24_hours(
    connection: asyncpg.Connection,
) -> None:
    eve_of_the_change = datetime(2026, 3, 28, 12, 0, tzinfo=ZoneInfo("Europe/Madrid"))
    day_later = await due_at(connection, eve_of_the_change, "1 day", "Europe/Madrid")
    hours_later = await due_at(connection, eve_of_the_change, "24 hours", "Europe/Madrid")
    assert (day_later.hour, hours_later.hour) == (12, 13)


async def test_a_local_time_that_is_over_today_is_tomorrow(connection: asyncpg.Connection) -> None:
    afternoon = datetime(2026, 3, 2, 15, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    due = await due_at(connection, afternoon, "0 seconds", "Asia/Tokyo", time(9, 30))
    assert due.isoformat() == "2026-03-03T09:30:00+09:00"


async def test_one_day_later_at_half_past_nine_is_tomorrow_morning(connection: asyncpg.Connection) -> None:
    afternoon = datetime(2026, 3, 2, 15, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    due = await due_at(connection, afternoon, "1 day", "Asia/Tokyo", time(9, 30))
    assert due.isoformat() == "2026-03-03T09:30:00+09:00"


async def test_a_weekday_rule_waits_for_the_next_allowed_day(connection: asyncpg.Connection) -> None:
    friday = datetime(2026, 3, 6, 10, 0, tzinfo=UTC)
    due = await due_at(connection, friday, "1 day", "UTC", time(9, 0), [1, 2, 3, 4, 5])
    assert due.strftime("%A %H:%M") == "Monday 09:00"


async def test_a_reminder_may_lie_before_its_anchor(connection: asyncpg.Connection) -> None:
    start = datetime(2026, 3, 6, 18, 0, tzinfo=UTC)
    assert await due_at(connection, start, "-1 day", "UTC") == start - timedelta(days=1)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-28T23:00", "2026-03-29T08:00"),
        ("2026-03-29T07:59", "2026-03-29T08:00"),
        ("2026-03-29T08:00", None),
        ("2026-03-28T21:59", None),
        ("2026-10-24T22:00", "2026-10-25T08:00"),
    ],
)
async def test_quiet_hours_end_at_the_wall_clock_time_also_in_the_night_of_a_change(
    connection: asyncpg.Connection, now: str, expected: str | None
) -> None:
    madrid = ZoneInfo("Europe/Madrid")
    until = await connection.fetchval(
        "select tendril.quiet_until($1, '22:00', '08:00', 'Europe/Madrid')",
        datetime.fromisoformat(now).replace(tzinfo=madrid),
    )
    assert (until and until.astimezone(madrid)) == (
        expected and datetime.fromisoformat(expected).replace(tzinfo=madrid)
    )
