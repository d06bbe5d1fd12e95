"""Who is ahead of whom: ranks, ties, neighbors, calendars, and those who do not want to be seen."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from storage.postgres import connect
from storage.store import Invalid, NotFound
from tests.fixtures.database import Clock
from tests.sql.conftest import Row, World
from tests.sql.histories import Database

TODAY = "2026-03-02"
EARN = """
with held as (select id from tendril.users where id = $1 for no key update)
insert into tendril.xp_days as d (user_id, day, xp) select id, $2::text::date, $3 from held
on conflict (user_id, day) do update set xp = d.xp + excluded.xp
"""
# All boards as they have to be, counted the long way: from the XP of days and the wishes alone.
BOARDS = """
with earned as (
    select d.user_id, b.period, b.since, sum(d.xp) as xp
    from tendril.xp_days d join tendril.user_preferences p on p.user_id = d.user_id and p.on_leaderboards
    cross join lateral (values
        ('daily', d.day), ('weekly', date_trunc('week', d.day)::date), ('all_time', '-infinity')
    ) b (period, since)
    group by 1, 2, 3 having sum(d.xp) > 0
)
select e.period, e.since, e.user_id::text, e.xp::int,
    rank() over (partition by period, since order by xp desc)::int
from earned e
"""
RANKS = """
select s.period, s.since, s.user_id::text, s.xp, tendril.rank_of(s.period, s.since, s.xp) as rank
from tendril.standings s where s.is_listed and s.xp > 0
"""


async def earn(connection: asyncpg.Connection, user_id: str, xp: int, day: str = TODAY) -> None:
    await connection.execute(EARN, user_id, day, xp)


async def people(world: World, connection: asyncpg.Connection, *amounts: int) -> list[str]:
    ids = [await world.person() for _ in amounts]
    for user_id, xp in zip(ids, amounts, strict=True):
        await earn(connection, user_id, xp)
    return ids


def ranked(board: Row) -> list[tuple[int, int]]:
    return [(item["rank"], item["xp"]) for item in board["items"]]


def as_set(rows: Iterable[Any]) -> set[tuple[Any, ...]]:
    return {tuple(row) for row in rows}


async def test_those_with_as_many_xp_share_a_rank_and_the_next_one_counts_them_all(
    world: World, connection: asyncpg.Connection
) -> None:
    await people(world, connection, 50, 20, 50, 10, 20)

    board = await world.call("leaderboard", period="weekly")

    assert ranked(board) == [(1, 50), (1, 50), (3, 20), (3, 20), (5, 10)]
    assert (board["people"], board["from"], board["to"]) == (5, "2026-03-02", "2026-03-08")


async def test_one_finds_oneself_far_below_the_page_with_those_around(
    world: World, connection: asyncpg.Connection
) -> None:
    ids = await people(world, connection, *range(1000, 0, -50))

    board = await world.call("leaderboard", period="all_time", user_id=ids[13], limit_to=3)

    you = board["you"]
    assert ranked(board) == [(1, 1000), (2, 950), (3, 900)]
    assert (you["rank"], you["xp"], you["behind_next"], you["ahead_of"]) == (14, 350, 50, 6)
    assert [(each["rank"], each["xp"]) for each in you["neighbors"]] == [
        (12, 450), (13, 400), (14, 350), (15, 300), (16, 250),
    ]  # fmt: skip
    assert you["neighbors"][2]["user_id"] == ids[13]


async def test_who_has_earned_nothing_has_no_rank_and_hears_how_far_the_last_one_is(
    world: World, connection: asyncpg.Connection
) -> None:
    await people(world, connection, 30, 5)
    ada = await world.person()

    you = (await world.call("leaderboard", period="daily", user_id=ada))["you"]

    assert (you["rank"], you["xp"], you["behind_next"], you["neighbors"]) == (None, 0, 5, [])


async def test_the_first_has_nobody_before_them(world: World, connection: asyncpg.Connection) -> None:
    first, _ = await people(world, connection, 30, 5)

    you = (await world.call("leaderboard", period="weekly", user_id=first))["you"]

    assert (you["rank"], you["behind_next"], you["ahead_of"]) == (1, None, 1)


async def test_whoever_opted_out_is_on_no_board_and_finds_their_own_place(
    world: World, connection: asyncpg.Connection
) -> None:
    _, shy, third = await people(world, connection, 50, 40, 30)

    await world.call("set_preferences", user_id=shy, changes={"on_leaderboards": False})
    await earn(connection, shy, 2)

    board = await world.call("leaderboard", period="weekly", user_id=third)
    mine = (await world.call("leaderboard", period="weekly", user_id=shy))["you"]
    assert ranked(board) == [(1, 50), (2, 30)]
    assert (board["people"], board["you"]["rank"]) == (2, 2)
    assert (mine["rank"], mine["xp"], mine["is_listed"], mine["behind_next"]) == (2, 42, False, 8)


async def test_whoever_comes_back_is_there_with_all_that_they_earned(
    world: World, connection: asyncpg.Connection
) -> None:
    _, shy = await people(world, connection, 50, 40)
    for wanted in (False, True):
        await world.call("set_preferences", user_id=shy, changes={"on_leaderboards": wanted})
        await earn(connection, shy, 15)

    assert ranked(await world.call("leaderboard", period="all_time")) == [(1, 70), (2, 50)]


async def test_the_day_is_that_of_everybodys_own_calendar(
    world: World, connection: asyncpg.Connection, clock: Clock
) -> None:
    """At noon UTC on Monday it is already Tuesday on Kiritimati."""
    ada = await world.person(timezone="Europe/Berlin")
    tiare = await world.person(timezone="Pacific/Kiritimati")
    await earn(connection, ada, 10, "2026-03-02")
    await earn(connection, tiare, 30, "2026-03-02")
    await earn(connection, tiare, 20, "2026-03-03")

    of_ada = await world.call("leaderboard", period="daily", user_id=ada)
    of_tiare = await world.call("leaderboard", period="daily", user_id=tiare)

    assert (of_ada["from"], ranked(of_ada)) == ("2026-03-02", [(1, 30), (2, 10)])
    assert (of_tiare["from"], ranked(of_tiare)) == ("2026-03-03", [(1, 20)])


async def test_a_week_begins_on_monday(world: World, connection: asyncpg.Connection) -> None:
    (ada,) = await people(world, connection, 10)
    await earn(connection, ada, 500, "2026-03-01")

    assert ranked(await world.call("leaderboard", period="weekly")) == [(1, 10)]
    assert ranked(await world.call("leaderboard", period="all_time")) == [(1, 510)]


async def test_others_see_how_somebody_is_called_and_neither_last_name_nor_address(
    world: World, connection: asyncpg.Connection
) -> None:
    made = await world.call(
        "create_user", first_name="Ada", last_name="Lovelace", email_address="ada@secret.example"
    )
    nameless = await world.call("create_user", external_id="4711")
    await world.call("choose_name", user_id=made["user_id"], name="Countess")
    await earn(connection, made["user_id"], 10)
    await earn(connection, nameless["user_id"], 5)

    board = await world.call("leaderboard", period="weekly")

    assert [item["name"] for item in board["items"]] == ["Countess", None]
    assert not any(word in str(board) for word in ("Lovelace", "secret", "4711"))


async def test_a_pod_has_a_board_of_its_own(world: World, connection: asyncpg.Connection) -> None:
    ada, bob, _ = await people(world, connection, 10, 30, 99)
    idle = await world.person()
    made = await connection.fetchval(
        "insert into tendril.pods (name, timezone, weekday, local_time, invitation_code, "
        "invitation_expires_at, created_by, created_at) "
        "values ('Larks', 'UTC', 1, '09:00', 'lark', tendril.clock(), $1, tendril.clock()) returning id",
        ada,
    )
    for member in (ada, bob, idle):
        await world.call("join_pod", code="lark", user_id=member, at="2026-03-01T12:00:00Z")

    board = await world.call("leaderboard", period="pod", user_id=ada)
    by_id = await world.call("leaderboard", period="pod", pod_id=made)

    assert board["pod"]["name"] == "Larks"
    assert ranked(board) == ranked(by_id) == [(1, 30), (2, 10), (3, 0)]
    assert (board["you"]["rank"], board["you"]["behind_next"], by_id["you"]) == (2, 20, None)


async def test_what_cannot_be_asked_is_refused_by_name(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        await world.call("leaderboard", period="monthly")
    assert "daily, weekly, all_time" in str(refused.value.hint)
    with pytest.raises(NotFound):
        await world.call("leaderboard", user_id="00000000-0000-0000-0000-000000000000")
    with pytest.raises(NotFound):
        await world.call("leaderboard", period="pod", pod_id=4711)
    with pytest.raises(Invalid):
        await world.call("leaderboard", period="pod")


async def test_old_days_and_weeks_are_let_go_and_all_time_stays(
    world: World, connection: asyncpg.Connection, clock: Clock
) -> None:
    await people(world, connection, 10, 20)

    await clock.advance("60 days")
    await world.call("fold_standings")
    await world.call("fold_standings")

    assert as_set(await connection.fetch("select distinct period from tendril.standings")) == {("all_time",)}
    assert as_set(await connection.fetch("select distinct period from tendril.standing_counts")) == {
        ("all_time",)
    }


async def test_what_is_told_years_late_counts_for_all_time_alone(
    world: World, connection: asyncpg.Connection
) -> None:
    (ada,) = await people(world, connection, 10)
    await earn(connection, ada, 7, "2023-05-01")

    assert as_set(await connection.fetch("select period, xp from tendril.standings")) == {
        ("daily", 10), ("weekly", 10), ("all_time", 17),
    }  # fmt: skip


ACTS = st.lists(
    st.one_of(
        st.tuples(
            st.just("earn"), st.integers(0, 5), st.sampled_from([1, 5, 33, 64, 70, 2000, 4095, 4096, 60_000]),
            st.sampled_from(["2026-03-01", "2026-03-02"]),
        ),
        st.tuples(st.just("show"), st.integers(0, 5), st.booleans(), st.none()),
        st.tuples(st.just("delete"), st.integers(0, 5), st.none(), st.none()),
        st.tuples(st.just("lose"), st.integers(0, 5), st.none(), st.none()),
        st.tuples(st.just("fold"), st.none(), st.none(), st.none()),
    ),
    max_size=25,
)  # fmt: skip


def act(database: Database, users: list[str], kind: str, person: int | None, more: Any, day: Any) -> None:
    if kind == "fold":
        database.call("fold_standings")
        return
    assert person is not None
    if kind == "earn":
        database.rows(EARN, users[person], day, more)
    elif kind == "show" and users[person] in _present(database):
        database.call("set_preferences", user_id=users[person], changes={"on_leaderboards": more})
    elif kind == "delete":
        database.call("delete_user", user_id=users[person], source="telegram")
    elif kind == "lose":
        database.rows("delete from tendril.xp_days where user_id = $1", users[person])


def _present(database: Database) -> set[str]:
    return {row["id"] for row in database.rows("select id::text from tendril.users")}


def test_ranks_are_those_of_counting_whatever_happened_before(database_url: str) -> None:
    database = Database(database_url)

    @settings(
        max_examples=40,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(acts=ACTS)
    def hold(acts: list[Any]) -> None:
        database.empty()
        users = [
            database.call("register_telegram_user", telegram_id=n + 1, first_name="Ada")["user_id"]
            for n in range(6)
        ]
        for each in acts:
            act(database, users, *each)
        counted = as_set(row.values() for row in database.rows(BOARDS))
        assert as_set(row.values() for row in database.rows(RANKS)) == counted
        (total,) = database.rows("select tendril.rank_of('all_time', '-infinity', 0) - 1 as people")
        assert total["people"] == len({row[2] for row in counted if row[0] == "all_time"})

    try:
        hold()
    finally:
        database.close()


@pytest.mark.parametrize("seed", range(2))
async def test_ranks_are_exact_after_many_earned_hid_and_merged_at_once(
    world: World, connection: asyncpg.Connection, database_url: str, seed: int
) -> None:
    chance = random.Random(seed)
    ids = [await world.person() for _ in range(12)]

    async def live() -> None:
        own = await connect(database_url)
        try:
            for _ in range(25):
                if chance.random() < 0.7:
                    some = sorted(chance.sample(ids, 3))
                    await own.execute(
                        "with held as materialized (select id from tendril.users where id = any ($1) "
                        "order by id for no key update) "
                        "insert into tendril.xp_days as d (user_id, day, xp) "
                        "select id, '2026-03-02', $2 from held "
                        "on conflict (user_id, day) do update set xp = d.xp + excluded.xp",
                        some,
                        chance.randint(1, 90),
                    )
                elif chance.random() < 0.8:
                    wanted = {"on_leaderboards": chance.random() < 0.5}
                    await world.call("set_preferences", user_id=chance.choice(ids), changes=wanted)
                else:
                    await world.call("fold_standings")
        finally:
            await own.close()

    await asyncio.gather(*(live() for _ in range(6)))

    expected = as_set(await connection.fetch(BOARDS))
    assert as_set(await connection.fetch(RANKS)) == expected != set()
    await world.call("fold_standings")
    assert as_set(await connection.fetch(RANKS)) == expected


async def test_a_merged_user_stands_with_the_xp_of_both(world: World, connection: asyncpg.Connection) -> None:
    old, kept = await people(world, connection, 10, 30)
    await connection.execute(
        "insert into tendril.xp_ledger (user_id, award_key, action, xp, day, earned_at) "
        "select d.user_id, d.user_id::text, 'lesson', d.xp, d.day, tendril.clock() from tendril.xp_days d"
    )
    await world.call("set_preferences", user_id=old, changes={"on_leaderboards": False})

    await world.call("merge_users", from_user=old, into_user=kept)

    assert await connection.fetchval("select count(*) from tendril.standings where user_id = $1", old) == 0
    board = await world.call("leaderboard", period="weekly", user_id=kept)
    assert (board["people"], board["you"]["xp"], board["you"]["is_listed"]) == (0, 40, False)
