"""What is simulated is what then happens, to the second, over random sequences, campaigns and people."""

from __future__ import annotations

import random
from datetime import timedelta

import asyncpg
import pytest

from tests.sql.conftest import MONDAY_NOON, Row, World, step
from tests.sql.living import BEGIN, Doing, Looks, happened, lived
from tests.sql.simulating import begin, campaign, foretold, simulated

ZONES = ("UTC", "Europe/Berlin", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu")


def any_step(chance: random.Random, number: int) -> Row:
    fallback = chance.choice(["on_failure", "on_failure", "no_engagement", "none", "both"])
    return step(
        name=f"step{number}",
        after=chance.choice(["0 seconds", "2 hours", "1 day", "3 days", "1 day 5 hours"]),
        anchor=chance.choice(["previous", "previous", "enrollment"]),
        at=chance.choice([None, None, "09:00", "23:30", "preferred"]),
        weekdays=chance.choice([None, None, [1, 3], [6, 7]]),
        channels=chance.choice([["telegram", "email"], ["email", "telegram"], ["email"], ["telegram"]]),
        fallback=fallback,
        fallback_after="26 hours" if fallback == "no_engagement" else None,
        condition=chance.choice(
            [
                None,
                None,
                {"behavior.sang": {"$count": {"$lt": 1}, "$within": "50h"}},
                {"attributes.plan": "pro"},
            ]
        ),
        stale_after=chance.choice([None, "1 hour", "3 days"]),
        quiet_hours=chance.choice([True, True, False]),
    )


async def any_person(world: World, chance: random.Random) -> str:
    user = await world.person(
        telegram=chance.random() < 0.85,
        email=chance.random() < 0.85,
        timezone=chance.choice(ZONES),
        preferred_time=chance.choice(["morning", "evening"]),
        max_per_day=chance.choice([1, 1, 3]),
        channel_order=chance.choice([[], ["email"], ["telegram", "email"]]),
        paused_until=chance.choice([None, None, "2026-03-09T10:00:00Z"]),
    )
    if chance.random() < 0.5:
        await world.did(user, "sang")
    return user


@pytest.mark.parametrize("seed", range(8))
async def test_what_is_simulated_is_what_then_happens(
    world: World, connection: asyncpg.Connection, seed: int
) -> None:
    chance = random.Random(seed)
    await world.publish(*(any_step(chance, number) for number in range(1, 5)))
    await world.publish(*(any_step(chance, number) for number in range(5, 8)), name="other")
    users = [await any_person(world, chance) for _ in range(4)]
    for user in users[:2]:
        await world.enroll(user, "other", at=BEGIN)
    await world.clock.set(MONDAY_NOON)
    blocked, answers = users[1:2], seed % 2 == 1

    report = await simulated(
        world, *users, fails=[{"channel": "telegram", "people": blocked}], answers=int(answers)
    )
    await world.clock.set(MONDAY_NOON)
    for user in users:
        await world.enroll(user, at=BEGIN)
    await lived(world, days=20, blocked=blocked, answers=answers)

    for user in report["users"]:
        assert foretold(user) == await happened(connection, user["user_id"])


SANG_LATELY = {"behavior.sang": {"$count": {"$gte": 1}, "$within": "30h"}}
OLD_PEOPLE, HISTORY = BEGIN - timedelta(days=3), BEGIN - timedelta(days=2)
SINCE_SIGN_UP, SINCE_DATE = {"anchor": "user.created_at"}, {"anchor": "attributes.began_on"}
LOUDLY = {"event": "sang", "filter": {"context.loud": True}}


EXISTING = {**SINCE_SIGN_UP, "include_existing": True}
PRESENT = {"entered": True, "include_present": True}


@pytest.mark.parametrize(
    ("state", "kind", "schedule", "chosen", "per_minute"),
    [
        ("draft", "drip", EXISTING, {}, None),
        ("active", "drip", SINCE_SIGN_UP, {}, None),
        ("paused", "drip", SINCE_SIGN_UP, {}, None),
        ("draft", "drip", SINCE_DATE, {}, None),
        ("active", "drip", SINCE_DATE, SANG_LATELY, None),
        ("draft", "triggered", LOUDLY, {}, None),
        ("active", "triggered", {"event": "sang", "again_after": "2 days"}, {}, None),
        ("paused", "triggered", {"event": "sang", "again_after": "2 days"}, {}, None),
        ("draft", "triggered", PRESENT, SANG_LATELY, None),
        ("active", "triggered", {"entered": True, "again_after": "1 day"}, SANG_LATELY, None),
        ("paused", "triggered", {"entered": True}, SANG_LATELY, None),
        ("draft", "drip", EXISTING, {}, 1),
        ("active", "drip", SINCE_DATE, SANG_LATELY, 1),
        ("paused", "drip", SINCE_DATE, SANG_LATELY, 2),
        ("draft", "triggered", PRESENT, {}, 2),
        ("active", "triggered", {"entered": True, "again_after": "1 day"}, SANG_LATELY, 1),
        ("paused", "triggered", {"entered": True}, SANG_LATELY, 1),
        ("draft", "triggered", LOUDLY, {}, 1),
        ("active", "triggered", {"event": "sang", "again_after": "1 day"}, {}, 2),
        ("paused", "triggered", {"event": "sang", "again_after": "1 day"}, {}, 1),
    ],
)
async def test_people_enter_a_simulated_campaign_when_they_then_do(
    world: World,
    connection: asyncpg.Connection,
    state: str,
    kind: str,
    schedule: Row,
    chosen: Row,
    per_minute: int | None,
) -> None:
    chance = random.Random(f"{state} {kind} {schedule}")
    given = {"kind": kind, "schedule": schedule, "filter": chosen, "per_minute": per_minute}
    drafted, users = await a_campaign_with_history(world, connection, chance, state, given)
    doings = any_doings(chance, users, together=per_minute is not None)
    behavior = [
        {"type": type_, "after": str(at - BEGIN), "people": [user], "metadata": noted}
        for at, user, type_, noted in doings
    ]

    report = await simulated(
        world, *users, campaign_id=drafted, behavior=behavior, days=4, answers=1, sequence=None
    )
    await go_on(world, drafted, state)
    (due,) = await connection.fetch(
        "select max(due_at) as at from tendril.campaign_runs where campaign_id = $1", drafted
    )
    looks = None if due["at"] is None else Looks(connection, max(BEGIN, due["at"]))
    await lived(world, days=4, answers=True, doings=doings, looks=looks)

    assert [foretold(user) for user in report["users"]] == [
        await happened(connection, user) for user in users
    ]
    assert any(foretold(user) for user in report["users"])


def any_doings(chance: random.Random, users: list[str], *, together: bool) -> list[Doing]:
    """What one after the other does, or, for a limit to matter, all of them in the same moments."""
    doings: list[Doing] = []
    for loud in (True, False, True, True, False, True):
        at = BEGIN + timedelta(minutes=chance.randrange(4 * 24 * 60))
        doers = users if together else [chance.choice(users)]
        doings += [(at, user, "sang", {"loud": loud}) for user in doers]
    return doings


async def a_campaign_with_history(
    world: World, connection: asyncpg.Connection, chance: random.Random, state: str, kind: Row
) -> tuple[int, list[str]]:
    """A campaign, and four people, of whom two came before it. Some got something of it already, if it is no
    draft any more.
    """
    first = step(name="step0", after="1 hour")
    await world.publish(first, *(any_step(chance, number) for number in range(1, 4)))
    await world.clock.set(OLD_PEOPLE)
    old = [await any_person(world, chance) for _ in range(2)]
    await connection.execute('update tendril.users set attributes = \'{"began_on": "2026-03-04"}\'')
    await world.clock.set(HISTORY)
    campaign_id = (await campaign(world, **kind))["id"]
    if state != "draft":
        await begin(world, campaign_id, HISTORY)
    await world.clock.set(HISTORY + timedelta(hours=2))
    new = [await any_person(world, chance) for _ in range(2)]
    await connection.execute(
        'update tendril.users set attributes = \'{"began_on": "2026-02-28"}\' where id = $1', new[0]
    )
    sang = [(HISTORY + timedelta(hours=5), old[0], "sang", {"loud": True})]
    sang += [(BEGIN - timedelta(hours=20), new[0], "sang", {"loud": True})]
    watching = Looks(connection, HISTORY) if "event" not in kind["schedule"] else None
    if state == "paused":
        await lived(world, begins=HISTORY, days=1, doings=sang, looks=watching)
        await world.call("pause_campaign", campaign_id=campaign_id, at=BEGIN - timedelta(days=1))
        await lived(world, begins=BEGIN - timedelta(days=1), days=1)
    else:
        await lived(world, begins=HISTORY, days=2, doings=sang, looks=watching)
    await world.clock.set(BEGIN)
    return int(campaign_id), old + new


async def go_on(world: World, campaign_id: int, state: str) -> None:
    await world.clock.set(BEGIN)
    if state == "draft":
        await begin(world, campaign_id, BEGIN)
    elif state == "paused":
        await world.call("resume_campaign", campaign_id=campaign_id, at=BEGIN)
