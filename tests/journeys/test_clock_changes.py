"""Twice a year the wall clock jumps; half past nine stays half past nine where the user lives.

`tests/sql/test_local_time.py` has the gaps and overlaps of many zones; here the messages themselves arrive.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.fixtures.database import Clock
from tests.fixtures.process import RunTendril
from tests.journeys.conftest import Journey, lesson

DAYS = 5


@pytest.mark.parametrize(
    ("zone", "begin", "hours_of_utc"),
    [
        # forward on Sunday, 29 March, and back on Sunday, 25 October
        ("Europe/Madrid", "2026-03-27T12:00Z", [8, 7, 7, 7, 7]),
        ("Europe/Madrid", "2026-10-23T12:00Z", [7, 8, 8, 8, 8]),
        # forward on Sunday, 8 March
        ("America/New_York", "2026-03-06T16:00Z", [14, 13, 13, 13, 13]),
        # half an hour only, back on Sunday, 5 April
        ("Australia/Lord_Howe", "2026-04-03T02:00Z", [22, 23, 23, 23, 23]),
    ],
)
async def test_a_step_at_half_past_nine_comes_at_half_past_nine_before_and_after(
    clock: Clock, run_tendril: RunTendril, zone: str, begin: str, hours_of_utc: list[int]
) -> None:
    await clock.set(begin)
    async with run_tendril() as tendril:
        journey = Journey(tendril)
        await journey.publish(*(lesson(f"{day}", at="09:30") for day in range(DAYS)))
        ada = await journey.member()
        await journey.prefer(ada, timezone=zone)
        await journey.enroll(ada)
        await tendril.advance(f"{DAYS + 1} days")

        dates = [message["date"] for message in await ada.messages()]
        local = [datetime.fromtimestamp(date, ZoneInfo(zone)) for date in dates]
        assert [moment.strftime("%H:%M") for moment in local] == ["09:30"] * DAYS
        assert [
            moment.hour for moment in (datetime.fromtimestamp(date, ZoneInfo("UTC")) for date in dates)
        ] == (hours_of_utc)


async def test_a_time_that_the_change_skips_comes_when_the_clock_has_jumped(
    clock: Clock, run_tendril: RunTendril
) -> None:
    """Half past two does not exist in Madrid on 29 March 2026."""
    await clock.set("2026-03-27T12:00Z")
    async with run_tendril() as tendril:
        journey = Journey(tendril)
        steps = [lesson(f"{day}", at="02:30", quiet_hours=False) for day in range(3)]
        await journey.publish(*steps)
        ada = await journey.member()
        await journey.prefer(ada, timezone="Europe/Madrid")
        await journey.enroll(ada)
        await tendril.advance("4 days")

        zone = ZoneInfo("Europe/Madrid")
        dates = [datetime.fromtimestamp(message["date"], zone) for message in await ada.messages()]
        assert [moment.strftime("%a %H:%M") for moment in dates] == ["Sat 02:30", "Sun 03:30", "Mon 02:30"]
