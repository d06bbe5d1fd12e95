"""/feedback: what somebody tells us, kept as they wrote it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context, Understand, argument, reply
from bot.handlers.commands import command

FEEDBACK = "feedback"


async def feedback(update: Update, context: Context) -> None:
    text = argument(context)
    if text:
        await keep(update, context, text)
    else:
        await context.ask(FEEDBACK)
        await reply(update, context.words.ask_feedback)


async def understand(update: Update, context: Context, state: Mapping[str, Any]) -> bool:
    text = (update.effective_message.text or "").strip() if update.effective_message else ""
    if not text:
        return False
    await keep(update, context, text)
    await context.answered()
    return True


async def keep(update: Update, context: Context, text: str) -> None:
    person = await context.person(update)
    request = f"telegram:{update.update_id}"
    await context.call("record_feedback", user_id=person.user_id, text=text, request=request)
    await reply(update, context.words.thanks_for_feedback)


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [command("feedback", feedback)]


def answers() -> Mapping[str, Understand]:
    return {FEEDBACK: understand}
