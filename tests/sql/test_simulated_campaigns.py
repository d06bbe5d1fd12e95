"""Who enters a simulated campaign, when, and why somebody does not."""

from __future__ import annotations

from datetime import timedelta

import asyncpg

from tests.sql.conftest import World, step
from tests.sql.living import BEGIN
from tests.sql.simulating import begin, campaign, contents, simulated, told


async def test_a_campaign_reaches_at_each_of_its_times_who_is_in_its_audience_then(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    drafted = await campaign(world)
    before = await contents(connection)
    people = [
        {"label": "long away", "last_active": "30 days", "timezone": "Europe/Berlin"},
        {"label": "soon away", "last_active": "3 days", "timezone": "Pacific/Auckland"},
    ]

    report = await simulated(
        world,
        campaign_id=drafted["id"],
        invented=people,
        times=["2026-03-04T09:00", "2026-03-09T09:00"],
    )

    assert told(report, 0) == [
        ("04 09:00", "hello", "telegram", "send", ""),
        ("09 09:00", "hello", "telegram", "send", ""),
    ]
    assert told(report, 1) == [("09 09:00", "hello", "telegram", "send", "")]
    assert await contents(connection) == before


async def test_who_runs_through_a_campaign_already_goes_on_and_does_not_begin_again(world: World) -> None:
    await world.publish(step(after="1 day"))
    drafted = await campaign(world, kind="triggered", schedule={"event": "sang"}, filter={})
    await begin(world, drafted["id"], BEGIN - timedelta(hours=1))
    ada, bob = await world.person(), await world.person()
    await world.call(
        "record_behavior_events",
        events=[{"event_id": "1", "user_id": ada, "type": "sang"}],
        at=BEGIN - timedelta(hours=1),
    )

    report = await simulated(
        world, ada, bob, campaign_id=drafted["id"], behavior=[{"type": "sang", "people": [ada]}]
    )

    assert told(report, 0) == [("03 11:00", "hello", "telegram", "send", "")]
    assert [user["why_not"] for user in report["users"]] == ["already_running", "not_triggered"]


async def test_who_is_in_the_audience_of_a_draft_is_only_remembered(world: World) -> None:
    await world.publish(step())
    drafted = await campaign(world, kind="triggered", schedule={"entered": True})
    people = [
        {"label": "long away", "last_active": "30 days"},
        {"label": "soon away", "last_active": "6 days"},
    ]

    report = await simulated(world, campaign_id=drafted["id"], invented=people)

    assert [user["why_not"] for user in report["users"]] == ["not_entering", None]
    assert told(report, 1) == [("03 12:00", "hello", "telegram", "send", "")]


async def test_a_drip_of_nobodys_counts_from_the_sign_up_of_each(world: World) -> None:
    definition = {
        "name": "campaign_first_days",
        "title": "First days",
        "message_class": "sequence",
        "steps": [
            step(position=1, name="first", after="1 day", anchor="enrollment"),
            step(position=2, name="third", after="3 days", anchor="enrollment"),
        ],
    }
    drafted = await campaign(
        world, kind="drip", sequence=None, steps=[], filter={}, schedule={"anchor": "user.created_at"}
    )
    people = [{"label": "new"}, {"label": "old", "joined": "2 days"}]

    report = await simulated(
        world, campaign_id=drafted["id"], sequence=None, definition=definition, invented=people
    )

    assert [line[0] for line in told(report, 0)] == ["03 12:00", "05 12:00"]
    assert report["users"][1]["why_not"] == "no_date_ahead"


async def test_who_a_holdout_keeps_from_a_campaign_is_told_so_also_of_real_people(world: World) -> None:
    await world.publish(step())
    drafted = await campaign(world, holdout=0.5, filter={})
    for _ in range(20):
        await world.person()
    users = await world.call("users_meeting", filter={})
    chosen = await world.call(
        "choose_versions", users=users, sequence="course", campaign_id=drafted["id"], key="2026-03-04T09:00"
    )

    report = await simulated(world, campaign_id=drafted["id"], sample=20, times=["2026-03-04T09:00"])

    held_out = {user["user_id"] for user in report["users"] if user["runs"][0]["reason"] == "holdout"}
    assert held_out == {row["user_id"] for row in chosen if row["is_held_out"]}
    assert 0 < len(held_out) < 20
