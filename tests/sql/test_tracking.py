"""Who opened and clicked, judged by when it happened and by what happened around it."""

import itertools
from typing import Any

import asyncpg
import pytest

from tests.sql.conftest import Row, World, step

LESSON, BOOK, PRICES = (f"https://example.org/{name}" for name in ("lesson", "book", "prices"))


async def mail(world: World, *links: str, **changes: Any) -> tuple[str, Row]:
    """A user and a mail with these links that was sent to them this moment."""
    await world.publish(step(channels=["email", "telegram"], **changes))
    ada = await world.person()
    await world.enroll(ada)
    (row,) = await world.claim("email")
    html = "".join(f'<a href="http://t.example/c/{number}.x">' for number, _ in enumerate(links))
    content = {"id": row["id"], "content": {"html": html}}
    await world.call(
        "store_rendered", lease_token=row["lease_token"], rendered=[content], batch_key=str(row["id"])
    )
    await world.record([row])
    return ada, row


async def follow(world: World, row: Row, *links: str, **more: Any) -> None:
    """Somebody, or something, follows links of a mail by way of us, all at this moment."""
    for link in links:
        await world.tell(row, "clicked", source="link", may_be_machine=True, details={"url": link}, **more)


async def spring(world: World, row: Row) -> None:
    await world.tell(row, "trapped", source="link", actor="machine")


async def status(world: World, row: Row) -> str:
    story = await world.call("explain_delivery", delivery_id=row["id"])
    return str(story["delivery"]["delivery_status"])


async def actors(connection: asyncpg.Connection, kind: str = "clicked") -> list[str]:
    rows = await connection.fetch(
        "select actor from tendril.delivery_events where type = $1 order by id", kind
    )
    return [row["actor"] for row in rows]


