"""What somebody is called, and which questions of the first conversation are still open."""

from __future__ import annotations

import pytest

from storage.store import Invalid, NotFound
from tests.sql.conftest import World, step

EVERYTHING = ["name", "zone", "time", "email"]
NOBODY = "00000000-0000-0000-0000-000000000000"


async def answered(world: World, user_id: str, question: str) -> None:
    event = {
        "event_id": f"introduction:{user_id}:{question}",
        "user_id": user_id,
        "type": "introduction_answered",
        "metadata": {"question": question},
    }
    await world.call("record_behavior_events", events=[event])


async def open_questions(world: World, user_id: str) -> list[str]:
    return list((await world.call("describe_introduction", user_id=user_id))["open"])


async def test_a_new_person_is_asked_everything(world: World) -> None:
    user_id = await world.person(email=False)

    assert await open_questions(world, user_id) == EVERYTHING


async def test_what_was_answered_is_not_asked_again(world: World) -> None:
    user_id = await world.person(email=False)

    await answered(world, user_id, "zone")

    assert await open_questions(world, user_id) == ["name", "time", "email"]


async def test_what_is_known_already_is_not_asked(world: World) -> None:
    user_id = await world.person(email=True, timezone="Europe/Madrid")

    assert await open_questions(world, user_id) == ["name", "time"]


async def test_an_address_that_was_not_confirmed_is_still_a_question(world: World) -> None:
    user_id = await world.person(email=False)

    await world.publish(step(), name="email_verification")
    await world.call("request_email", user_id=user_id, email_address="ada@example.org")

    assert "email" in await open_questions(world, user_id)


async def test_a_chosen_name_stays_when_telegram_says_another(world: World) -> None:
    user_id = await world.person()
    await world.call("choose_name", user_id=user_id, name="  Lady \n Lovelace ")

    again = await world.call("register_telegram_user", telegram_id=1, first_name="Ada")

    assert again["first_name"] == "Lady Lovelace"


async def test_a_chosen_name_follows_into_another_account(world: World) -> None:
    chosen, other = await world.person(email=False), await world.person(telegram=False)
    await world.call("choose_name", user_id=chosen, name="Countess")

    await world.call("merge_users", from_user=chosen, into_user=other)

    assert (await world.call("describe_person", user_id=other))["first_name"] == "Countess"


@pytest.mark.parametrize("name", ["", "   ", "x" * 65])
async def test_a_name_that_is_none_is_refused(world: World, name: str) -> None:
    user_id = await world.person()

    with pytest.raises(Invalid):
        await world.call("choose_name", user_id=user_id, name=name)


async def test_nobody_has_no_name(world: World) -> None:
    with pytest.raises(NotFound):
        await world.call("choose_name", user_id=NOBODY, name="Ada")


async def speaks(world: World, telegram_language: str) -> str:
    """What somebody who writes with this language of Telegram is answered in."""
    told = await world.call(
        "register_telegram_user", telegram_id=1, first_name="Ada", language_code=telegram_language
    )
    return str(told["locale"])


async def test_a_language_follows_that_of_telegram(world: World) -> None:
    assert [await speaks(world, "en"), await speaks(world, "de")] == ["en", "de"]


async def test_a_chosen_language_stays_until_the_choice_is_taken_back(world: World) -> None:
    await speaks(world, "en")
    user_id = (await world.call("find_user", reference="1"))["id"]

    await world.call("set_preferences", user_id=user_id, changes={"locale": "de"})
    assert await speaks(world, "en") == "de"
    await world.call("set_preferences", user_id=user_id, changes={"locale": None})

    assert await speaks(world, "pt-br") == "pt-br"


async def test_a_language_that_was_imported_stays(world: World) -> None:
    account = await world.call("create_user", first_name="Ada", locale="de")
    code = (await world.call("create_link_code", user_id=account["user_id"]))["code"]
    await world.call("link_telegram", code=code, telegram_id=1)

    assert await speaks(world, "en") == "de"
