"""Everything counted anew, in pages: right whatever was wrong, wherever it stopped, whatever goes on."""

import asyncio
from contextlib import closing
from typing import Any

import asyncpg
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from storage.postgres import PostgresStore
from tests.fixtures.database import Clock
from tests.sql.conftest import World, step
from tests.sql.histories import Database, play
from tests.sql.test_analytics import ALL_SUMS, BY_HAND, FROM_SUMS, CountedLives, rows

# What a hand may do to the sums.
WRONG = {
    "cells": "update tendril.delivery_cells set sent = sent + 1, opened = 7",
    "cells gone": "delete from tendril.delivery_cells",
    "sums": "update tendril.delivery_sums set delivered = 0, value = 3",
    "sums gone": "delete from tendril.delivery_sums where grain in ('all', 'month')",
    "sums of nothing": "insert into tendril.delivery_sums (cell, grain, day, channel, message_class, sent) "
    "values (gen_random_uuid(), 'all', '2025-01-01', 'email', 'sequence', 9)",
    "spreads": "update tendril.delivery_spreads set deliveries = deliveries + 2",
    "spreads gone": "delete from tendril.delivery_spreads",
    "all spreads": "update tendril.spread_sums set opened = 4",
    "quarters": "update tendril.delivery_quarters set sent = 5",
    "quarters of nothing": "insert into tendril.delivery_quarters values ('2027-01-01Z', 'sms', 1, 1, 1, 1)",
    "steps": "delete from tendril.step_counts",
    "memory": "delete from tendril.folded_deliveries",
    "memory of nothing": "update tendril.folded_deliveries set delivery_id = delivery_id + 1000",
    "places": "update tendril.enrollment_counts set people = people + 1",
    "places gone": "delete from tendril.enrollment_counts",
    "cohorts": "delete from tendril.cohort_counts",
    "weeks": "delete from tendril.active_weeks",
}
UNDER_WAY = "select count(*) = 1 from tendril.analytics_rebuilds where status = 'running'"


async def courses(world: World, clock: Clock) -> list[dict[str, Any]]:
    """Three people and nine messages of two days, with what became of them."""
    await world.publish(step(), step(name="second", after="1 day", channels=["email"]), step(name="third"))
    for _ in range(3):
        person = await world.person()
        await world.enroll(person)
        await world.did(person, "lesson_complete")
    sent = await world.deliver()
    await clock.advance("1 day")
    mails = [*await world.deliver("email"), *await world.deliver()]
    await world.tell(mails[0], "delivered", "opened")
    await world.tell(mails[1], "delivered", "clicked")
    await world.tell(mails[2], "bounced")
    await world.rescore()
    return [*sent, *mails]


async def sums(connection: asyncpg.Connection) -> list[Any]:
    return [await rows(connection, query) for query in ALL_SUMS]


async def carried(world: World, batch: int = 1) -> Any:
    """To its end, in pages so small that there are many."""
    last = await world.call("describe_analytics_rebuild")
    while (page := await world.call("carry_analytics_rebuild", batch=batch)) is not None:
        last = page
    return last


@pytest.mark.parametrize("statement", WRONG.values(), ids=WRONG)
async def test_sums_that_somebody_changed_are_put_right(
    world: World, clock: Clock, connection: asyncpg.Connection, statement: str
) -> None:
    await courses(world, clock)
    right = await sums(connection)
    await connection.execute(statement)

    await world.call("begin_analytics_rebuild")
    job = await carried(world)

    assert (job["status"], await sums(connection)) == ("done", right)
    assert await rows(connection, FROM_SUMS) == await rows(connection, BY_HAND)


