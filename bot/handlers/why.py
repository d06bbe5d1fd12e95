"""/why: why the last message came, and what becomes of the next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Buttons, Context, button, reply
from bot.handlers.commands import command
from bot.handlers.wishes import code
from bot.texts import English

Row = Mapping[str, Any]


async def why(update: Update, context: Context) -> None:
    person = await context.person(update)
    story = await context.call("why", user_id=person.user_id)
    await reply(
        update,
        f"{_last(context.words, story)}\n\n{_next(context.words, story)}",
        _buttons(context.words, story),
    )


def _last(texts: English, story: Row) -> str:
    last = story["last"]
    if last is None:
        return texts.nothing_yet
    begun = texts.begun_by.get(last["event"]) or texts.begun_by.get(last["source"], texts.begun)
    when = _local(last["sent_at"], story["timezone"])
    return texts.why_last(last["title"], last["channel"], when, begun, last["message_class"])


def _next(texts: English, story: Row) -> str:
    coming = story["next"]
    if story["stopped"]:
        return texts.nothing_comes
    if coming is None:
        return texts.nothing_planned
    if coming["is_due"]:
        return texts.due_now(coming["title"])
    when = _local(coming["at"], story["timezone"]) if coming["at"] else None
    return texts.why_next(coming["title"], when, texts.holds.get(coming["reason"]))


def _buttons(texts: English, story: Row) -> Buttons:
    last, row = story["last"], [button(texts.open_settings_label, "s:open")]
    if last is not None and last["message_class"] != "transactional" and not story["stopped"]:
        row[:0] = [
            button(texts.less_label, code(last["tracking_id"], "less")),
            button(texts.not_label, code(last["tracking_id"], "not")),
        ]
    return [row]


def _local(moment: str, zone: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [command("why", why)]
