"""A message from an admin to one person: what is written next is shown as it will be, sent when confirmed.

What was written waits in the dialogue, so the question survives a restart, and a second tap finds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_tap, may, record_act
from bot.admin.people import USER, name_of, person_tap, tapped, tapped_number
from bot.admin.profile import back_to
from bot.context import Context, Understand, acknowledge, button, reply, rewrite
from bot.handlers.unknown import old_button
from storage.store import NotFound

QUESTION = "admin_message"
LONGEST = 3500  # what is around it in the preview has to fit as well
LEAVE = "a:leave"


async def begin(update: Update, context: Context) -> None:
    """`a:m:USER`."""
    person = await context.call("find_user", reference=tapped(context))
    await context.ask(QUESTION, {"user": person["id"]})
    await acknowledge(update)
    leave = [[button(context.words.do_not_send_label, LEAVE)]]
    await reply(update, context.words.ask_message(name_of(person)), leave)


async def understand(update: Update, context: Context, state: Mapping[str, Any]) -> bool:
    message = update.effective_message
    if message is None or not may(context.known, "admin"):
        return False
    try:
        person = await context.call("find_user", reference=state["user"])
    except NotFound:
        await context.answered()
        await reply(update, context.words.user_is_gone)
        return True
    if not message.text:
        await reply(update, context.words.message_only_text)
    elif len(message.text) > LONGEST:
        await reply(update, context.words.message_too_long(LONGEST))
    else:
        await context.ask(QUESTION, {**state, "text": message.text, "preview": update.update_id})
        await _preview(update, context, name_of(person), message.text)
    return True


async def _preview(update: Update, context: Context, name: str | None, text: str) -> None:
    texts = context.words
    buttons = [
        [button(texts.send_message_label, f"a:send:{update.update_id}")],
        [button(texts.do_not_send_label, LEAVE)],
    ]
    await reply(update, texts.message_preview(name, text), buttons)


async def send(update: Update, context: Context) -> None:
    """`a:send:PREVIEW`: only what the tapped preview shows, and that once."""
    state = context.asked(QUESTION) or {}
    if state.get("preview") != tapped_number(context, "preview"):
        await old_button(update, context)
        return
    try:
        person = await context.call("find_user", reference=state["user"])
    except NotFound:
        await acknowledge(update, context.words.user_is_gone)
        return
    key = f"admin:{state['preview']}"
    scheduled = await context.call(
        "schedule_multi_channel_message", user_id=person["id"], body=state["text"], key=key
    )
    await record_act(context, "message.send", person["id"], enrollment_id=scheduled["enrollment_id"])
    await context.answered()
    texts = context.words
    await rewrite(update, texts.message_sent(name_of(person)), [back_to(texts, person["id"])])


async def leave(update: Update, context: Context) -> None:
    if context.asked(QUESTION):
        await context.answered()
    await rewrite(update, context.words.message_not_sent)


def answers() -> Mapping[str, Understand]:
    return {QUESTION: understand}


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        person_tap(f"^a:m:{USER}$", begin, "admin"),
        admin_tap(r"^a:send:(?P<preview>\d{1,18})$", send, "admin"),
        admin_tap(f"^{LEAVE}$", leave, "admin"),
    ]
