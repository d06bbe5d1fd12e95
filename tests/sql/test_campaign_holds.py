"""A campaign stops when it is told to, at once and at any size, and goes on the same way."""

from __future__ import annotations

import asyncio
from functools import partial

import asyncpg
import pytest

from bot.campaigns import CampaignTidying
from tests.fixtures.database import Clock
from tests.fixtures.sandbox import until
from tests.sql.campaigning import begun, carried, crowd, runs
from tests.sql.conftest import World, step


async def held(world: World, clock: Clock, connection: asyncpg.Connection, number: int) -> int:
    """A paused campaign that holds a message for each of so many people; gives its id."""
    await crowd(connection, number)
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await carried(world)
    await world.call("pause_campaign", campaign_id=campaign)
    assert await world.claim(batch=number) == []
    return campaign


RELEASED = (
    "select count(*) from tendril.message_deliveries d"
    " where d.delivery_status = 'pending' and d.next_attempt_at <= tendril.clock()"
)


async def test_a_pause_holds_what_is_planned_and_a_resume_releases_it(world: World, clock: Clock) -> None:
    user = await world.person()
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await carried(world)

    await world.call("pause_campaign", campaign_id=campaign)
    assert await world.claim() == []
    assert await world.states(user) == [("telegram", "pending", "campaign_paused")]
    await clock.advance("1 hour")
    await world.call("resume_campaign", campaign_id=campaign)

    assert len(await world.claim()) == 1