async def test_a_ledger_that_was_changed_behind_the_triggers_is_counted_as_it_is(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    sent = await courses(world, clock)
    async with connection.transaction():
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(
            "update tendril.message_deliveries set opened_at = null, clicked_at = null, "
            "delivery_status = 'sent'"
        )
        await connection.execute("delete from tendril.message_deliveries where id = $1", sent[0]["id"])
        await connection.execute("insert into tendril.mail_domains values ('example.org', 'example')")

    await world.call("begin_analytics_rebuild")
    job = await carried(world)

    assert job["corrected"] >= 4
    assert await rows(connection, FROM_SUMS) == await rows(connection, BY_HAND)
    assert {row["key"] for row in await world.call("analytics", group_by="mail_provider")} == {"example"}


async def test_what_is_right_is_judged_and_not_written_again(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    versions = "select ctid, xmin from tendril.delivery_cells order by cell"
    await courses(world, clock)
    before = await rows(connection, versions)

    await world.call("begin_analytics_rebuild")
    job = await carried(world)

    assert (job["done"], job["total"], job["corrected"]) == (9, 9, 0)
    assert await rows(connection, versions) == before


async def test_a_page_that_was_not_ended_never_was(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    await courses(world, clock)
    right = await sums(connection)
    await connection.execute(WRONG["cells"])
    await world.call("begin_analytics_rebuild")
    pages = 0
    while True:
        before = await world.call("describe_analytics_rebuild")
        lost = connection.transaction()
        await lost.start()
        await connection.execute("select tendril.carry_analytics_rebuild(1)")
        await lost.rollback()
        assert await world.call("describe_analytics_rebuild") == before
        if await world.call("carry_analytics_rebuild", batch=1) is None:
            break
        pages += 1

    assert pages > 10
    assert await sums(connection) == right


async def test_several_do_the_work_once(
    world: World, clock: Clock, connection: asyncpg.Connection, database_url: str
) -> None:
    await courses(world, clock)
    stores = [PostgresStore(database_url, connections=1) for _ in range(3)]
    begun = await asyncio.gather(*(store.call("begin_analytics_rebuild") for store in stores))

    async def carry(store: PostgresStore) -> None:
        while (await store.call("describe_analytics_rebuild"))["status"] == "running":
            await store.call("carry_analytics_rebuild", batch=1)

    await asyncio.gather(*(carry(store) for store in stores))
    job = await world.call("describe_analytics_rebuild")
    for store in stores:
        await store.aclose()

    assert sum(each["is_new"] for each in begun) == 1
    assert (job["status"], job["done"], job["total"]) == ("done", 9, 9)


async def test_who_is_about_a_page_is_not_waited_for(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    await courses(world, clock)
    await world.call("begin_analytics_rebuild")
    async with connection.transaction():
        await connection.execute("select tendril.carry_analytics_rebuild(1)")

        assert await world.call("carry_analytics_rebuild") is None
        assert not (await world.call("begin_analytics_rebuild"))["is_new"]


async def test_messages_are_recorded_and_told_while_everything_is_counted_anew(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    sent = await courses(world, clock)
    await world.call("begin_analytics_rebuild")
    for _ in range(3):
        await world.call("carry_analytics_rebuild", batch=1)
    await world.tell(sent[-1], "complained")
    await world.enroll(await world.person())
    await world.deliver()
    await world.rescore()

    assert await connection.fetchval(UNDER_WAY)
    assert await rows(connection, FROM_SUMS) == await rows(connection, BY_HAND)
    await carried(world)
    assert await rows(connection, FROM_SUMS) == await rows(connection, BY_HAND)


async def test_a_page_that_fails_is_tried_five_times_and_says_why(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    await courses(world, clock)
    right = await sums(connection)
    await connection.execute("alter table tendril.delivery_sums rename to elsewhere")
    await world.call("begin_analytics_rebuild")
    for _ in range(5):
        job = await carried(world)
        await clock.advance("5 minutes")
    await connection.execute("alter table tendril.elsewhere rename to delivery_sums")

    assert (job["status"], job["attempts"]) == ("failed", 5)
    assert "delivery_sums" in job["error"]
    assert await sums(connection) == right
    assert (await world.call("begin_analytics_rebuild"))["is_new"]
    assert (await carried(world))["status"] == "done"


async def test_a_night_between_two_pages_is_no_work(
    world: World, clock: Clock, connection: asyncpg.Connection
) -> None:
    await courses(world, clock)
    await world.call("begin_analytics_rebuild")
    await world.call("carry_analytics_rebuild")
    await clock.advance("12 hours")
    await world.call("carry_analytics_rebuild")

    assert await connection.fetchval("select worked < '1 hour' from tendril.analytics_rebuilds")


class RebuiltLives(CountedLives):
    """As in test_analytics; meanwhile everything is counted anew, by one who may be killed."""

    @rule()
    def count_anew(self) -> None:
        self.database.call("begin_analytics_rebuild")

    @rule(batch=st.integers(1, 3), pages=st.integers(1, 12))
    def carry(self, batch: int, pages: int) -> None:
        for _ in range(pages):
            self.database.call("carry_analytics_rebuild", batch=batch)

    @precondition(lambda self: self.database.rows(UNDER_WAY)[0]["?column?"])
    @rule(batch=st.integers(1, 3))
    def be_killed(self, batch: int) -> None:
        self.database.rows("begin")
        self.database.rows("select tendril.carry_analytics_rebuild($1)", batch)
        self.database.rows("rollback")

    @rule()
    def look(self) -> None:
        """Whoever asks in between is told what is true."""
        self.counted()


def test_figures_are_right_before_while_and_after_they_are_counted_anew(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        play(type("RebuiltLivesHere", (RebuiltLives,), {"database": database}), examples=5, steps=40)
