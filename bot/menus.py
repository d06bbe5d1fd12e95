"""The menus of commands: everybody's in each language, and those of admins in their own chats."""

from __future__ import annotations

from collections.abc import Collection

import structlog
from telegram import Bot, BotCommand, BotCommandScopeChat
from telegram.error import TelegramError

from bot.texts import LANGUAGES, English, words

log = structlog.get_logger(__name__)

LONGEST_MENU = 100  # commands; Telegram refuses more


async def set_menus(bot: Bot, brand: str) -> None:
    """Tells Telegram what people may say, and what the bot is unless its owner has. Raises TelegramError."""
    is_described = bool((await bot.get_my_short_description()).short_description)
    for code in (None, *LANGUAGES):
        texts = words(code)
        await bot.set_my_commands(_menu(texts), language_code=code)
        if not is_described:
            await bot.set_my_short_description(texts.short_description(brand), language_code=code)


async def set_admin_menu(
    bot: Bot, telegram_id: int, locale: str | None, usable: Collection[str] | None = None
) -> None:
    """In an admin's chat both lists are shown, in the language that the bot speaks there.

    `usable` are the admin commands that their role may use; all of them, if it is None.
    """
    texts = words(locale)
    usable = texts.admin_commands.keys() if usable is None else usable
    await bot.set_my_commands(_menu(texts, usable), scope=BotCommandScopeChat(telegram_id))


async def remove_admin_menu(bot: Bot, telegram_id: int) -> None:
    """Whoever is an admin no longer sees what everybody sees."""
    await bot.delete_my_commands(scope=BotCommandScopeChat(telegram_id))


async def set_chosen_menu(
    bot: Bot, telegram_id: int, locale: str | None, usable: Collection[str] = ()
) -> None:
    """Whoever chose a language reads the menu in it, too, whatever their Telegram speaks."""
    try:
        await set_admin_menu(bot, telegram_id, locale, usable)
    except TelegramError as refused:
        log.warning("menu_not_changed", error=type(refused).__name__)


async def change_admin_menu(
    bot: Bot, telegram_id: int, locale: str | None, usable: Collection[str] | None = None
) -> None:
    """As their role is now: who has none can use nothing. If Telegram refuses, the role stays as it is."""
    try:
        if usable is None or usable:
            await set_admin_menu(bot, telegram_id, locale, usable)
        else:
            await remove_admin_menu(bot, telegram_id)
    except TelegramError as refused:
        log.warning("admin_menu_not_changed", error=type(refused).__name__)


def _menu(texts: English, usable: Collection[str] = ()) -> list[BotCommand]:
    named = {**texts.commands, **{name: texts.admin_commands[name] for name in usable}}
    return [BotCommand(name, meaning) for name, meaning in named.items()][:LONGEST_MENU]