async def test_the_first_of_what_was_held_leaves_at_once_and_the_rest_in_pieces(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    campaign = await held(world, clock, connection, 150)

    await world.call("resume_campaign", campaign_id=campaign)
    counts = [await connection.fetchval(RELEASED)]
    while await world.call("tidy_campaign", batch=20):
        counts.append(await connection.fetchval(RELEASED))

    assert counts == [100, 120, 140, 150]
    assert len({row["id"] for row in await world.claim(batch=2000)}) == 150


async def test_a_pause_in_the_middle_of_a_release_holds_all_of_it_again(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    campaign = await held(world, clock, connection, 110)
    await world.call("resume_campaign", campaign_id=campaign)
    await world.call("pause_campaign", campaign_id=campaign)

    assert await carried(world) == 0
    assert await world.claim(batch=2000) == []
    assert await connection.fetchval(RELEASED) == 0

    await world.call("resume_campaign", campaign_id=campaign)
    await carried(world)
    assert len(await world.claim(batch=2000)) == 110


async def test_what_a_claim_held_while_the_campaign_was_resumed_is_released_a_little_later(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    user = await world.person()
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await carried(world)
    await world.call("pause_campaign", campaign_id=campaign)
    claiming = connection.transaction()
    await claiming.start()
    await connection.fetch("select tendril.claim_due_deliveries('slow', 'telegram', 10)")

    await world.call("resume_campaign", campaign_id=campaign)
    await claiming.commit()
    await carried(world)
    assert await world.states(user) == [("telegram", "pending", "campaign_paused")]
    await clock.advance("2 minutes")
    await carried(world)

    assert len(await world.claim()) == 1
    assert await carried(world) == 0


async def test_a_paused_campaign_enrolls_nobody_and_then_those_in_time(world: World, clock: Clock) -> None:
    user = await world.person()
    campaign = await begun(
        world, "2026-03-02T13:00", "2026-03-03T13:00", kind="recurring",
        schedule={"every": "day", "at": "13:00"}, stale_after="2 hours",
    )  # fmt: skip
    await world.call("pause_campaign", campaign_id=campaign)
    await clock.set("2026-03-03T14:00")
    assert await carried(world) == 0

    await world.call("resume_campaign", campaign_id=campaign)
    await carried(world)

    assert [run["occurrence"] for run in await runs(world, campaign)] == ["2026-03-03T13:00"]
    assert len(await world.deliveries(user)) == 1


async def test_a_cancelled_campaign_sends_nothing_any_more(world: World, clock: Clock) -> None:
    people = [await world.person() for _ in range(3)]
    campaign = await begun(world, "2026-03-02T13:00", messages=[step(), step(name="later", after="1 day")])
    await clock.advance("1 hour")
    await carried(world)
    await world.deliver()

    await world.call("cancel_campaign", campaign_id=campaign)
    await world.call("cancel_campaign", campaign_id=campaign)
    await carried(world)

    assert (await world.states(people[0]))[-1] == ("telegram", "cancelled", "campaign_cancelled")
    await clock.advance("3 days")
    assert await world.claim() == []


async def test_a_campaign_that_is_cancelled_while_it_is_paused_is_paused_no_longer(world: World) -> None:
    campaign = await begun(world, "2026-03-02T13:00")
    paused = await world.call("pause_campaign", campaign_id=campaign)

    cancelled = await world.call("cancel_campaign", campaign_id=campaign)

    assert paused["paused_at"] is not None
    assert (cancelled["status"], cancelled["paused_at"]) == ("cancelled", None)


async def test_the_gate_stops_what_a_cancelled_campaign_has_not_cleared_yet(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    user = await world.person()
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await carried(world)
    await connection.execute("update tendril.campaigns set status = 'cancelled' where id = $1", campaign)

    assert await world.claim() == []
    assert await world.states(user) == [("telegram", "cancelled", "campaign_cancelled")]


async def test_one_message_is_taken_back_and_its_sequence_goes_on(world: World, clock: Clock) -> None:
    user = await world.person()
    await begun(world, "2026-03-02T13:00", messages=[step(), step(name="later", after="1 day")])
    await clock.advance("1 hour")
    await carried(world)
    (waiting,) = await world.deliveries(user)

    await world.call("cancel_delivery", delivery_id=waiting["delivery_id"])

    assert await world.states(user) == [("telegram", "skipped", "by_admin"), ("telegram", "pending", None)]


# How many rows of people's runs and messages were read and changed since the transaction began.
TOUCHED = """
    select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::int as read,
        coalesce(sum(n_tup_upd), 0)::int as changed
    from pg_stat_xact_user_tables where relname in ('enrollments', 'message_deliveries')"""


@pytest.mark.parametrize(("acts", "most"), [(["cancel"], 0), (["resume"], 100), (["resume", "pause"], 100)])
async def test_what_a_campaign_is_told_takes_no_longer_the_more_it_holds(
    world: World, clock: Clock, connection: asyncpg.Connection, acts: list[str], most: int
) -> None:
    campaign = await held(world, clock, connection, 1500)
    await connection.execute("analyze")

    async with connection.transaction():
        for act in acts:
            await connection.execute(f"select tendril.{act}_campaign({campaign})")
        touched = await connection.fetchrow(TOUCHED)

    assert touched["changed"] == most
    assert touched["read"] <= 4 * most


async def test_what_a_campaign_is_told_waits_for_nobody_who_has_its_messages_in_hand(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    campaign = await held(world, clock, connection, 3)
    async with connection.transaction():
        await connection.execute("select from tendril.message_deliveries for update")

        async with asyncio.timeout(60):
            await world.call("resume_campaign", campaign_id=campaign)
            await world.call("cancel_campaign", campaign_id=campaign)
            left = await world.call("tidy_campaign", batch=1), await world.call("tidy_campaign", batch=1)

    assert left[1] is None
    await carried(world)
    query = "select distinct delivery_status from tendril.message_deliveries"
    assert [row[0] for row in await connection.fetch(query)] == ["cancelled"]


async def test_what_is_cleared_away_keeps_no_pause_or_cancel_waiting(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    campaign = await held(world, clock, connection, 150)
    await world.call("resume_campaign", campaign_id=campaign)
    async with connection.transaction():
        await connection.execute("select tendril.tidy_campaign(20)")

        async with asyncio.timeout(60):
            await world.call("pause_campaign", campaign_id=campaign)
            await world.call("cancel_campaign", campaign_id=campaign)

    await carried(world)
    assert await world.claim() == []


async def test_a_message_is_told_as_its_campaign_stands_before_anybody_has_come_to_it(
    world: World, clock: Clock
) -> None:
    user = await world.person()
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await carried(world)

    reasons = []
    for act in ("pause", "resume", "cancel"):
        await world.call(f"{act}_campaign", campaign_id=campaign)
        (told,) = (await world.call("explain_user", reference=user))["deliveries"]
        reasons.append((told["delivery_status"], told["reason"]))

    assert reasons == [("pending", "campaign_paused"), ("pending", None), ("pending", "campaign_cancelled")]


async def test_the_process_releases_what_was_resumed_beside_all_that_it_plans(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    campaign = await held(world, clock, connection, 150)
    woken, stop = asyncio.Event(), asyncio.Event()
    await world.call("resume_campaign", campaign_id=campaign)

    duty = asyncio.create_task(CampaignTidying(world.store, woken.set).run(stop))
    await until(partial(connection.fetchval, f"{RELEASED} having count(*) = 150"))
    stop.set()
    await duty

    assert woken.is_set()
