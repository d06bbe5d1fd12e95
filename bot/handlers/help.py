"""/help: what the bot understands."""

from __future__ import annotations

from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import usable_commands
from bot.context import Context, reply
from bot.handlers.commands import command


async def show_help(update: Update, context: Context) -> None:
    texts = context.words
    told = texts.help(context.shared.brand, texts.commands)
    if context.known is not None and context.known.roles:
        usable = usable_commands(context, context.known.roles)
        told += f"\n\n{texts.help_for_admins({name: texts.admin_commands[name] for name in usable})}"
    await reply(update, told)


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [command("help", show_help)]
