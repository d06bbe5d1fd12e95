"""/explain USER [DELIVERY]: what `python -m bot explain` tells, as a chat has it; a long story as a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from io import BytesIO
from typing import Any

from telegram import Update
from telegram.constants import MessageLimit
from telegram.ext import BaseHandler

from bot.admin.access import admin_command
from bot.admin.people import USER, name_of, person_tap, tapped
from bot.admin.profile import back_to
from bot.admin.users import suggest
from bot.context import Context, acknowledge, argument, reply
from bot.explain import is_theirs
from bot.page import Page
from bot.stories.deliveries import delivery_story
from bot.stories.users import user_story
from storage.store import NotFound

DELIVERY = re.compile(r"\d{1,18}")


class ChatPage(Page):
    """Telegram HTML: a row is a line, because a phone has no room for columns."""

    def __init__(self) -> None:
        super().__init__(is_colored=False)

    def paint(self, text: str, color: str) -> str:
        tag = {"bold": "b", "dim": "i"}.get(color)
        return f"<{tag}>{escape(text)}</{tag}>" if tag else escape(text)

    def line(self, text: str) -> str:
        return escape(text)

    def columns(self, rows: Iterable[Sequence[str]], colors: Sequence[str] = ()) -> list[str]:
        lines = []
        for *cells, last in rows:
            first, *more = last.split("\n")
            names = ", ".join(cell for cell in cells if cell)
            lines.append(escape(f"• {names}: {first}" if first else f"• {names}"))
            lines += [self.paint(line, "dim") for line in more]
        return lines


async def explain(update: Update, context: Context) -> None:
    typed = argument(context).strip()
    reference, _, last = typed.rpartition(" ")
    if not typed:
        await reply(update, context.words.how_to_explain)
    elif reference and DELIVERY.fullmatch(last):
        await _tell_or_suggest(update, context, reference, int(last))
    else:
        await _tell_or_suggest(update, context, typed)


async def explain_tapped(update: Update, context: Context) -> None:
    """`a:w:USER`."""
    await _tell(update, context, tapped(context))
    await acknowledge(update)


async def _tell_or_suggest(
    update: Update, context: Context, reference: str, delivery_id: int | None = None
) -> None:
    try:
        await _tell(update, context, reference, delivery_id)
    except NotFound:
        await suggest(update, context, reference)


async def _tell(update: Update, context: Context, reference: str, delivery_id: int | None = None) -> None:
    """Raises NotFound for a user whom nobody knows."""
    story = await context.call("explain_user", reference=reference)
    buttons = [back_to(context.words, story["user"]["id"])]
    if delivery_id is None:
        text = "\n".join(user_story(story, ChatPage()))
    else:
        text = await _delivery_story(context, story, delivery_id)
    if _fits(text):
        await reply(update, text, buttons)
    else:
        await _attach(update, context, story)


async def _delivery_story(context: Context, story: Mapping[str, Any], delivery_id: int) -> str:
    try:
        delivery = await context.call("explain_delivery", delivery_id=delivery_id)
    except NotFound:
        delivery = None
    if delivery is None or not is_theirs(delivery, story):
        return context.words.no_such_delivery(delivery_id, name_of(story["user"]))
    return "\n".join(delivery_story(delivery, story["user"]["timezone"], ChatPage()))


def _fits(text: str) -> bool:
    """As Telegram counts, in UTF-16; the markup, which it does not count, is on the safe side."""
    return len(text.encode("utf-16-le")) // 2 <= MessageLimit.MAX_TEXT_LENGTH


async def _attach(update: Update, context: Context, story: Mapping[str, Any]) -> None:
    message = update.effective_message
    if message is not None:
        text = "\n".join(user_story(story, Page(is_colored=False))) + "\n"
        await message.reply_document(
            BytesIO(text.encode()),
            filename=f"story-{story['user']['id'][:8]}.txt",
            caption=context.words.story_attached(name_of(story["user"])),
            parse_mode="HTML",
        )


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [admin_command("explain", explain), person_tap(f"^a:w:{USER}$", explain_tapped)]
