"""Scores: what they are reckoned from, how they fade, whose are reckoned anew, and what they teach."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.store import Invalid
from tests.sql.conftest import World, step

TYPES = ("overall", "telegram", "email", "attendance", "commitment")


async def kept(world: World, connection: asyncpg.Connection, user: str) -> dict[str, float]:
    """The scores that are kept, as they are now."""
    rows = await connection.fetch(
        "select score_type, score from tendril.engagement_scores where user_id = $1::uuid", user
    )
    return {row["score_type"]: row["score"] for row in rows}


async def reckoned(world: World, user: str) -> dict[str, float]:
    return {
        type_: (await world.call("calculate_engagement_score", user_id=user, score_type=type_))["score"]
        for type_ in TYPES
    }


async def a_meeting(world: World, connection: asyncpg.Connection, user: str, attended: bool) -> None:
    event = await connection.fetchval(
        "insert into tendril.events (kind, title, starts_at, timezone, planned_on, created_at) "
        "select 'webinar', 'Hello', n.at, 'UTC', n.at::date, n.at from (select tendril.clock() as at) n "
        "returning id"
    )
    attendance = [{"user_id": user, "attended": attended}]
    await world.call("record_attendance", event_id=event, attendance=attendance, recorded_by="admin")


async def test_attendance_and_commitments_have_scores_of_their_own(
    world: World, connection: asyncpg.Connection
) -> None:
    ada, ben = await world.person(), await world.person()
    for user, came in ((ada, True), (ben, False)):
        await a_meeting(world, connection, user, came)
        await connection.execute(
            "insert into tendril.commitments (user_id, text, due_at, due_day, lapses_at, status, created_at, "
            "completed_at, completed_day) select $1::uuid, 'Run', n.at, n.at::date, n.at, $2, n.at, "
            "case when $2 = 'done' then n.at end, case when $2 = 'done' then n.at::date end "
            "from (select tendril.clock() - interval '1 hour' as at) n",
            user,
            "done" if came else "missed",
        )

    hers, his = await reckoned(world, ada), await reckoned(world, ben)

    assert hers["attendance"] > 60
    assert hers["commitment"] > 60
    assert (his["attendance"], his["commitment"]) == (0, 0)
    assert hers["email"] == his["email"] == 0


async def test_what_is_kept_fades_just_as_if_it_were_reckoned_anew(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.publish(step())
    for day in (3, 9, 27, 28):
        await world.did(ada, "lesson", occurred_at=f"2026-02-{day:02}T10:00:00+00:00")
    await world.enroll(ada)
    await world.deliver()
    await a_meeting(world, connection, ada, attended=True)
    await world.rescore()
    fresh = await kept(world, connection, ada)

    for _ in range(3):
        await world.clock.advance("9 days 7 hours")
        assert await kept(world, connection, ada) == pytest.approx(await reckoned(world, ada), abs=0.11)
    assert (await kept(world, connection, ada))["overall"] < fresh["overall"]


async def test_a_score_is_at_most_a_point_too_high_for_as_long_as_it_says(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    for day in (20, 27, 28):
        await world.did(ada, "lesson", occurred_at=f"2026-02-{day:02}T10:00:00+00:00")
    told = await world.call("calculate_engagement_score", user_id=ada)

    then = await world.call("calculate_engagement_score", user_id=ada, at=told["valid_until"])

    assert told["score"] - 1.1 <= then["score"] < told["score"]


async def test_what_machines_opened_counts_for_nothing(world: World) -> None:
    await world.publish(step(channels=["email"]))
    read, scanned = await world.person(), await world.person()
    for user in (read, scanned):
        await world.enroll(user)
    rows = {row["user_id"]: row for row in await world.deliver("email")}
    before = await reckoned(world, scanned)
    await world.tell(rows[read], "opened", actor="human")
    await world.tell(rows[scanned], "opened", actor="machine")

    assert await reckoned(world, scanned) == before
    assert (await reckoned(world, read))["email"] > before["email"]


async def test_whoever_did_something_is_reckoned_anew_and_nobody_else(
    world: World, connection: asyncpg.Connection
) -> None:
    ada, ben = await world.person(), await world.person()
    await world.rescore()
    stamps = "select user_id::text, calculated_at from tendril.user_scores"
    before = dict(await connection.fetch(stamps))
    await world.clock.advance("1 hour")
    await world.did(ada, "lesson")
    await world.rescore()

    after = dict(await connection.fetch(stamps))

    assert after[ada] > before[ada]
    assert after[ben] == before[ben]


async def test_a_message_that_is_ignored_lowers_the_score_that_is_kept(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    await world.did(ada, "lesson")
    await world.rescore()
    before = await kept(world, connection, ada)
    await world.publish(step())
    await world.enroll(ada)
    await world.deliver()
    await world.rescore()

    assert (await kept(world, connection, ada))["telegram"] < before["telegram"]


async def test_everybody_is_reckoned_anew_in_batches_of_any_size(
    world: World, connection: asyncpg.Connection
) -> None:
    users = [await world.person() for _ in range(9)]
    await world.rescore()
    await world.clock.advance("1 hour")
    assert await world.call("rescore_everybody") == 9
    batches = []
    while (batch := await world.call("rescore_changed", batch=1)) is not None:
        batches.append(batch)

    assert sum(batches) == 9
    assert max(batches) == 1
    fresh = (
        "select count(*) from tendril.user_scores where calculated_at > tendril.clock() - interval '1 hour'"
    )
    assert await connection.fetchval(fresh) == len(users)


async def test_whoever_reckons_at_the_same_time_nothing_is_forgotten_and_nothing_older_stays(
    world: World, connection: asyncpg.Connection
) -> None:
    users = [await world.person() for _ in range(6)]

    async def live(user: str) -> None:
        for hour in range(8):
            await world.did(user, "lesson", occurred_at=f"2026-03-02T0{hour}:00:00+00:00")

    async def reckon() -> None:
        for _ in range(30):
            await world.call("rescore_changed", batch=2)

    await asyncio.gather(*map(live, users), *(reckon() for _ in range(4)))
    await world.rescore()

    assert await connection.fetchval("select count(*) from tendril.score_marks") == 0
    for user in users:
        assert await kept(world, connection, user) == pytest.approx(await reckoned(world, user), abs=0.11)


async def test_a_filter_asks_for_the_score_as_it_is_now_and_counts_nothing_known_as_nought(
    world: World,
) -> None:
    ada, ben = await world.person(), await world.person()
    await world.did(ada, "lesson")
    await world.rescore()

    async def meeting(condition: dict[str, float]) -> list[str]:
        found: list[str] = await world.call("users_meeting", filter={"score.overall": condition})
        return found

    assert await meeting({"$gte": 40}) == [ada]
    assert await meeting({"$lt": 40}) == [ben]
    await world.clock.advance("30 days")
    assert sorted(await meeting({"$lt": 40})) == sorted([ada, ben])


async def test_two_users_who_become_one_have_one_score(world: World, connection: asyncpg.Connection) -> None:
    ada, same = await world.person(), await world.person()
    await world.did(same, "lesson")
    await world.rescore()
    await world.call("merge_users", from_user=same, into_user=ada)
    await world.rescore()

    assert (await kept(world, connection, ada))["overall"] > 0
    assert await connection.fetchval("select count(*) from tendril.user_scores") == 1


async def test_an_unknown_kind_of_score_is_refused_with_those_there_are(world: World) -> None:
    with pytest.raises(Invalid, match="astrological") as refused:
        await world.call(
            "calculate_engagement_score", user_id=await world.person(), score_type="astrological"
        )
    assert all(type_ in (refused.value.hint or "") for type_ in TYPES)


MOMENT = st.one_of(st.none(), st.integers(-86_400, 400 * 86_400))
COUNT = st.one_of(st.just(0.0), st.floats(1e-4, 1e6))
# What has faded is not counted in numbers smaller than this.
SHARE = st.one_of(st.just(0.0), st.floats(2**-500, 1))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    type_=st.sampled_from(TYPES),
    ago=MOMENT,
    counts=st.tuples(COUNT, COUNT, SHARE),
    later=st.integers(0, 10**8),
)
async def test_no_evidence_whatever_leads_out_of_nought_to_a_hundred_and_time_only_lowers_it(
    connection: asyncpg.Connection,
    type_: str,
    ago: int | None,
    counts: tuple[float, float, float],
    later: int,
) -> None:
    days, asked, share = counts
    now, then = await connection.fetchrow(
        """
        select tendril.score_of($1, v.evidence, v.at, v.at),
            tendril.score_of($1, v.evidence, v.at, v.at + $6 * interval '1 second')
        from (select tendril.clock() as at) c cross join lateral (
            select c.at, (c.at - $2 * interval '1 second', $3::float8, $4::float8, $5::float8, $4::float8
                )::tendril.score_evidence as evidence) v
        """,
        *(type_, ago, days, asked, asked * share, later),
    )
    assert 0 <= then <= now <= 100


async def test_who_is_not_known_at_all_scores_nothing(connection: asyncpg.Connection) -> None:
    for type_ in TYPES:
        assert await connection.fetchval("select tendril.score_of($1, null, now(), now())", type_) == 0


# ---- what is learned: the channel and the hour, with an eye to the others ----


async def learned(world: World, user: str) -> tuple[str | None, int | None]:
    preferences = await world.call("get_preferences", user_id=user)
    return preferences["learned_channel"], preferences["learned_hour"]


async def a_population(connection: asyncpg.Connection, people: int, telegram: float, hour: int) -> None:
    """So many who answered this share of eight messages in the chat, and are there in this hour."""
    await connection.execute(
        """
        with made as (insert into tendril.users (created_at)
            select tendril.clock() from generate_series(1, $1) returning id)
        insert into tendril.user_scores (user_id, telegram, hours, calculated_at)
        select m.id, (null, 0, 8, case when m.n % 10 < 10 * $2::float8 then 8 else 0 end, 8
                )::tendril.score_evidence,
            (select array_agg(case when h = $3 % 4 then 9::bigint << (8 * ($3 / 4)) else 0 end order by h)
                from generate_series(0, 3) h), tendril.clock()
        from (select id, row_number() over () as n from made) m
        """,
        *(people, telegram, hour),
    )


async def measure(connection: asyncpg.Connection, name: str) -> asyncpg.Record | None:
    query = "select * from tendril.score_population where measure = $1"
    row: asyncpg.Record | None = await connection.fetchrow(query, name)
    return row


async def test_of_too_few_people_nothing_is_said_about_all(
    world: World, connection: asyncpg.Connection
) -> None:
    await a_population(connection, people=29, telegram=0.5, hour=18)
    await world.call("learn_population")

    assert await measure(connection, "telegram") is None
    hour = await measure(connection, "hour")
    assert hour is not None
    assert (set(hour["shares"]), hour["weight"]) == ({1 / 24}, 24)


async def test_people_who_always_or_never_answer_weigh_little_against_what_one_does_oneself(
    world: World, connection: asyncpg.Connection
) -> None:
    await a_population(connection, people=50, telegram=0.5, hour=18)
    await world.call("learn_population")

    channel, hour = await measure(connection, "telegram"), await measure(connection, "hour")
    assert channel is not None
    assert hour is not None
    assert channel["shares"] == [0.5, 0.5]
    # two messages to one person are always answered alike: what one did is all there is to know
    assert channel["weight"] == 1
    # everybody is there at the same hour: there is nothing to learn about one alone
    assert (hour["shares"][18], hour["weight"]) == (1, 1000)


async def test_the_population_is_looked_at_once_a_day(world: World, connection: asyncpg.Connection) -> None:
    await a_population(connection, people=50, telegram=0.5, hour=18)
    assert await world.call("learn_population")
    assert not await world.call("learn_population")
    await world.clock.advance("25 hours")
    assert await world.call("learn_population")


async def test_little_data_follows_the_population_and_much_data_does_not(
    world: World, connection: asyncpg.Connection
) -> None:
    await connection.execute(
        "insert into tendril.score_population (measure, shares, weight, people, calculated_at) "
        "select 'hour', array(select case h when 18 then 0.8 else 0.2 / 23 end "
        "from generate_series(0, 23) h), 10, 99, tendril.clock() "
        "on conflict (measure) do update set shares = excluded.shares, weight = excluded.weight"
    )
    little, much = await world.person(), await world.person()
    await world.did(little, "lesson", occurred_at="2026-03-01T12:00:00+00:00")
    for day in range(1, 29):
        await world.did(much, "lesson", occurred_at=f"2026-02-{day:02}T12:00:00+00:00")
    await world.rescore()

    assert (await learned(world, little))[1] == 18
    assert (await learned(world, much))[1] == 12


async def test_the_learned_hour_is_none_of_the_quiet_ones_and_yields_to_a_choice(
    world: World, connection: asyncpg.Connection
) -> None:
    owl = await world.person(quiet_from="23:00", quiet_until="10:00")
    for day in range(10, 28):
        await world.did(owl, "lesson", occurred_at=f"2026-02-{day:02}T02:00:00+00:00")
        await world.did(owl, "lesson", occurred_at=f"2026-02-{day:02}T21:00:00+00:00")
    await world.rescore()
    hour = "select tendril.preferred_hour(p)::text from tendril.user_preferences p where user_id = $1::uuid"

    assert (await learned(world, owl))[1] == 21
    assert await connection.fetchval(hour, owl) == "21:00:00"
    await world.call("set_preferences", user_id=owl, changes={"preferred_time": "afternoon"})
    assert await connection.fetchval(hour, owl) == "14:00:00"
    await world.call("set_preferences", user_id=owl, changes={"preferred_time": None})
    assert await connection.fetchval(hour, owl) == "21:00:00"


async def test_nothing_is_learned_of_somebody_who_never_did_anything(world: World) -> None:
    ada = await world.person()
    await world.rescore()

    assert await learned(world, ada) == (None, None)


async def test_one_answer_does_not_make_a_channel(world: World) -> None:
    await world.publish(step(channels=["telegram"]))
    ada = await world.person()
    await world.enroll(ada)
    (row,) = await world.deliver()
    await world.tell(row, "clicked")
    await world.rescore()

    assert (await learned(world, ada))[0] is None
