"""/stop: asks once, then everything but transactional messages ends."""

from __future__ import annotations

from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context, button, rewrite
from bot.handlers.commands import command, tap
from bot.handlers.settings import pause_for


async def ask(update: Update, context: Context) -> None:
    texts = context.words
    buttons = [
        [button(texts.yes_stop, "stop:yes")],
        [button(texts.rather_pause, "stop:pause")],
        [button(texts.no_stop, "stop:no")],
    ]
    await rewrite(update, texts.ask_stop, buttons)


async def stop(update: Update, context: Context) -> None:
    person = await context.person(update)
    await context.call("stop_everything", user_id=person.user_id, source="telegram")
    await rewrite(update, context.words.stopped)


async def pause_instead(update: Update, context: Context) -> None:
    await pause_for(update, context, "1 week")
    await rewrite(update, context.words.pausing_instead)


async def keep(update: Update, context: Context) -> None:
    await rewrite(update, context.words.not_stopped)


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        command("stop", ask),
        tap("^stop:ask$", ask),
        tap("^stop:yes$", stop),
        tap("^stop:pause$", pause_instead),
        tap("^stop:no$", keep),
    ]
