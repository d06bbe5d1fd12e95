"""The buttons under our messages (`e:<tracking id>:<event>`): what they name is recorded once per message."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.error import BadRequest
from telegram.ext import BaseHandler

from bot.context import Context, acknowledge
from bot.handlers.commands import tap
from bot.texts import English

PATTERN = r"^e:(?P<tracking>[0-9a-f]{32}):(?P<event>.{1,29})$"


async def act(update: Update, context: Context) -> None:
    tracking_id, event = _tapped(context)
    answer = await context.record(
        update, event, {"tracking_id": tracking_id}, event_id=f"action:{tracking_id}:{event}"
    )
    await _count_as_click(context, tracking_id, event, _label(update))
    texts = context.words
    await acknowledge(update, texts.noted if answer["recorded"] else texts.already_noted)
    await _mark_as_done(update, texts)
    if follow_up := context.application.bot_data["follow_ups"].get(event):
        await follow_up(update, context)


async def _count_as_click(context: Context, tracking_id: str, event: str, label: str | None) -> None:
    """A tapped button is engagement: no other channel needs to try."""
    click = {
        "event_id": f"tap:{tracking_id}:{event}",
        "source": "link",
        "type": "clicked",
        "tracking_id": tracking_id,
        "reason": event,
        "details": {"event": event, "button": label},
    }
    await context.call("record_delivery_events", events=[click])


def _label(update: Update) -> str | None:
    query = update.callback_query
    if query is None or not isinstance(query.message, Message) or query.message.reply_markup is None:
        return None
    buttons = (each for row in query.message.reply_markup.inline_keyboard for each in row)
    return next((each.text for each in buttons if each.callback_data == query.data), None)


async def _mark_as_done(update: Update, texts: English) -> None:
    query = update.callback_query
    if query is None or not isinstance(query.message, Message) or query.message.reply_markup is None:
        return
    rows = [
        [_done(each, texts) if each.callback_data == query.data else each for each in row]
        for row in query.message.reply_markup.inline_keyboard
    ]
    try:
        await query.message.edit_reply_markup(InlineKeyboardMarkup(rows))
    except BadRequest as refused:
        if "not modified" not in refused.message.lower():
            raise


def _done(tapped: InlineKeyboardButton, texts: English) -> InlineKeyboardButton:
    return InlineKeyboardButton(texts.done_button(tapped.text), callback_data=tapped.callback_data)


def _tapped(context: Context) -> tuple[str, str]:
    found = context.match
    if found is None:
        raise ValueError("the button's code was not read")
    return str(UUID(found["tracking"])), found["event"]


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [tap(PATTERN, act)]
