"""12. Zones set their clocks while messages are due each day and each hour, and workers have wrong ones."""

from __future__ import annotations

import time as timing
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.chaos.arena import Arena, arena
from tests.chaos.meddler import meddling
from tests.chaos.oracle import Row
from tests.chaos.server import Server
from tests.chaos.setting import Setting
from tests.chaos.tally import Tally
from tests.sql.test_every_day import FIRST, LAST, ZONES, changes, shown

HOURS = (0, 1, 2, 3, 9, 23)
DAYS = 5
OFF_BY = 600
# Much more than what is sent takes on a busy machine, and much less than the clocks are off.
LEASE_SECONDS = 60
AHEAD = 3.0


@dataclass(frozen=True, slots=True)
class Life:
    """Somebody in a zone, from two days before its clocks are set, and when their messages are to come."""

    number: int
    zone: str
    sequence: str
    began: datetime
    expected: list[datetime]


async def over_changes(server: Server, setting: Setting) -> AsyncIterator[Row]:
    """Through the ledger itself, from moment to moment: claimed when it is due, sent, and recorded."""
    zones = ZONES[::4] if setting.is_short else ZONES
    years = range(2026, 2027) if setting.is_short else range(FIRST.year, LAST.year + 1)
    async with arena(server, "times") as place:
        # Nobody crashes here, and years have to pass.
        await place.connection.execute(f'alter database "{place.name}" set synchronous_commit = off')
        await _publish(place)
        lives = _lives(zones, years)
        await _begin(place, lives)
        came = await _live(place)
        for what, chosen in (("day", lambda life: life.sequence != "hourly"), ("hour", _is_hourly)):
            yield _row(what, [life for life in lives if chosen(life)], came)


def _is_hourly(life: Life) -> bool:
    return life.sequence == "hourly"


async def _publish(place: Arena) -> None:
    for hour in HOURS:
        await _publish_one(place, f"daily_{hour}", DAYS, after="1 day", at=f"{hour:02}:30")
    await _publish_one(place, "hourly", 24 * DAYS, after="1 hour")


async def _publish_one(place: Arena, name: str, count: int, **when: str) -> None:
    content = {"default": {"subject": "Hello", "body": "Hello"}}
    same = {"channels": ["telegram"], "fallback": "none", "anchor": "previous", "content": content} | when
    steps = [same | {"position": number, "name": f"number {number}"} for number in range(1, count + 1)]
    # Of this class, nothing is held for the night or for having been too many.
    definition = {"name": name, "title": name, "message_class": "transactional", "steps": steps}
    await place.store.call("publish_sequence", definition=definition)


def _lives(zones: Sequence[str], years: range) -> list[Life]:
    lives: list[Life] = []
    for zone in zones:
        for day in changes(zone):
            if day.year in years:
                first = day - timedelta(days=2)
                lives += [_daily(len(lives) + number, zone, first, hour) for number, hour in enumerate(HOURS)]
                lives.append(_hourly(len(lives), zone, first))
    return lives


def _daily(number: int, zone: str, first: date, hour: int) -> Life:
    at = time(hour, 30)
    began = shown(first - timedelta(days=1), at, zone)
    expected = [shown(first + timedelta(days=day), at, zone) for day in range(DAYS)]
    return Life(number, zone, f"daily_{hour}", began, expected)


def _hourly(number: int, zone: str, first: date) -> Life:
    began = datetime.combine(first, time(12), ZoneInfo(zone)).astimezone(UTC)
    return Life(
        number, zone, "hourly", began, [began + timedelta(hours=hour) for hour in range(1, 24 * DAYS + 1)]
    )


async def _begin(place: Arena, lives: list[Life]) -> None:
    await place.meet("telegram", range(len(lives)))
    await place.connection.execute(
        """
        update tendril.users u set timezone = l.zone
        from unnest($1::text[], $2::text[]) as l (number, zone) where u.external_id = l.number
        """,
        [str(life.number) for life in lives],
        [life.zone for life in lives],
    )
    users = dict(await place.connection.fetch("select external_id, id::text from tendril.users"))
    for life in lives:
        await place.store.call(
            "enroll", user_id=users[str(life.number)], sequence=life.sequence, at=life.began.isoformat()
        )


async def _live(place: Arena) -> dict[int, list[datetime]]:
    """What came when, by who got it."""
    came: dict[int, list[datetime]] = defaultdict(list)
    while True:
        now = await place.value(
            "select min(next_attempt_at) from tendril.message_deliveries where delivery_status = 'pending'"
        )
        if now is None:
            return came
        for recipient in await _deliver(place, now):
            came[int(recipient)].append(now)


async def _deliver(place: Arena, now: datetime) -> list[str]:
    at: dict[str, Any] = {"at": now.isoformat()}
    rows = await place.store.call("claim_due_deliveries", worker="w", channel="telegram", batch=1000, **at)
    outcomes = [{"id": row["id"], "lease_token": row["lease_token"], "outcome": "sent"} for row in rows]
    await place.store.call("record_outcomes", outcomes=outcomes, **at)
    return [row["recipient_address"] for row in rows]


def _row(what: str, lives: list[Life], came: dict[int, list[datetime]]) -> Row:
    lost = [moment for life in lives for moment in set(life.expected) - set(came[life.number])]
    early = [
        (life.zone, life.sequence, moment.isoformat())
        for life in lives
        for moment in set(came[life.number]) - set(life.expected)
    ]
    return Row(
        f"12 a message each {what} over changes of the clocks",
        n=sum(len(life.expected) for life in lives),
        lost=len(lost),
        duplicates=sum(len(came[life.number]) - len(set(came[life.number])) for life in lives),
        wrong=len(early),
        notes=f"{len(lives)} runs in {len({life.zone for life in lives})} zones",
        complaints=[f"at another time: {each}" for each in early[:5]],
    )


async def wrong_clocks(server: Server, setting: Setting) -> AsyncIterator[Row]:
    """One worker is ten minutes ahead and one behind: only the database's clock counts."""
    times = setting.choose(short=2, long=20)
    async with AsyncExitStack() as opened:
        place = await opened.enter_async_context(arena(server, "wrong_clocks"))
        meddler = await opened.enter_async_context(meddling(place))
        tally = Tally("12 workers' clocks ten minutes off")
        workers = [
            await place.worker(f"w{off:+}", LEASE_SECONDS, clock_off_by=off) for off in (-OFF_BY, OFF_BY)
        ]
        for _ in range(times):
            meddler.begin(lambda _: None)
            # Long enough that a clock that is ahead would take it away.
            await place.control("POST", "/faults", provider="telegram", fault="slow", delay=3, count=20)
            planned = timing.monotonic()
            cohort = await place.enroll(telegram=100, email=200, after=f"{AHEAD:.0f} seconds")
            await place.quiet()
            early = [request for request in meddler.seen if request.at < planned + AHEAD]
            tally.wrong += len(early)
            tally.complain_if(bool(early), f"{len(early)} requests before anything was due")
            await tally.count(place, cohort)
        tally.complain_if(not all(each.is_running for each in workers), "a worker has ended")
        yield tally.row(f"{times} rounds, one ahead and one behind")
