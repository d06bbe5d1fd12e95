"""A simulation tells what would happen, and nothing of it stays."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from storage.store import Invalid, NotFound, StorageError
from tests.sql.campaigning import carried
from tests.sql.conftest import Row, World, step
from tests.sql.experimenting import draft, drawn, start
from tests.sql.living import BEGIN, deliver
from tests.sql.simulating import campaign, contents, simulated, told


class Undone(Exception):
    pass


async def course(world: World) -> str:
    """Somebody in the middle of one sequence, about to be simulated in another."""
    await world.publish(
        step(), step(name="second", after="1 day", fallback="no_engagement", fallback_after="1 day")
    )
    await world.publish(step(after="1 hour"), name="other")
    ada = await world.person()
    await world.enroll(ada, "other")
    await world.did(ada, "sang")
    return ada


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"answers": 1, "behavior": [{"type": "sang", "after": "2 days"}]},
        {"fails": [{"channel": "email"}, {"channel": "telegram"}]},
        {"invented": [{"label": "x", "commitments": [{"text": "Run 5 km"}]}], "sample": 5},
        {"invented": [{"label": "x", "timezone": "Mars/Olympus"}]},
        {"definition": {"name": "course", "message_class": "sequence", "steps": [{"position": 1}]}},
        {"sequence": "nothing"},
        {"users": ["nobody@example.org"]},
    ],
)
async def test_nothing_remains_of_a_simulation_whatever_becomes_of_it(
    world: World, connection: asyncpg.Connection, more: dict[str, Any]
) -> None:
    ada = await course(world)
    before = await contents(connection)

    try:
        await simulated(world, **{"users": [ada]} | more)
    except StorageError as error:
        assert error.code in ("TN404", "TN422", "23502")

    assert await contents(connection) == before
    assert abs(await world.clock.now() - BEGIN) < timedelta(minutes=1)


TIMED = {"times": ["2026-03-03T09:00", "2026-03-04T09:00"]}


@pytest.mark.parametrize("schedule", [None, {"entered": True}, {"event": "sang"}])
@pytest.mark.parametrize("per_minute", [None, 1])
async def test_workers_find_every_row_free_while_a_simulation_is_under_way(
    world: World, connection: asyncpg.Connection, schedule: Row | None, per_minute: int | None
) -> None:
    """It writes to nothing but its own copies, so nobody waits for it, and it waits for nobody."""
    ada = await course(world)
    played = (await campaign(world, filter={}, per_minute=per_minute))["id"]
    if schedule is not None:
        fans = {"name": "fans", "kind": "triggered", "schedule": schedule, "per_minute": per_minute}
        played = (await campaign(world, **fans))["id"]
        sang = {"behavior.sang": {"$exists": "entered" not in schedule}}
        await world.call("activate_campaign", campaign_id=played, filter=sang)
        await carried(world)
    given = {
        "campaign_id": played,
        "users": [ada],
        "days": 10,
        "answers": 1,
        "behavior": [{"type": "sang", "after": "1 day"}],
        "fails": [{"channel": "email"}],
    } | (TIMED if schedule is None else {})
    playing = await asyncpg.connect(world.clock.url)
    try:
        async with playing.transaction():
            await playing.execute("select tendril.play_simulation($1::jsonb, $2)", json.dumps(given), BEGIN)
            await connection.execute("set lock_timeout = 1")
            for table in await contents(connection):
                await connection.execute(f"select from tendril.{table} for no key update nowait")
            assert len(await world.claim("telegram")) == 0
            async with asyncio.timeout(60):
                await world.did(ada, "sang")
            await world.clock.advance("2 hours")
            assert {row["user_id"] for row in await world.deliver("telegram")} == {ada}
            raise Undone
    except Undone:
        pass
    finally:
        await playing.close()


async def test_two_simulations_of_one_user_do_not_wait_for_each_other(world: World) -> None:
    ada = await course(world)
    draft = {"name": "new", "title": "New", "message_class": "sequence", "steps": [step(position=1)]}

    reports = await asyncio.gather(
        *(simulated(world, ada, sequence=None, definition=draft, days=100) for _ in range(4))
    )

    assert all(told(report) == told(reports[0]) for report in reports)


async def test_waiting_messages_of_real_people_count_for_the_same_cap(world: World) -> None:
    await world.publish(step())
    await world.publish(step(), name="other")
    ada = await world.person(max_per_day=1)
    await world.enroll(ada, "other", at=BEGIN)

    report = await simulated(world, ada)

    assert [
        (each["sequence"], each["verdict"], each["is_other"]) for each in report["users"][0]["entries"]
    ] == [
        ("other", "send", True),
        ("course", "hold", False),
        ("course", "send", False),
    ]


async def test_who_answers_is_the_same_every_time(world: World) -> None:
    await world.publish(
        step(fallback="no_engagement", fallback_after="1 day", channels=["email", "telegram"])
    )
    people = [{"label": f"person {number}"} for number in range(20)]

    once, again, nobody, everybody = [
        await simulated(world, invented=people, answers=share) for share in (0.3, 0.3, 0, 1)
    ]

    def fell_back(report: Row) -> list[str]:
        return [user["label"] for user in report["users"] if "fallback" in str(user["entries"])]

    assert fell_back(once) == fell_back(again)
    assert 8 < len(fell_back(once)) < 19
    assert (len(fell_back(nobody)), len(fell_back(everybody))) == (20, 0)


async def test_what_people_do_on_the_way_is_heeded(world: World) -> None:
    await world.publish(
        step(), step(name="second", after="3 days"), exit={"behavior.lesson_complete": {"$exists": True}}
    )
    learned = [{"type": "lesson_complete", "after": "2 days", "people": ["learner"]}]

    report = await simulated(world, invented=[{"label": "learner"}, {"label": "other"}], behavior=learned)

    assert told(report, 0)[-1] == ("05 12:00", "second", "telegram", "stop", "exit_condition")
    assert told(report, 1)[-1] == ("05 12:00", "second", "telegram", "send", "")


async def test_a_mailbox_that_sends_back_makes_the_other_channel_take_over(world: World) -> None:
    await world.publish(step(channels=["email", "telegram"]), step(name="second", after="1 day"))

    report = await simulated(world, invented=[{"label": "x"}], fails=[{"channel": "email"}])

    assert [line[1:] for line in told(report)] == [
        ("hello", "email", "fallback", "hard_bounce"),
        ("hello", "telegram", "send", ""),
        ("second", "telegram", "send", ""),
    ]


async def test_a_version_that_nobody_published_is_simulated_for_who_runs_through_the_present_one(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    ada = await world.person()
    draft = {
        "name": "course",
        "title": "Course",
        "message_class": "sequence",
        "steps": [step(position=1, name="changed", after="2 hours", anchor="enrollment")],
    }

    report = await simulated(world, ada, definition=draft)

    assert told(report) == [("02 14:00", "changed", "telegram", "send", "")]
    assert await connection.fetchval("select count(*) from tendril.sequence_versions") == 1


async def test_a_suppressed_address_is_suppressed_for_the_copy_too(world: World) -> None:
    await world.publish(step(channels=["email"]))
    ada = await world.person()
    await world.enroll(ada)
    (mail,) = await world.deliver("email")
    await world.tell(mail, "complained")

    report = await simulated(world, ada, key="again", **{"from": BEGIN + timedelta(hours=1)})

    assert told(report)[-1][3:] == ("skip", "address_suppressed")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"days": 0}, "days"),
        ({"days": 401}, "days"),
        ({"sample": 501}, "sample"),
        ({"users": [], "invented": []}, "users"),
        ({"invented": [{}] * 501}, "users"),
        ({"answers": 2}, "answers"),
        ({"from": "2026-03-01T12:00:00Z"}, "from"),
        ({"from": "2126-03-01T12:00:00Z"}, "from"),
        ({"invented": [{"timezone": "Mars/Olympus"}]}, "timezone"),
        ({"invented": [{"preferences": {"max_per_day": "lots"}}]}, "invented.0.preferences.max_per_day"),
        ({"behavior": [{"type": "sang", "people": ["x"]}]}, "assumptions.behavior.0.people"),
        (
            {"fails": [{"channel": "email"}, {"channel": "email", "people": ["x"]}]},
            "assumptions.fails.1.people",
        ),
    ],
)
async def test_what_a_simulation_cannot_do_is_refused(world: World, more: dict[str, Any], field: str) -> None:
    await world.publish(step())
    ada = await world.person()

    with pytest.raises(Invalid) as refused:
        await simulated(world, **{"users": [ada]} | more)

    assert refused.value.detail == field


async def test_a_version_that_is_not_there_is_not_found(world: World) -> None:
    await world.publish(step())

    with pytest.raises(NotFound) as missing:
        await simulated(world, number=7, invented=[{}])

    assert missing.value.detail == "number"


async def test_a_paused_channel_is_looked_at_once_a_day_until_it_is_too_late(world: World) -> None:
    await world.publish(step(channels=["email"], stale_after="3 days"))
    await world.call("pause_channel", channel="email")

    report = await simulated(world, invented=[{"label": "x"}])

    assert told(report) == [
        ("02 12:00", "hello", "email", "hold", "channel_paused"),
        ("05 12:00", "hello", "email", "skip", "stale"),
    ]


async def test_real_people_are_simulated_in_the_variant_that_they_would_get(world: World) -> None:
    await world.publish(step(channels=["telegram"]))
    await start(
        world, await draft(world), other=step(channels=["email"], after="2 days", anchor="enrollment")
    )
    users = [await world.person() for _ in range(12)]
    variants = await drawn(world, users)

    report = await simulated(world, *users)
    asked_for = await simulated(world, *users, number=1)

    ways = {user["user_id"]: [each["channel"] for each in user["entries"]] for user in report["users"]}
    assert ways == {user: ["email" if variants[user] == "other" else "telegram"] for user in users}
    assert {user["runs"][0]["variant"] for user in report["users"]} == {"as_it_is", "other"}
    assert {each["channel"] for user in asked_for["users"] for each in user["entries"]} == {"telegram"}


async def test_people_stand_in_the_order_in_which_they_are_named_and_once(world: World) -> None:
    await world.publish(step())
    users = [await world.person() for _ in range(5)]

    report = await simulated(world, *reversed(users), "1")

    assert [user["user_id"] for user in report["users"]] == users[::-1]


async def test_an_answer_that_is_overdue_does_not_turn_the_time_back(world: World) -> None:
    await world.publish(
        step(channels=["email", "telegram"], fallback="no_engagement", fallback_after="1 hour")
    )
    ada = await world.person()
    await world.enroll(ada, at=BEGIN)
    await deliver(world, "email", BEGIN)
    later = BEGIN + timedelta(hours=3)
    await world.clock.set(later)

    report = await world.call(
        "simulate", simulation={"sequence": "course", "users": [ada], "from": later, "days": 2}, at=later
    )

    assert ("02 15:00", "hello", "email", "fallback", "no_engagement") in told(report)
    assert min(told(report))[0] == "02 15:00"
