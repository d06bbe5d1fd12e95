"""Everything else: a code, an address and a place need no command; the rest gets a helpful answer."""

from __future__ import annotations

from typing import Any

from telegram import Update
from telegram.ext import BaseHandler, MessageHandler, filters

from bot.addresses import CODE, looks_like_an_address
from bot.context import Context, acknowledge, button, reply
from bot.handlers.commands import tap
from bot.handlers.email import take_address, take_code
from bot.zones import zone_at, zone_in_passing


async def text(update: Update, context: Context) -> None:
    if await context.understood(update):
        return
    typed = typed_text(update)
    digits = typed.replace(" ", "").replace("-", "")
    if context.shared.has_email and CODE.fullmatch(digits):
        await take_code(update, context, digits)
    elif context.shared.has_email and looks_like_an_address(typed):
        await take_address(update, context, typed)
    elif zone := zone_in_passing(typed):
        await _offer_zone(update, context, zone)
    else:
        await reply(update, context.words.not_understood)


async def _offer_zone(update: Update, context: Context, zone: str) -> None:
    choice = button(context.words.yes_set_zone(zone), f"s:set:timezone={zone}")
    await reply(update, context.words.is_this_your_zone(zone), [[choice]])


async def unknown_command(update: Update, context: Context) -> None:
    await reply(
        update, context.words.unknown_command(typed_text(update).split()[0].lstrip("/").split("@")[0])
    )


async def not_text(update: Update, context: Context) -> None:
    if await context.understood(update):
        return
    location = update.effective_message.location if update.effective_message else None
    if location is None:
        await reply(update, context.words.only_text)
    else:
        await _offer_zone(update, context, zone_at(location.latitude, location.longitude))


async def old_button(update: Update, context: Context) -> None:
    await acknowledge(update, context.words.no_longer_works)


def typed_text(update: Update) -> str:
    message = update.effective_message
    return (message.text or "").strip() if message else ""


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    """Asked last: each takes what no other handler took."""
    new = filters.UpdateType.MESSAGE
    return [
        MessageHandler(new & filters.COMMAND, unknown_command),
        MessageHandler(new & filters.TEXT, text),
        MessageHandler(new & ~filters.StatusUpdate.ALL, not_text),
        tap("", old_button),
    ]