async def behavior(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch(
        "select type from tendril.behavior_events where type like 'message_%' order by id"
    )
    return [row["type"] for row in rows]


# Clicks


async def test_a_click_in_the_first_seconds_counts_when_it_has_waited(
    world: World, connection: asyncpg.Connection
) -> None:
    _, row = await mail(world, LESSON, BOOK)
    await follow(world, row, LESSON)
    before = await status(world, row), await behavior(connection)

    await world.clock.advance("30 seconds")
    await world.call("follow_up")

    assert before == ("delivered", [])
    assert (await status(world, row), await behavior(connection)) == ("clicked", ["message_clicked"])


async def test_a_click_after_the_first_seconds_counts_at_once(world: World) -> None:
    _, row = await mail(world, LESSON)
    await world.tell(row, "delivered")
    await world.clock.advance("11 seconds")

    await follow(world, row, LESSON)

    assert await status(world, row) == "clicked"


async def test_a_click_on_a_mail_that_nobody_has_told_us_has_arrived_waits_too(world: World) -> None:
    _, row = await mail(world, LESSON)
    await world.clock.advance("20 minutes")

    await follow(world, row, LESSON)

    assert await status(world, row) == "delivered"


@pytest.mark.parametrize(
    ("links", "followed"),
    [((LESSON, BOOK), (LESSON, BOOK)), ((LESSON, BOOK, PRICES, "x"), (LESSON, BOOK, PRICES))],
)
async def test_all_links_or_three_within_seconds_of_the_arrival_are_a_machines(
    world: World, connection: asyncpg.Connection, links: tuple[str, ...], followed: tuple[str, ...]
) -> None:
    _, row = await mail(world, *links)
    await world.tell(row, "delivered", occurred_at="2026-03-02T12:30:00+00:00")
    for number, link in enumerate(followed):
        await follow(world, row, link, occurred_at=f"2026-03-02T12:30:0{2 * number}+00:00")

    await world.clock.set("2026-03-02T13:00:00+00:00")
    await world.call("follow_up")

    assert await actors(connection) == ["machine"] * len(followed)
    assert (await status(world, row), await behavior(connection)) == ("delivered", [])


async def test_two_links_of_many_may_be_a_person_in_a_hurry(
    world: World, connection: asyncpg.Connection
) -> None:
    _, row = await mail(world, LESSON, BOOK, PRICES)
    await follow(world, row, LESSON, BOOK)

    await world.clock.advance("30 seconds")
    await world.call("follow_up")

    assert await actors(connection) == ["human", "human"]


async def test_who_opens_three_links_an_hour_later_is_believed(
    world: World, connection: asyncpg.Connection
) -> None:
    _, row = await mail(world, LESSON, BOOK, PRICES)
    await world.tell(row, "delivered")
    await world.clock.advance("1 hour")

    await follow(world, row, LESSON, BOOK, PRICES)

    assert await actors(connection) == ["human"] * 3


async def test_the_same_link_twice_is_one_link(world: World, connection: asyncpg.Connection) -> None:
    _, row = await mail(world, LESSON, BOOK)
    await follow(world, row, LESSON, LESSON, LESSON)

    await world.clock.advance("30 seconds")
    await world.call("follow_up")

    assert await actors(connection) == ["human"] * 3


async def test_the_link_that_nobody_sees_takes_back_what_was_clicked_around_it(
    world: World, connection: asyncpg.Connection
) -> None:
    _, row = await mail(world, LESSON, BOOK)
    await world.tell(row, "delivered")
    await world.clock.advance("2 hours")
    await follow(world, row, LESSON)
    await world.clock.advance("2 hours")
    await follow(world, row, LESSON)
    before = await behavior(connection)

    await world.clock.advance("50 seconds")
    await spring(world, row)
    await follow(world, row, BOOK)

    assert before == ["message_clicked"] * 2
    assert await actors(connection) == ["human", "machine", "machine"]
    assert (await behavior(connection), await status(world, row)) == (["message_clicked"], "clicked")


async def test_the_third_link_convicts_the_first_two_however_late_it_is_told(
    world: World, connection: asyncpg.Connection
) -> None:
    _, row = await mail(world, LESSON, BOOK, PRICES)
    await follow(world, row, LESSON, BOOK, occurred_at="2026-03-02T12:00:05+00:00")
    await world.clock.advance("1 hour")
    await world.call("follow_up")
    before = await actors(connection)

    await follow(world, row, PRICES, occurred_at="2026-03-02T12:00:06+00:00")
    await world.clock.advance("1 minute")
    await world.call("follow_up")

    assert (before, await actors(connection)) == (["human"] * 2, ["machine"] * 3)
    assert (await behavior(connection), await status(world, row)) == ([], "delivered")


async def test_in_whatever_order_it_is_told_the_judgment_is_the_same(
    world: World, connection: asyncpg.Connection
) -> None:
    told: list[Row] = [
        {"type": "delivered", "source": "resend", "occurred_at": "2026-03-02T12:00:02+00:00"},
        *(
            {"type": "clicked", "source": "link", "may_be_machine": True, "details": {"url": url}}
            | {"occurred_at": f"2026-03-02T12:0{when}+00:00"}
            for url, when in ((LESSON, "0:03"), (BOOK, "0:05"), (PRICES, "0:07"), (LESSON, "5:00"))
        ),
    ]
    _, row = await mail(world, LESSON, BOOK, PRICES)
    ends = set()
    for order in itertools.islice(itertools.permutations(told), 0, None, 17):
        await connection.execute("delete from tendril.delivery_events where type in ('delivered', 'clicked')")
        await world.clock.set("2026-03-02T12:10:00+00:00")
        for each in order:
            await world.tell(row, each["type"], **{key: each[key] for key in each if key != "type"})
        await world.clock.advance("1 minute")
        await world.call("follow_up")
        judged = await connection.fetch(
            "select actor from tendril.delivery_events where type = 'clicked' order by occurred_at"
        )
        ends.add((await status(world, row), *(each["actor"] for each in judged)))

    assert ends == {("clicked", "machine", "machine", "machine", "human")}


async def test_a_button_that_was_pressed_is_never_doubted(
    world: World, connection: asyncpg.Connection
) -> None:
    _, row = await mail(world)
    await spring(world, row)

    await world.tell(row, "clicked", source="link", reason="lesson_done")

    assert await actors(connection) == ["human"]


async def test_a_click_in_a_chat_is_a_persons_at_once(world: World) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    (row,) = await world.deliver()

    await follow(world, row, LESSON)

    assert await status(world, row) == "clicked"


async def test_a_sequence_begins_when_a_person_clicked_and_not_for_a_machine(world: World) -> None:
    _, row = await mail(world, LESSON)
    await world.publish(step(), name="thanks", trigger={"event": "message_clicked"})
    await follow(world, row, LESSON)
    await spring(world, row)
    await world.clock.advance("1 minute")
    await world.call("follow_up")
    assert await world.claim("telegram") == []

    await follow(world, row, BOOK)
    await world.clock.advance("2 minutes")
    await follow(world, row, LESSON)
    await world.call("follow_up")
    await world.clock.advance("30 seconds")
    await world.call("follow_up")

    assert len(await world.claim("telegram")) == 1


async def test_what_waits_is_judged_once_by_however_many(
    world: World, connection: asyncpg.Connection
) -> None:
    _, row = await mail(world, LESSON, BOOK)
    await follow(world, row, LESSON)
    await world.clock.advance("1 minute")

    judged = [await world.call("judge_waiting") for _ in range(3)]

    assert judged == [1, 0, 0]
    assert await behavior(connection) == ["message_clicked"]


async def test_a_click_that_waits_holds_the_other_channel_back(world: World) -> None:
    ada, row = await mail(world, LESSON, fallback="no_engagement", fallback_after="1 hour")
    await world.clock.advance("59 minutes 50 seconds")
    await follow(world, row, LESSON)

    for _ in range(3):
        await world.clock.advance("20 seconds")
        await world.call("follow_up")

    assert [each[:2] for each in await world.states(ada)] == [("email", "clicked")]


# Opens


async def test_who_opened_in_the_first_seconds_nobody_knows(
    world: World, connection: asyncpg.Connection
) -> None:
    _, row = await mail(world)
    await world.tell(row, "opened", source="link", may_be_machine=True, actor="human")
    await world.clock.advance("10 seconds")
    before = await status(world, row)

    await world.tell(row, "opened", source="link", may_be_machine=True, actor="human")

    assert await actors(connection, "opened") == ["unknown", "human"]
    assert (before, await status(world, row)) == ("delivered", "opened")


@pytest.mark.parametrize(("actor", "channels"), [("unknown", ["email", "telegram"]), ("human", ["email"])])
async def test_an_open_of_nobody_knows_whom_does_not_stop_the_other_channel(
    world: World, actor: str, channels: list[str]
) -> None:
    ada, row = await mail(world, fallback="no_engagement", fallback_after="1 hour")
    await world.clock.advance("30 minutes")
    await world.tell(row, "opened", actor=actor)

    await world.clock.advance("31 minutes")
    await world.call("follow_up")

    assert [each[0] for each in await world.states(ada)] == channels


# Telegram


async def chat(world: World, **changes: Any) -> tuple[str, Row]:
    await world.publish(step(**changes))
    ada = await world.person()
    await world.enroll(ada)
    (row,) = await world.deliver(provider_message_id="501")
    return ada, row


async def engaged(connection: asyncpg.Connection) -> list[bool]:
    rows = await connection.fetch("select engaged_at from tendril.message_deliveries order by id")
    return [row["engaged_at"] is not None for row in rows]


@pytest.mark.parametrize(
    ("what", "after", "reached"),
    [
        ("message_received", "23 hours", True),
        ("command_used", "1 minute", True),
        ("message_received", "25 hours", False),
        ("bot_blocked", "1 minute", False),
    ],
)
async def test_what_somebody_does_in_the_chat_within_a_day_says_that_the_message_reached_them(
    world: World, connection: asyncpg.Connection, what: str, after: str, reached: bool
) -> None:
    ada, _ = await chat(world)
    await world.clock.advance(after)

    await world.did(ada, what)

    assert await engaged(connection) == [reached]


async def test_an_answer_is_to_the_last_message_unless_it_says_to_which(
    world: World, connection: asyncpg.Connection
) -> None:
    ada, _ = await chat(world)
    await world.clock.advance("2 days")
    await world.enroll(ada, key="again")
    await world.deliver(provider_message_id="502")

    await world.did(ada, "message_received")
    last = await engaged(connection)
    await world.did(ada, "reaction_changed", metadata={"message_id": "501", "count": 1})

    assert (last, await engaged(connection)) == ([False, True], [True, True])


async def test_the_first_answer_is_told_of_in_the_story_of_the_message(
    world: World, connection: asyncpg.Connection
) -> None:
    ada, row = await chat(world)
    await world.did(ada, "command_used")
    await world.clock.advance("1 minute")
    await world.did(ada, "message_received")

    story = await world.call("explain_delivery", delivery_id=row["id"])

    told = [(each["reason"], each["actor"]) for each in story["events"] if each["type"] == "engaged"]
    assert told == [("command_used", "human")]
    assert story["delivery"]["engaged_at"] is not None


async def test_answers_in_the_chat_count_in_the_score_and_teach_the_channel(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step(channels=["telegram"]), name="chats")
    await world.publish(step(channels=["email"]), name="mails")
    ada = await world.person(max_per_day=20)
    for number in range(5):
        await world.enroll(ada, "chats", key=f"{number}")
        await world.enroll(ada, "mails", key=f"{number}")
        await world.deliver("telegram")
        await world.deliver("email")
        await world.clock.advance("1 minute")
        await world.did(ada, "message_received")

    score = await world.call("calculate_engagement_score", user_id=ada, score_type="telegram")

    assert (score["factors"]["answered"], score["factors"]["asked"]) == (5, 5)
    await world.rescore()
    learned = "select learned_channel from tendril.user_preferences"
    assert await connection.fetchval(learned) == "telegram"
