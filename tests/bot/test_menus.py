"""What Telegram's menus show, to whom."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from telegram import Bot
from telegram.error import BadRequest

import sandbox
from bot.menus import remove_admin_menu, set_admin_menu, set_menus
from bot.texts import words
from tests.fixtures.sandbox import Control, Person


@pytest.fixture
async def bot(box: sandbox.Box) -> AsyncIterator[Bot]:
    async with Bot(box.telegram_token, base_url=f"{box.telegram_url}/bot") as bot:
        yield bot


async def menu(person: Person) -> dict[str, str]:
    shown = await person.control.get(f"/users/{person.id}/commands")
    return {each["command"]: each["description"] for each in shown}


@pytest.mark.parametrize("language", ["en", "de", "pt-br"])
async def test_everybody_sees_their_commands_in_their_language(
    bot: Bot, control: Control, language: str
) -> None:
    ada = await control.person("Ada", language_code=language)

    await set_menus(bot, "Tendril")

    assert await menu(ada) == dict(words(language).commands)


async def test_an_admin_sees_both_lists_until_they_are_none_any_more(bot: Bot, ada: Person) -> None:
    await set_menus(bot, "Tendril")
    english = words("en")

    await set_admin_menu(bot, ada.id, "en")
    assert await menu(ada) == {**english.commands, **english.admin_commands}

    await remove_admin_menu(bot, ada.id)
    assert await menu(ada) == dict(english.commands)


async def test_a_stranger_gets_no_menu_of_their_own(bot: Bot) -> None:
    with pytest.raises(BadRequest, match=r"[Cc]hat not found"):
        await set_admin_menu(bot, 404, "en")


async def test_the_bot_says_what_it_is_in_each_language(bot: Bot) -> None:
    await set_menus(bot, "Tendril")

    assert (await bot.get_my_short_description()).short_description.startswith("Tendril: ")
    german = (await bot.get_my_short_description(language_code="de")).short_description
    assert german == words("de").short_description("Tendril")


async def test_what_the_owner_has_written_stays(bot: Bot) -> None:
    await bot.set_my_short_description("Our own words")

    await set_menus(bot, "Tendril")

    assert (await bot.get_my_short_description()).short_description == "Our own words"
