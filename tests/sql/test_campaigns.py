"""Campaigns: how one lives, and those that follow a date, a deed or an audience."""

from __future__ import annotations

from datetime import datetime

import asyncpg
import pytest

from storage.store import Conflict, Invalid
from tests.fixtures.database import Clock
from tests.sql.campaigning import ANCHORED, PRO, begun, carried, drafted, runs, status, subscribe
from tests.sql.conftest import World, step


async def test_it_is_completed_when_its_messages_are_gone(world: World, clock: Clock) -> None:
    await world.person()
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await carried(world)
    assert await status(world, campaign) == "active"

    await world.deliver()
    await carried(world)

    assert await status(world, campaign) == "completed"


async def test_who_presses_start_waits_for_no_campaign(world: World, clock: Clock) -> None:
    await world.publish(step())
    for _ in range(3):
        await world.person()
    await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await carried(world)
    await clock.advance("1 minute")
    newcomer = await world.person()
    await world.enroll(newcomer)

    claimed = [row["user_id"] for row in await world.claim(batch=1)]

    assert claimed == [newcomer]
    assert len(await world.claim(batch=10)) == 3


async def test_a_drip_counts_from_each_ones_own_day(world: World, clock: Clock) -> None:
    old = await world.person()
    await clock.advance("1 hour")
    schedule = {"anchor": "user.created_at"}
    campaign = await begun(world, kind="drip", schedule=schedule, messages=ANCHORED)
    await clock.advance("2 hours")
    new = await world.person()
    joined = await clock.now()

    await clock.advance("6 hours")
    await carried(world)
    await clock.advance("10 minutes")
    await carried(world)

    assert await world.deliveries(old) == []
    (first,) = await world.deliveries(new)
    due = datetime.fromisoformat(first["scheduled_at"])
    assert 86_390 < (due - joined).total_seconds() < 86_410
    (run,) = await runs(world, campaign)
    assert (run["status"], run["enrolled"]) == ("waiting", 1)


async def test_existing_people_get_the_steps_that_lie_ahead_of_them(world: World, clock: Clock) -> None:
    user = await world.person()
    await clock.advance("2 days")
    schedule = {"anchor": "user.created_at", "include_existing": True}
    await begun(world, kind="drip", schedule=schedule, messages=ANCHORED)

    await carried(world)
    await world.deliver()
    await clock.advance("1 day")
    await world.deliver()

    assert await world.states(user) == [("telegram", "skipped", "stale"), ("telegram", "sent", None)]


async def test_a_date_that_is_noted_later_begins_a_drip_then(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    users = [await world.person() for _ in range(4)]
    schedule = {"anchor": "attributes.trial.began_on"}
    await begun(world, kind="drip", schedule=schedule, messages=ANCHORED)
    await carried(world)
    for user, began_on in zip(users, ["2026-03-03", "2026-02-31", "soon", "2026-03-01"], strict=True):
        await connection.execute(
            "update tendril.users set timezone = 'Europe/Berlin',"
            " attributes = jsonb_build_object('trial', jsonb_build_object('began_on', $2::text))"
            " where id = $1",
            user,
            began_on,
        )

    await clock.advance("6 minutes")
    await carried(world)

    found = [await world.deliveries(user) for user in users]
    assert [len(deliveries) for deliveries in found] == [1, 0, 0, 0]
    assert found[0][0]["scheduled_at"].startswith("2026-03-03T23:00")  # midnight of the fourth in Berlin


async def test_an_event_triggers_a_campaign_where_both_filters_hold(
    world: World, connection: asyncpg.Connection
) -> None:
    pro, free = await world.person(), await world.person()
    await subscribe(connection, pro)
    schedule = {"event": "lesson_complete", "filter": {"context.grade": {"$gte": 2}}, "again_after": "1 day"}
    campaign = await begun(world, kind="triggered", schedule=schedule, filter=PRO)

    await world.did(pro, "lesson_complete", metadata={"grade": 1})
    assert await world.deliveries(pro) == []
    for user in (pro, free, pro):
        await world.did(user, "lesson_complete", metadata={"grade": 2})

    assert [len(await world.deliveries(user)) for user in (pro, free)] == [1, 0]
    described = await world.call("describe_campaign", campaign_id=campaign)
    (day,) = await world.call("list_campaign_runs", campaign_id=campaign)
    assert (described["enrolled"], day["enrolled"]) == (1, 1)


async def test_only_who_enters_a_filter_is_enrolled_and_again_after_leaving(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    present, other = await world.person(), await world.person()
    await subscribe(connection, present)
    schedule = {"entered": True, "again_after": "1 day"}
    await begun(world, kind="triggered", schedule=schedule, filter=PRO)
    enrolled = []

    for plan in ("free", "pro", "pro", "free", "pro"):
        await carried(world, batch=1)
        await subscribe(connection, other, plan)
        await clock.advance("25 hours")
        await carried(world, batch=1)
        await world.deliver()
        enrolled.append(len(await world.deliveries(other)))

    assert enrolled == [0, 1, 1, 1, 2]
    assert await world.deliveries(present) == []


async def test_of_a_campaign_under_way_only_some_things_change(world: World) -> None:
    campaign = await begun(world, "2026-03-02T13:00")

    changed = await world.call(
        "change_campaign", campaign_id=campaign, changes={"title": "New", "per_minute": 5}
    )

    assert (changed["title"], changed["per_minute"], changed["revision"]) == ("New", 5, 3)
    with pytest.raises(Conflict, match="duplicate"):
        await world.call(
            "change_campaign", campaign_id=campaign, changes={"schedule": {"at": "2027-01-01T09:00"}}
        )
    with pytest.raises(Conflict, match="changed in the meantime"):
        await world.call("pause_campaign", campaign_id=campaign, revision=2)
    with pytest.raises(Conflict, match="only a draft"):
        await world.call("delete_campaign", campaign_id=campaign)


async def test_messages_that_ask_for_what_nobody_brings_are_refused(world: World) -> None:
    await world.publish(step(), name="reminder", context=["title", "note?"])
    campaign = await drafted(world, steps=None, sequence="reminder")

    with pytest.raises(Invalid, match='"title"') as refused:
        await world.call("activate_campaign", campaign_id=campaign, filter={}, upcoming=["2026-03-02T13:00"])

    assert refused.value.detail == "sequence"
    assert await status(world, campaign) == "draft"
