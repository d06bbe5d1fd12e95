"""The smaller things that the bot understands."""

from __future__ import annotations

from typing import Any

import pytest

from bot.texts import words
from tests.fixtures.process import Tendril
from tests.fixtures.sandbox import Person, until


async def test_help_names_every_command(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/help")
    answer = await ada.hears("This is what I understand")

    assert all(f"/{command}:" in answer["text"] for command in words("en").commands)


async def test_telegram_is_told_the_commands(tendril: Tendril) -> None:
    async def told() -> bool:
        return {each["command"] for each in (await tendril.control.get("/bot"))["commands"]} == set(
            words("en").commands
        )

    assert await until(told)


async def test_an_unknown_command_is_answered(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/frobnicate now")

    await ada.hears("I do not know /frobnicate")


async def test_what_people_type_is_shown_and_not_interpreted(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/email <b>ada</b>")

    answer = await ada.hears("does not look like an email address")
    assert "<b>ada</b>" in answer["text"]


async def test_a_city_is_offered_as_time_zone(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("Lisbon")
    question = await ada.hears("Shall I set your time zone")
    await ada.taps(question, "Yes, Lisbon")

    async def set_to_lisbon() -> bool:
        return (await tendril.explain(ada))["user"]["timezone"] == "Europe/Lisbon"

    await until(set_to_lisbon)


async def test_stop_asks_before_it_stops(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/stop")
    await ada.hears("Shall I stop all my messages?")

    assert (await tendril.explain(ada))["preferences"]["stopped_at"] is None


async def test_after_stop_nothing_comes_any_more(tendril: Tendril) -> None:
    ada = await stopped(tendril)
    heard = len(await ada.messages())

    await tendril.advance("8 days")

    assert len(await ada.messages()) == heard


async def test_start_takes_back_a_stop(tendril: Tendril) -> None:
    ada = await stopped(tendril)

    await ada.writes("/start")
    await ada.hears("Welcome back")
    heard = len(await ada.messages())
    await tendril.advance("8 days")

    assert (await tendril.explain(ada))["preferences"]["stopped_at"] is None
    assert len(await ada.messages()) > heard


async def test_stop_can_become_a_pause(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/stop")
    question = await ada.hears("Shall I stop")

    await ada.taps(question, "Only pause for a week")

    async def paused() -> Any:
        return (await tendril.explain(ada))["preferences"]["paused_until"]

    assert await until(paused)


async def test_being_blocked_closes_the_chat_and_unblocking_opens_it(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await ada.blocks()
    await until(lambda: has_state(tendril, ada, "unreachable"))
    await ada.unblocks()

    await until(lambda: has_state(tendril, ada, "active"))


async def test_a_button_under_a_message_counts_once(tendril: Tendril, connection: Any) -> None:
    ada = await tendril.started("Ada")
    welcome, *_ = await ada.messages()
    label = welcome["buttons"][0][0]["text"]

    async def goals() -> Any:
        return await connection.fetch("select type from tendril.behavior_events where type = 'goal_set'")

    await ada.taps(welcome, label)
    await until(lambda: is_marked(ada, welcome))
    await until(goals)
    await ada.taps(welcome, f"✓ {label}")
    await tendril.settled()

    # For a moment nobody sees what was recorded just before its month had a table of its own.
    assert len(await until(goals)) == 1


async def test_a_tapped_button_counts_as_a_click(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    welcome, *_ = await ada.messages()

    await ada.taps(welcome, 0)
    await until(lambda: is_marked(ada, welcome))
    await tendril.settled()

    first, *_ = (await tendril.explain(ada))["deliveries"]
    assert first["delivery_status"] == "clicked"


async def test_a_code_typed_by_hand_links_an_account(tendril: Tendril) -> None:
    account = await tendril.process.store.call("create_user", external_id="customer-7")
    code = (await tendril.process.store.call("create_link_code", user_id=account["user_id"]))["code"]
    ada = await tendril.started("Ada")

    await ada.writes(f"/link {code}")
    await ada.hears("Connected")

    assert (await tendril.explain(ada))["user"]["external_id"] == "customer-7"


async def test_a_code_links_once(tendril: Tendril) -> None:
    account = await tendril.process.store.call("create_user", external_id="customer-7")
    code = (await tendril.process.store.call("create_link_code", user_id=account["user_id"]))["code"]
    ada, eve = await tendril.started("Ada"), await tendril.started("Eve")
    await ada.writes(f"/link {code}")
    await ada.hears("Connected")

    await eve.writes(f"/link {code}")

    await eve.hears("I do not know this code")


async def stopped(tendril: Tendril) -> Person:
    ada = await tendril.started("Ada")
    await ada.writes("/stop")
    question = await ada.hears("Shall I stop")
    await ada.taps(question, "Yes, stop")

    async def is_stopped() -> Any:
        return (await tendril.explain(ada))["preferences"]["stopped_at"]

    await until(is_stopped)
    return ada


async def has_state(tendril: Tendril, person: Person, state: str) -> bool:
    points = (await tendril.explain(person))["contact_points"]
    return any(point["channel"] == "telegram" and point["state"] == state for point in points)


async def is_marked(person: Person, message: Any) -> bool:
    messages = {each["message_id"]: each for each in await person.messages()}
    buttons = messages[message["message_id"]]["buttons"]
    return any(button["text"].startswith("✓") for row in buttons for button in row)


async def test_a_code_that_is_too_old_links_nothing(tendril: Tendril) -> None:
    account = await tendril.process.store.call("create_user", external_id="customer-7", first_name="Ada")
    code = (await tendril.process.store.call("create_link_code", user_id=account["user_id"]))["code"]
    ada = await tendril.started("Ada")
    await tendril.advance("8 days")

    await ada.writes(f"/link {code}")

    await ada.hears("This code is too old")


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("x" * 4096, "only understand a few things"),
        ("/" + "x" * 40 + " y" * 2000, "I do not know /xxx"),
        ("/link " + "x" * 4090, "I do not know this code"),
        ("/email " + "x" * 4089, "does not look like an email address"),
        ("/name " + "x" * 4090, "up to 64 letters"),
        ("/settings timezone " + "x" * 4077, "I do not know the place"),
        ("<" * 4096, "only understand a few things"),
    ],
)
async def test_the_longest_message_is_answered(tendril: Tendril, typed: str, answer: str) -> None:
    ada = await tendril.started("Ada")

    await ada.writes(typed)

    await ada.hears(answer)
