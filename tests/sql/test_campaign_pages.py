"""How a campaign is carried: page by page, each whole or not at all, by several at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import asyncpg

from tests.fixtures.database import WAITS_FOR_US, Clock
from tests.fixtures.sandbox import until
from tests.sql.campaigning import begun, carried, crowd, drafted, runs
from tests.sql.conftest import World, step


async def test_two_carriers_at_once_enroll_nobody_twice(world: World, clock: Clock) -> None:
    people = [await world.person() for _ in range(12)]
    campaign = await begun(world, "2026-03-02T13:00")
    await begun(world, "2026-03-02T13:00", name="more")
    await clock.advance("1 hour")

    await asyncio.gather(*(carried(world, batch=2) for _ in range(4)))
    await carried(world, batch=2)

    assert [len(await world.deliveries(person)) for person in people] == [2] * 12
    assert [run["enrolled"] for run in await runs(world, campaign)] == [12]


async def test_a_page_that_was_cut_off_is_done_again_as_a_whole(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    people = [await world.person() for _ in range(4)]
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await world.call("carry_campaigns", batch=2)  # its time becomes a run
    await world.call("carry_campaigns", batch=2)
    killed = connection.transaction()
    await killed.start()
    await connection.fetchval("select tendril.carry_campaigns(2)")
    await killed.rollback()

    await carried(world, batch=2)

    assert [len(await world.deliveries(person)) for person in people] == [1] * 4
    assert [run["enrolled"] for run in await runs(world, campaign)] == [4]


@asynccontextmanager
async def under_way(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> AsyncIterator[tuple[int, asyncio.Task[Any]]]:
    """A campaign to four people in two pages, and somebody who is in the midst of the first of them."""
    for _ in range(4):
        await world.person()
    campaign = await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    for _ in range(3):
        await world.call("carry_campaigns", batch=2)  # its time becomes a run, and that two pages
    async with connection.transaction():
        await connection.execute("select from tendril.users order by id limit 2 for update")
        carrying = asyncio.create_task(world.call("carry_campaigns", batch=2))
        await until(partial(connection.fetchval, WAITS_FOR_US))
        yield campaign, carrying
    await carrying


async def test_several_are_about_different_pages_of_one_campaign_at_once(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    async with under_way(world, clock, connection) as (campaign, _):
        await carried(world, batch=2)
        (halfway,) = await runs(world, campaign)
    await carried(world, batch=2)

    (run,) = await runs(world, campaign)
    assert (halfway["status"], halfway["enrolled"]) == ("running", 2)
    assert (run["status"], run["seen"], run["enrolled"], run["left_out"]) == ("done", 4, 4, {})
    assert len(await world.claim()) == 4


async def test_a_pause_waits_for_no_page_and_holds_what_it_plans(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    async with under_way(world, clock, connection) as (campaign, carrying):
        await world.call("pause_campaign", campaign_id=campaign)
        was_under_way = not carrying.done()

    assert was_under_way
    assert await carried(world, batch=2) == 0
    assert await world.claim() == []
    await world.call("resume_campaign", campaign_id=campaign)
    await carried(world, batch=2)
    assert len(await world.claim()) == 4


async def test_a_cancel_waits_for_no_page_and_ends_what_it_plans(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    async with under_way(world, clock, connection) as (campaign, carrying):
        await world.call("cancel_campaign", campaign_id=campaign)
        was_under_way = not carrying.done()
    await carried(world, batch=2)

    (run,) = await runs(world, campaign)
    assert (was_under_way, run["status"], await world.claim()) == (True, "cancelled", [])
    query = "select delivery_status, count(*) from tendril.message_deliveries group by 1"
    assert [tuple(row) for row in await connection.fetch(query)] == [("cancelled", 2)]
    assert await connection.fetchval("select count(*) from tendril.campaign_pages") == 0


async def test_a_throttle_that_is_set_under_way_counts_once_the_open_pages_are_done(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    for _ in range(4):
        await world.person()
    async with under_way(world, clock, connection) as (campaign, _):
        await world.call("change_campaign", campaign_id=campaign, changes={"per_minute": 3})

    counts = []
    for _ in range(4):
        await carried(world, batch=2)
        counts.append(sum(run["enrolled"] for run in await runs(world, campaign)))
        await clock.advance("61 seconds")

    assert counts == [4, 7, 8, 8]


async def test_no_more_are_enrolled_in_any_minute_than_may_be(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    for _ in range(8):
        await world.person()
    campaign = await begun(world, "2026-03-02T13:00", per_minute=3)
    await clock.advance("1 hour")

    counts = []
    for _ in range(4):
        await carried(world, batch=2)
        counts.append(sum(run["enrolled"] for run in await runs(world, campaign)))
        await carried(world, batch=2)
        await clock.advance("61 seconds")

    assert counts == [3, 6, 8, 8]


async def test_a_page_that_fails_is_tried_five_times_and_admins_are_told(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    user = await world.person()
    campaign = await begun(world, "2026-03-02T13:00")
    await connection.execute("update tendril.campaigns set filter = '{\"user.height\": 1}'")
    await clock.advance("1 hour")

    for _ in range(6):
        await carried(world)
        await clock.advance("5 minutes")

    (run,) = await runs(world, campaign)
    assert (run["status"], run["attempts"]) == ("failed", 5)
    assert "user.height" in run["error"]
    assert [cause["kind"] for cause in await world.call("alert_causes")] == ["campaign_failed"]

    await connection.execute("update tendril.campaigns set filter = '{}'")
    await world.call("pause_campaign", campaign_id=campaign)
    await world.call("resume_campaign", campaign_id=campaign)
    await carried(world)
    assert len(await world.deliveries(user)) == 1
    assert await world.call("alert_causes") == []


async def test_whom_it_left_out_is_counted_with_the_reason(world: World, clock: Clock) -> None:
    await world.publish(step())
    people = [await world.person() for _ in range(3)]
    await world.call("decline_sequence", user_id=people[0], sequence="course")
    await world.enroll(people[1], key="2026-03-02T13:00")
    campaign = await drafted(world, steps=None, sequence="course")
    await world.call("activate_campaign", campaign_id=campaign, filter={}, upcoming=["2026-03-02T13:00"])
    await clock.advance("1 hour")

    await carried(world)

    (run,) = await runs(world, campaign)
    assert Counter(run["left_out"]) == {"sequence_declined": 1, "already_enrolled": 1}
    whole = await world.call("describe_campaign_run", campaign_id=campaign, run_id=run["id"])
    assert whole["messages"] == [{"status": "pending", "reason": None, "n": 1}]


# Rows of runs and messages that were read by looking through whole tables since the transaction began.
LOOKED_THROUGH = """
    select coalesce(sum(seq_tup_read), 0)::int from pg_stat_xact_user_tables
    where relname in ('enrollments', 'message_deliveries')"""


async def test_a_connection_that_knew_one_message_only_finds_those_of_a_campaign_by_their_keys(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    await connection.execute("vacuum analyze")
    somebody = await world.person()
    await connection.execute(f"select tendril.enroll('{somebody}', 'course')")
    await connection.execute("select tendril.claim_due_deliveries('worker', 'telegram', 1)")
    await crowd(connection, 300)
    await begun(world, "2026-03-02T13:00")
    await clock.advance("1 hour")
    await world.call("carry_campaigns")  # its time becomes a run
    await world.call("carry_campaigns")  # and that a page

    async with connection.transaction():
        await connection.execute("select tendril.carry_campaigns()")
        await connection.execute("select tendril.claim_due_deliveries('worker', 'telegram', 100)")
        looked_through = await connection.fetchval(LOOKED_THROUGH)
        planned = await connection.fetchval("select sum(enrolled) from tendril.campaign_runs")

    assert planned == 302
    # Once is nothing, once for each of them is.
    assert looked_through < 2 * planned
