"""Thirty people and a week: who is put together, who goes up and down, and that it ends once."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta

import asyncpg
import pytest

from tests.fixtures.database import Clock
from tests.sql.conftest import Row, World
from tests.sql.test_leaderboards import earn

MONDAY = date(2026, 3, 2)


async def form(world: World) -> None:
    while await world.call("place_in_leagues"):
        pass


async def end(world: World, clock: Clock, moment: str) -> int:
    await clock.set(moment)
    closed = 0
    while count := await world.call("close_leagues"):
        closed += count
    await form(world)
    return closed


async def many(connection: asyncpg.Connection, number: int, timezone: str = "UTC") -> list[str]:
    rows = await connection.fetch(
        "with made as (insert into tendril.users (first_name, timezone, created_at) "
        "select 'Ada ' || n, $2, tendril.clock() from generate_series(1, $1) n returning id) "
        "insert into tendril.user_preferences (user_id) select id from made returning user_id::text",
        number,
        timezone,
    )
    return [row[0] for row in rows]


async def earn_in_order(connection: asyncpg.Connection, users: list[str], day: date = MONDAY) -> None:
    """The first one most."""
    await connection.executemany(
        "insert into tendril.xp_days (user_id, day, xp) values ($1, $2, $3)",
        [(user_id, day, len(users) - place) for place, user_id in enumerate(users)],
    )


async def results(connection: asyncpg.Connection) -> dict[str, int]:
    rows = await connection.fetch(
        "select result, count(*) as people from tendril.league_members group by result"
    )
    return {row["result"]: row["people"] for row in rows}


async def ended(connection: asyncpg.Connection, type_: str = "league_ended") -> int:
    count: int = await connection.fetchval(
        "select count(*) from tendril.behavior_events where type = $1", type_
    )
    return count


async def test_thirty_are_in_a_league_and_the_next_one_begins_another(
    world: World, connection: asyncpg.Connection
) -> None:
    await earn_in_order(connection, await many(connection, 70))

    await form(world)

    sizes = await connection.fetch("select places from tendril.leagues order by id")
    assert [row["places"] for row in sizes] == [30, 30, 10]


async def test_who_comes_later_takes_a_place_that_is_free(
    world: World, connection: asyncpg.Connection
) -> None:
    for _ in range(3):
        await earn_in_order(connection, await many(connection, 12))
        await form(world)

    assert await connection.fetchval("select array_agg(places order by id) from tendril.leagues") == [30, 6]


async def test_nobody_is_put_in_who_earned_nothing_or_does_not_want_to_be_seen(
    world: World, connection: asyncpg.Connection
) -> None:
    ada, shy, idle = await many(connection, 3)
    await world.call("set_preferences", user_id=shy, changes={"on_leaderboards": False})
    for user_id in (ada, shy):
        await earn(connection, user_id, 10)

    await form(world)

    assert await connection.fetchval("select array_agg(user_id::text) from tendril.league_members") == [ada]
    waiting = await world.call("league_of", user_id=idle)
    assert (waiting["league"], waiting["name"], waiting["place"], waiting["people"]) == (1, "Seed", None, 0)


async def test_the_first_seven_of_thirty_go_up_and_the_last_five_down(
    world: World, connection: asyncpg.Connection, clock: Clock
) -> None:
    users = await many(connection, 30)
    await earn_in_order(connection, users)
    await form(world)
    # as in the second tier, from which one can fall
    await connection.execute("update tendril.leagues set tier = 2")

    closed = await end(world, clock, "2026-03-09T01:00:00Z")

    of = {place: await world.call("league_of", user_id=users[place - 1]) for place in (1, 7, 8, 25, 26, 30)}
    assert closed == 1
    assert {place: (each["last"]["result"], each["league"]) for place, each in of.items()} == {
        1: ("promoted", 3), 7: ("promoted", 3), 8: ("stayed", 2), 25: ("stayed", 2),
        26: ("relegated", 1), 30: ("relegated", 1),
    }  # fmt: skip
    assert (of[7]["last"]["place"], of[7]["last"]["people"], of[7]["name"]) == (7, 30, "Sprout")


async def test_a_line_that_goes_through_equals_is_kind_to_all_of_them(
    world: World, connection: asyncpg.Connection, clock: Clock
) -> None:
    for place, user_id in enumerate(await many(connection, 30), 1):
        await earn(connection, user_id, 50 if 5 <= place <= 10 else 10 if place >= 24 else 100 - place)
    await form(world)
    await connection.execute("update tendril.leagues set tier = 2")

    await end(world, clock, "2026-03-09T01:00:00Z")

    # ten share the places from 5 and 24 on, those are on the kinder side of 7 and 25
    found = await results(connection)
    assert found.get("relegated", 0) == 0
    assert found["promoted"] >= 7


async def test_a_week_without_anything_changes_no_tier(
    world: World, connection: asyncpg.Connection, clock: Clock
) -> None:
    users = await many(connection, 10)
    await earn_in_order(connection, users)
    await form(world)
    await end(world, clock, "2026-03-09T01:00:00Z")

    closed = await end(world, clock, "2026-03-23T01:00:00Z")

    first = await world.call("league_of", user_id=users[0])
    assert (closed, first["league"], first["last"]["week"]) == (0, 2, "2026-03-02")


async def test_tiers_are_climbed_over_several_weeks(
    world: World, connection: asyncpg.Connection, clock: Clock
) -> None:
    users = await many(connection, 10)
    tiers = []
    for week in range(5):
        await earn_in_order(connection, users, MONDAY + timedelta(days=7 * week))
        await form(world)
        monday = MONDAY + timedelta(days=7 * week + 7)
        await end(world, clock, f"{monday}T02:00:00+00:00")
        tiers.append([(await world.call("league_of", user_id=user))["league"] for user in users])

    # Of two in a tier nobody goes up, of four one does.
    assert ["".join(map(str, each)) for each in tiers] == [
        "2211111111", "2222111111", "3222211111", "3322221111", "3332222111",
    ]  # fmt: skip


async def test_a_league_ends_once_however_many_processes_close_it(
    world: World, connection: asyncpg.Connection, clock: Clock
) -> None:
    await earn_in_order(connection, await many(connection, 95))
    await form(world)
    await clock.set("2026-03-09T01:00:00Z")

    closed = await asyncio.gather(*(world.call("close_leagues", batch=1) for _ in range(20)))
    while count := await world.call("close_leagues", batch=1):
        closed.append(count)

    assert sum(closed) == 4
    assert await ended(connection) == 95
    assert await ended(connection, "league_won") == 4
    assert await ended(connection, "league_promoted") == (await results(connection))["promoted"]


async def test_it_lasts_until_the_week_is_over_for_all_of_its_people(
    world: World, connection: asyncpg.Connection, clock: Clock
) -> None:
    """In Los Angeles Sunday ends at eight on Monday, UTC; an hour is left for what is told late."""
    early = await many(connection, 1, "Pacific/Auckland")
    late = await many(connection, 1, "America/Los_Angeles")
    for user_id in early + late:
        await earn(connection, user_id, 10)
    await form(world)
    await clock.set("2026-03-08T12:00:00Z")
    await earn(connection, early[0], 5, "2026-03-09")
    await form(world)

    waiting = await world.call("league_of", user_id=early[0])
    before = await end(world, clock, "2026-03-09T07:59:00Z")
    after = await end(world, clock, "2026-03-09T08:01:00Z")

    assert (before, after) == (0, 1)
    assert (waiting["week"], waiting["place"]) == ("2026-03-02", 1)
    next_one = await world.call("league_of", user_id=early[0])
    assert (next_one["week"], next_one["people"], next_one["items"][0]["xp"]) == ("2026-03-09", 1, 5)


async def test_what_is_earned_in_the_last_hour_still_counts(
    world: World, connection: asyncpg.Connection, clock: Clock
) -> None:
    users = await many(connection, 10)
    await earn_in_order(connection, users)
    await form(world)
    await clock.set("2026-03-09T00:30:00Z")
    await earn(connection, users[-1], 100, "2026-03-08")

    await end(world, clock, "2026-03-09T01:00:00Z")

    assert (await world.call("league_of", user_id=users[-1]))["last"]["place"] == 1


async def test_who_hides_leaves_the_league_and_is_put_into_one_when_they_come_back(
    world: World, connection: asyncpg.Connection
) -> None:
    users = await many(connection, 3)
    await earn_in_order(connection, users)
    await form(world)

    await world.call("set_preferences", user_id=users[0], changes={"on_leaderboards": False})
    without = await world.call("league_of", user_id=users[1])
    await world.call("set_preferences", user_id=users[0], changes={"on_leaderboards": True})
    await form(world)

    assert (without["people"], without["place"]) == (2, 1)
    assert (await world.call("league_of", user_id=users[1]))["place"] == 2


async def test_a_late_week_that_is_over_puts_nobody_anywhere(
    world: World, connection: asyncpg.Connection
) -> None:
    (ada,) = await many(connection, 1)
    await earn(connection, ada, 10, "2026-02-27")

    await form(world)

    assert await connection.fetchval("select count(*) from tendril.league_members") == 0


@pytest.mark.parametrize(
    ("locale", "name"), [("de-AT", "Samen"), ("en", "Seed"), (None, "Seed"), ("fr", "Seed")]
)
async def test_a_league_has_a_name_in_the_language_of_who_reads_it(
    world: World, connection: asyncpg.Connection, locale: str | None, name: str
) -> None:
    (ada,) = await many(connection, 1)
    await connection.execute("update tendril.users set locale = $1", locale)

    assert (await world.call("league_of", user_id=ada))["name"] == name


async def test_the_event_says_how_it_ended_and_what_comes_next(
    world: World, connection: asyncpg.Connection, clock: Clock
) -> None:
    users = await many(connection, 10)
    await earn_in_order(connection, users)
    await form(world)
    await end(world, clock, "2026-03-09T01:00:00Z")

    exported: Row = await world.call("export_user", user_id=users[0])

    (told,) = (each for each in exported["behavior_events"] if each["type"] == "league_ended")
    assert {key: told["metadata"][key] for key in ("league", "place", "people", "result", "next_league")} == {
        "league": "Seed", "place": 1, "people": 10, "result": "promoted", "next_league": "Shoot",
    }  # fmt: skip


async def test_who_is_alone_in_a_league_is_told_of_no_victory(
    world: World, connection: asyncpg.Connection, clock: Clock
) -> None:
    (ada,) = await many(connection, 1)
    await earn(connection, ada, 10)
    await form(world)

    closed = await end(world, clock, "2026-03-09T01:00:00Z")

    assert (closed, await ended(connection)) == (1, 0)
    assert (await world.call("league_of", user_id=ada))["last"]["result"] == "stayed"


async def test_a_merged_user_keeps_one_league_a_week(
    world: World, connection: asyncpg.Connection, clock: Clock
) -> None:
    users = await many(connection, 6)
    await earn_in_order(connection, users)
    await form(world)

    await world.call("merge_users", from_user=users[0], into_user=users[1])
    closed = await end(world, clock, "2026-03-09T01:00:00Z")

    assert (closed, await ended(connection)) == (1, 5)
