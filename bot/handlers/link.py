"""/link CODE: this chat and an account that began elsewhere belong to one person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context, argument, reply, sender
from bot.handlers.commands import Opened, command

LINK = "link_"
"""What a code begins with in `/start link_CODE`."""


async def link(update: Update, context: Context) -> None:
    code = argument(context)
    if code:
        await connect(update, context, code)
    else:
        await reply(update, context.words.how_to_link)


async def connect(update: Update, context: Context, code: str) -> None:
    """Before anything registers the sender: a stranger's chat joins the account, not a second user."""
    person = sender(update)
    answer = await context.call("link_telegram", code=code.strip(), telegram_id=person.id)
    texts = context.words
    match answer["status"]:
        case "linked":
            await reply(update, texts.linked(person.first_name))
        case "expired":
            await reply(update, texts.link_has_expired)
        case _:
            await reply(update, texts.link_is_wrong)


def deep_links() -> Mapping[str, Opened]:
    return {LINK: connect}


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [command("link", link)]
