"""How engaged somebody is, on each channel, and which channel is preferred to reach them."""

import asyncpg
import pytest

from storage.store import Invalid, NotFound
from tests.sql.conftest import World, step


async def score(world: World, user_id: str, score_type: str = "overall") -> float:
    value: float = (await world.call("calculate_engagement_score", user_id=user_id, score_type=score_type))[
        "score"
    ]
    return value


async def test_who_did_nothing_and_got_nothing_scores_nothing(world: World) -> None:
    assert await score(world, await world.person(telegram=False)) == 0


async def test_the_most_engaged_user_scores_no_more_than_a_hundred(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step())
    ada = await world.person(max_per_day=100)
    await connection.execute(
        "insert into tendril.behavior_days (user_id, day, type, events, first_at, last_at, half_hours) "
        "select $1, '2026-03-03'::date - n, 'lesson', 50, t.moment, t.moment, -1 "
        "from generate_series(0, 400) n, "
        "lateral (select tendril.clock() + (1 - n) * interval '1 day') as t (moment)",
        ada,
    )
    for number in range(20):
        await world.enroll(ada, key=f"{number}")
    for _ in range(20):
        (row,) = await world.deliver()
        await world.tell(row, "clicked")
        await world.clock.advance("2 seconds")
    assert 90 < await score(world, ada) <= 100


async def test_doing_something_raises_the_score_and_time_lowers_it(world: World) -> None:
    ada = await world.person()
    values = [await score(world, ada)]
    await world.did(ada, "lesson_complete")
    values.append(await score(world, ada))
    await world.clock.advance("1 day")
    values.append(await score(world, ada))
    await world.clock.advance("30 days")
    values.append(await score(world, ada))
    nothing, fresh, day_old, month_old = values
    assert nothing < fresh
    assert 0 <= month_old < day_old < fresh <= 100


async def test_more_active_days_score_more(world: World) -> None:
    often, once = await world.person(), await world.person()
    for day in range(5):
        await world.did(often, "lesson", occurred_at=f"2026-02-2{day + 1}T12:00:00+00:00")
    for user_id in (often, once):
        await world.did(user_id, "lesson", occurred_at="2026-03-02T11:00:00+00:00")
    assert await score(world, often) > await score(world, once)


async def test_who_answers_scores_more_than_who_does_not(world: World) -> None:
    await world.publish(step())
    answers, ignores = await world.person(), await world.person()
    for user_id in (answers, ignores):
        await world.enroll(user_id)
    rows = {row["user_id"]: row for row in await world.deliver()}
    await world.tell(rows[answers], "opened")
    assert await score(world, answers) > await score(world, ignores)


async def test_each_channel_has_a_score_of_its_own(world: World) -> None:
    ada = await world.person()
    await world.did(ada, "message", source="telegram")
    assert await score(world, ada, "telegram") > 0
    assert await score(world, ada, "email") == 0


async def test_there_is_no_score_of_nobody_and_none_of_an_unknown_kind(world: World) -> None:
    with pytest.raises(NotFound):
        await score(world, "00000000-0000-0000-0000-000000000000")
    with pytest.raises(Invalid) as refused:
        await score(world, await world.person(), "astrological")
    assert refused.value.detail == "score_type"


async def preferred(world: World, user_id: str) -> str | None:
    channel: str | None = await world.call("get_preferred_channel", user_id=user_id)
    return channel


async def test_the_channel_that_a_user_chose_is_preferred(world: World) -> None:
    assert await preferred(world, await world.person(preferred_channel="email")) == "email"


async def test_a_chosen_channel_that_is_closed_gives_way(world: World) -> None:
    ada = await world.person(preferred_channel="telegram")
    await world.call("set_telegram_reachable", telegram_id=1, reachable=False)
    assert await preferred(world, ada) == "email"


async def test_a_channel_that_a_user_unsubscribed_from_is_not_preferred(
    world: World, connection: asyncpg.Connection
) -> None:
    ada = await world.person(preferred_channel="email")
    await connection.execute(
        "update tendril.contact_points set unsubscribed_at = now() where channel = 'email'"
    )
    assert await preferred(world, ada) == "telegram"


async def test_without_a_choice_the_channel_where_the_user_was_last_active_is_preferred(world: World) -> None:
    ada = await world.person()
    assert await preferred(world, ada) == "telegram"
    await world.did(ada, "message", source="telegram")
    await world.clock.advance("1 minute")
    await world.did(ada, "clicked", source="email")
    assert await preferred(world, ada) == "email"


async def test_who_has_no_address_has_no_preferred_channel(world: World) -> None:
    assert await preferred(world, await world.person(telegram=False, email=False)) is None


@pytest.mark.parametrize(("opened", "learned"), [(4, "email"), (0, None)])
async def test_the_channel_that_is_answered_clearly_more_often_is_learned(
    world: World, opened: int, learned: str | None
) -> None:
    await world.publish(step(channels=["email"]), name="mails")
    await world.publish(step(channels=["telegram"]), name="chats")
    ada = await world.person(max_per_day=100)
    for number in range(5):
        await world.enroll(ada, "mails", key=f"{number}")
        await world.enroll(ada, "chats", key=f"{number}")
    for number in range(5):
        (mail, *_) = rows if (rows := await world.deliver("email")) else (None,)
        if mail and number == 0:
            for each in rows[:opened]:
                await world.tell(each, "opened")
        await world.deliver("telegram")
        await world.clock.advance("2 seconds")
    await world.rescore()
    assert (await world.call("get_preferences", user_id=ada))["learned_channel"] == learned
