"""Scores: what they are reckoned from, how they fade, whose are reckoned anew, and what they teach."""

from __future__ import annotations

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


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    type_=st.sampled_from(TYPES),
    ago=MOMENT,
    counts=st.tuples(COUNT, COUNT, st.floats(0, 1)),
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
