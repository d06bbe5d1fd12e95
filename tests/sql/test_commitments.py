"""Commitments: what is written down, asked about, kept, missed, taken back; and the streak of days."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from storage.store import Conflict, Invalid, NotFound
from tests.sql.conftest import Row, World, step

MONDAY = "2026-03-02"


@pytest.fixture
async def world(world: World) -> AsyncIterator[World]:
    """With a follow-up that reminds in the morning and asks when it is due."""
    await world.publish(
        step(name="morning", anchor="context.due_at", after="-1 minute", at="09:00"),
        step(name="asked", anchor="context.due_at"),
        name="commitment_followup",
        message_class="reminder",
    )
    yield world


async def commit(world: World, user_id: str, due_day: str = MONDAY, **more: Any) -> Row:
    made: Row = await world.call(
        "create_commitment", user_id=user_id, due_day=due_day, **({"text": "Write one page"} | more)
    )
    return made


async def complete(world: World, user_id: str, commitment: Row, **more: Any) -> Row:
    done: Row = await world.call(
        "complete_commitment", user_id=user_id, commitment_id=commitment["id"], **more
    )
    return done


async def keep(world: World, user_id: str, *days: str | date, hour: str = "18:00+00:00") -> Row:
    """One commitment kept on each of these days; the answer to the last."""
    answer: Row = {}
    for day in days:
        moment = f"{day}T{hour}"
        made = await commit(world, user_id, str(day), at=moment)
        answer = await complete(world, user_id, made, at=moment)
    return answer


async def kept(world: World, user_id: str, *days: int) -> Row:
    """The streak after these days of March were kept, on the evening of the last."""
    answer = await keep(world, user_id, *(f"2026-03-{day:02}" for day in days))
    streak: Row = answer["streak"]
    return streak


async def status(world: World, user_id: str, name: str) -> list[str]:
    rows = await world.call("list_commitments", user_id=user_id, status=name)
    return [row["text"] for row in rows]


async def events(connection: asyncpg.Connection, user_id: str, prefix: str) -> list[str]:
    rows = await connection.fetch(
        "select type from tendril.behavior_events where user_id = $1 and starts_with(type, $2) order by id",
        user_id,
        prefix,
    )
    return [row["type"] for row in rows]


async def followups(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch("select status from tendril.enrollments order by id")
    return [row["status"] for row in rows]


async def test_a_commitment_is_asked_about_in_the_evening_of_its_day_where_people_live(world: World) -> None:
    ada = await world.person(timezone="Asia/Tokyo")

    made = await commit(world, ada, "2026-03-04")

    assert datetime.fromisoformat(made["due_at"]) == datetime.fromisoformat("2026-03-04T20:00:00+09:00")


async def test_a_commitment_for_a_time_is_asked_about_at_that_time(world: World) -> None:
    ada = await world.person(timezone="America/New_York")

    # the clocks went forward on the eighth
    made = await commit(world, ada, "2026-03-09", due_time="07:30")

    assert datetime.fromisoformat(made["due_at"]) == datetime.fromisoformat("2026-03-09T07:30:00-04:00")


async def test_a_commitment_for_an_evening_that_is_nearly_over_is_asked_about_in_an_hour(
    world: World,
) -> None:
    ada = await world.person()

    made = await commit(world, ada, at=f"{MONDAY}T21:30:00+00:00")

    assert datetime.fromisoformat(made["due_at"]) == datetime.fromisoformat(f"{MONDAY}T22:30:00+00:00")


@pytest.mark.parametrize("due_day", ["2026-03-01", "2027-04-01"])
async def test_a_day_that_is_over_or_far_away_is_refused(world: World, due_day: str) -> None:
    ada = await world.person()

    with pytest.raises(Invalid):
        await commit(world, ada, due_day)


@pytest.mark.parametrize("text", ["", "   ", "x" * 501])
async def test_a_commitment_says_something_in_at_most_500_characters(world: World, text: str) -> None:
    ada = await world.person()

    with pytest.raises(Invalid):
        await commit(world, ada, text=text)


async def test_the_same_request_makes_one_commitment(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()

    made = [await commit(world, ada, request="update:1") for _ in range(2)]

    assert made[0] == made[1]
    assert await events(connection, ada, "commitment") == ["commitment_created"]


async def test_done_twice_counts_once_and_ends_the_followup(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    made = await commit(world, ada)

    answers = await asyncio.gather(*(complete(world, ada, made) for _ in range(4)))

    assert sorted(answer["is_news"] for answer in answers) == [False, False, False, True]
    assert await events(connection, ada, "commitment_completed") == ["commitment_completed"]
    assert await followups(connection) == ["cancelled"]


async def test_nobody_completes_or_drops_what_another_committed_to(world: World) -> None:
    ada, bob = await world.person(), await world.person()
    made = await commit(world, ada)

    for operation in ("complete_commitment", "drop_commitment", "reopen_commitment", "change_commitment"):
        with pytest.raises(NotFound):
            await world.call(operation, user_id=bob, commitment_id=made["id"])

    assert await status(world, ada, "open") == ["Write one page"]


async def test_a_dropped_commitment_counts_for_nothing(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()
    made = await commit(world, ada)

    answers = [await world.call("drop_commitment", user_id=ada, commitment_id=made["id"]) for _ in range(2)]
    progress = await world.call("commitment_progress", user_id=ada)

    assert [answer["is_news"] for answer in answers] == [True, False]
    assert (progress["open"], progress["missed"], progress["kept_ratio"]) == (0, 0, None)
    assert await followups(connection) == ["cancelled"]


async def test_what_was_done_by_a_slip_is_open_again_with_its_followup(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    made = await commit(world, ada)
    await complete(world, ada, made)

    answer = await world.call("reopen_commitment", user_id=ada, commitment_id=made["id"])

    assert (answer["is_news"], answer["status"], answer["completed_day"]) == (True, "open", None)
    assert await events(connection, ada, "commitment_completed") == []
    assert await followups(connection) == ["cancelled", "active"]


async def test_other_words_go_on_with_the_same_followup(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()
    made = await commit(world, ada)

    await world.call("change_commitment", user_id=ada, commitment_id=made["id"], text="Write two pages")

    contexts = await connection.fetch("select context ->> 'text' as text from tendril.enrollments")
    assert [row["text"] for row in contexts] == ["Write two pages"]


async def test_another_day_begins_the_followup_anew(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()
    made = await commit(world, ada)

    moved = await world.call("change_commitment", user_id=ada, commitment_id=made["id"], due_day="2026-03-05")

    assert moved["due_day"] == "2026-03-05"
    assert await followups(connection) == ["cancelled", "active"]


@pytest.mark.parametrize("words", ["Write half a page", None])
async def test_a_missed_one_that_is_put_in_other_words_is_for_tomorrow(
    world: World, words: str | None
) -> None:
    ada = await world.person()
    made = await commit(world, ada)
    await world.call("notice_missed_commitments", at="2026-03-03T13:00:00+00:00")

    changed = await world.call(
        "change_commitment",
        user_id=ada,
        commitment_id=made["id"],
        text=words,
        at="2026-03-03T17:00:00+00:00",
    )

    assert (changed["status"], changed["due_day"]) == ("open", "2026-03-04")


async def test_what_is_done_cannot_be_put_in_other_words(world: World) -> None:
    ada = await world.person()
    made = await commit(world, ada)
    await complete(world, ada, made)

    with pytest.raises(Conflict):
        await world.call("change_commitment", user_id=ada, commitment_id=made["id"], text="Nothing")


@pytest.mark.parametrize(
    ("zone", "noon"),
    [
        ("UTC", "2026-03-03T12:00:00+00:00"),
        ("Pacific/Kiritimati", "2026-03-02T22:00:00+00:00"),
        ("Pacific/Niue", "2026-03-03T23:00:00+00:00"),
    ],
)
async def test_a_commitment_is_missed_at_noon_of_the_next_day_where_people_live(
    world: World, connection: asyncpg.Connection, zone: str, noon: str
) -> None:
    ada = await world.person(timezone=zone)
    await commit(world, ada, at="2026-03-02T08:00:00+00:00")
    moment = datetime.fromisoformat(noon)

    noticed = [
        await world.call("notice_missed_commitments", at=at.isoformat())
        for at in (moment - timedelta(seconds=1), moment, moment)
    ]

    assert noticed == [0, 1, 0]
    assert await events(connection, ada, "commitment_missed") == ["commitment_missed"]


async def test_missing_is_nothing_that_somebody_did(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()
    await commit(world, ada)
    before = await connection.fetchval("select last_active_at from tendril.users where id = $1", ada)

    await world.call("notice_missed_commitments", at="2026-03-05T12:00:00+00:00")

    after = await connection.fetchval("select last_active_at from tendril.users where id = $1", ada)
    assert before == after


async def test_what_was_missed_can_still_be_done(world: World) -> None:
    ada = await world.person()
    made = await commit(world, ada)
    await world.call("notice_missed_commitments", at="2026-03-03T13:00:00+00:00")

    answer = await complete(world, ada, made, at="2026-03-03T14:00:00+00:00")

    assert (answer["is_news"], answer["status"], answer["completed_day"]) == (True, "done", "2026-03-03")


async def test_two_who_notice_at_once_notice_each_commitment_once(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person()
    for _ in range(20):
        await commit(world, ada)

    noticed = await asyncio.gather(
        *(world.call("notice_missed_commitments", at="2026-03-04T12:00:00+00:00") for _ in range(4))
    )

    assert sum(noticed) == 20
    assert len(await events(connection, ada, "commitment_missed")) == 20


async def test_noticing_and_completing_at_once_leave_each_other_alone(world: World) -> None:
    ada = await world.person()
    made = [await commit(world, ada) for _ in range(20)]

    noticed, *answers = await asyncio.gather(
        world.call("notice_missed_commitments", at="2026-03-04T12:00:00+00:00"),
        *(complete(world, ada, each, at="2026-03-04T12:00:00+00:00") for each in made),
    )

    assert 0 <= noticed <= 20
    assert all(answer["status"] == "done" for answer in answers)


async def test_days_in_a_row_make_a_streak(world: World) -> None:
    ada = await world.person()

    assert await kept(world, ada, 2, 3, 3, 4) == {
        "days": 3,
        "longest": 3,
        "freezes": 2,
        "kept_today": True,
    }


async def test_two_freezes_save_two_days_and_count_for_nothing(world: World) -> None:
    ada = await world.person()

    streak = await kept(world, ada, 2, 4, 6)

    assert (streak["days"], streak["freezes"]) == (3, 0)


async def test_a_third_missed_day_ends_a_streak_but_not_the_longest(world: World) -> None:
    ada = await world.person()

    streak = await kept(world, ada, 2, 3, 4, 8)

    assert (streak["days"], streak["longest"], streak["freezes"]) == (1, 3, 2)


@pytest.mark.parametrize(("now", "days"), [("03-06", 2), ("03-07", 0)])
async def test_a_streak_lasts_while_its_freezes_do(world: World, now: str, days: int) -> None:
    ada = await world.person()
    await kept(world, ada, 2, 3)

    progress = await world.call("commitment_progress", user_id=ada, at=f"2026-{now}T18:00:00+00:00")

    assert progress["streak"]["days"] == days


async def test_days_are_those_of_the_calendar_where_somebody_lives(world: World) -> None:
    ada = await world.person(timezone="America/Los_Angeles")

    # one hour before and one after midnight in Los Angeles, in the night in which its clocks change
    first = await commit(world, ada, "2026-03-07", at="2026-03-08T07:00:00+00:00")
    second = await commit(world, ada, "2026-03-08", at="2026-03-08T07:00:00+00:00")
    await complete(world, ada, first, at="2026-03-08T07:00:00+00:00")
    answer = await complete(world, ada, second, at="2026-03-09T06:30:00+00:00")

    assert (answer["completed_day"], answer["streak"]["days"]) == ("2026-03-08", 2)


async def test_who_travels_keeps_the_days_they_had(world: World) -> None:
    ada = await world.person(timezone="Pacific/Auckland")
    await keep(world, ada, "2026-03-02", "2026-03-03", "2026-03-04", hour="20:00+13:00")

    await world.call("set_preferences", user_id=ada, changes={"timezone": "Pacific/Honolulu"})
    progress = await world.call("commitment_progress", user_id=ada, at="2026-03-04T07:30:00+00:00")

    assert progress["streak"]["days"] == 3


async def test_a_week_of_days_is_a_milestone_once(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()
    await kept(world, ada, 2, 3, 4, 5, 6, 7, 8)
    last = await commit(world, ada, "2026-03-08", at="2026-03-08T19:00:00+00:00")

    await complete(world, ada, last, at="2026-03-08T19:00:00+00:00")

    days = await connection.fetch(
        "select metadata ->> 'days' as days from tendril.behavior_events where type = 'streak_milestone'"
    )
    assert [row["days"] for row in days] == ["7"]


async def test_progress_counts_the_weeks_of_the_users_calendar(world: World) -> None:
    ada = await world.person()
    await keep(world, ada, "2026-02-10", "2026-02-11", "2026-02-24")
    await commit(world, ada, "2026-02-25", at="2026-02-24T18:00:00+00:00")
    await world.call("notice_missed_commitments", at="2026-03-01T12:00:00+00:00")
    await commit(world, ada, "2026-03-20")

    progress = await world.call("commitment_progress", user_id=ada, weeks=4)

    weeks = [(week["monday"], week["done"], week["missed"]) for week in progress["weeks"]]
    assert weeks == [
        ("2026-02-09", 2, 0),
        ("2026-02-16", 0, 0),
        ("2026-02-23", 1, 1),
        ("2026-03-02", 0, 0),
    ]
    assert (progress["open"], progress["kept_ratio"]) == (1, 0.75)


async def test_somebody_new_has_no_share_of_nothing(world: World) -> None:
    progress = await world.call("commitment_progress", user_id=await world.person())

    assert (progress["kept_ratio"], progress["streak"]["days"], progress["open"]) == (None, 0, 0)
    assert len(progress["weeks"]) == 8


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("commitment_done", "done"), ("commitment_let_go", "dropped"), ("commitment_not_yet", "open")],
)
async def test_an_answer_under_the_question_is_heeded(world: World, answer: str, expected: str) -> None:
    ada = await world.person()
    await commit(world, ada)
    await world.clock.set(f"{MONDAY}T20:30:00+00:00")
    (asked,) = await world.deliver()

    await world.did(ada, answer, metadata={"tracking_id": asked["tracking_id"]})

    assert await status(world, ada, expected) == ["Write one page"]


@pytest.mark.parametrize("tracking_id", ["nonsense", "00000000-0000-4000-8000-000000000000", None])
async def test_an_answer_to_no_question_changes_nothing(world: World, tracking_id: str | None) -> None:
    ada = await world.person()
    await commit(world, ada)

    recorded = await world.did(ada, "commitment_done", metadata={"tracking_id": tracking_id})

    assert recorded["recorded"] == 1
    assert await status(world, ada, "open") == ["Write one page"]


async def test_an_answer_under_somebody_elses_question_changes_nothing(world: World) -> None:
    ada, bob = await world.person(), await world.person()
    await commit(world, ada)
    await world.clock.set(f"{MONDAY}T20:30:00+00:00")
    (asked,) = await world.deliver()

    await world.did(bob, "commitment_done", metadata={"tracking_id": asked["tracking_id"]})

    assert await status(world, ada, "open") == ["Write one page"]


async def test_commitments_go_with_the_account_they_are_merged_into(world: World) -> None:
    ada, same = await world.person(email=False), await world.person(telegram=False)
    await commit(world, ada)
    await world.call("record_feedback", user_id=ada, text="Nice")

    await world.call("merge_users", from_user=ada, into_user=same)

    assert await status(world, same, "open") == ["Write one page"]


async def test_feedback_is_kept_once_per_request(world: World, connection: asyncpg.Connection) -> None:
    ada = await world.person()

    for _ in range(2):
        await world.call("record_feedback", user_id=ada, text=" <b>Nice</b> ", request="update:7")

    rows = await connection.fetch("select text from tendril.feedback")
    assert [row["text"] for row in rows] == ["<b>Nice</b>"]


async def test_admins_are_told_of_feedback_where_there_is_a_sequence_for_it(
    world: World, connection: asyncpg.Connection
) -> None:
    ada, boss = await world.person(), await world.person()
    await world.call("set_roles", user_id=boss, roles=["owner"], actor="somebody")
    await world.publish(step(), name="feedback_received")

    await world.call("record_feedback", user_id=ada, text="Nice")

    rows = await connection.fetch("select user_id::text, context ->> 'text' as text from tendril.enrollments")
    assert [tuple(row) for row in rows] == [(boss, "Nice")]
