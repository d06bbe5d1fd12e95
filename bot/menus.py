"""The menus of commands: everybody's in each language, and those of admins in their own chats."""

from __future__ import annotations

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


async def set_admin_menu(bot: Bot, telegram_id: int, locale: str | None) -> None:
    """In an admin's chat both lists are shown, in the language that the bot speaks there."""
    await bot.set_my_commands(_menu(words(locale), is_admin=True), scope=BotCommandScopeChat(telegram_id))


async def remove_admin_menu(bot: Bot, telegram_id: int) -> None:
    """Whoever is an admin no longer sees what everybody sees."""
    await bot.delete_my_commands(scope=BotCommandScopeChat(telegram_id))


async def set_chosen_menu(bot: Bot, telegram_id: int, locale: str | None, *, is_admin: bool) -> None:
    """Whoever chose a language reads the menu in it, too, whatever their Telegram speaks."""
    try:
        await bot.set_my_commands(
            _menu(words(locale), is_admin=is_admin), scope=BotCommandScopeChat(telegram_id)
        )
    except TelegramError as refused:
        log.warning("menu_not_changed", error=type(refused).__name__)


async def change_admin_menu(bot: Bot, telegram_id: int, locale: str | None, *, is_admin: bool) -> None:
    """As their role is now. If Telegram refuses, because the chat is gone, the role stays as it is."""
    try:
        if is_admin:
            await set_admin_menu(bot, telegram_id, locale)
        else:
            await remove_admin_menu(bot, telegram_id)
    except TelegramError as refused:
        log.warning("admin_menu_not_changed", error=type(refused).__name__)


def _menu(texts: English, *, is_admin: bool = False) -> list[BotCommand]:
    named = {**texts.commands, **texts.admin_commands} if is_admin else texts.commands
    return [BotCommand(name, meaning) for name, meaning in named.items()][:LONGEST_MENU]
