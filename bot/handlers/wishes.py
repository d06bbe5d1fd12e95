"""Less, not this, stop (`w:<tracking id>:<wish>`): the buttons under what we send; and undo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context, acknowledge, button, reply, rewrite
from bot.handlers.commands import tap
from bot.texts import English
from storage.store import NotFound

_WISH = r"^w:(?P<tracking>[0-9a-f]{32}):"


def code(tracking_id: str, wish: str) -> str:
    """What a button carries."""
    return f"w:{tracking_id.replace('-', '')}:{wish}"


async def grant(update: Update, context: Context) -> None:
    told = await _call(update, context, "express_wish")
    texts = context.words
    if told is None:
        await acknowledge(update, texts.no_longer_works)
    elif told["status"] == "granted":
        await acknowledge(update, texts.noted)
        undo = button(texts.undo_label, code(_tracking_id(context), f"undo_{_wish(context)}"))
        await reply(update, _said(texts, _wish(context), told), [[undo]])
    elif told["status"] == "rarest":
        await acknowledge(update)
        await reply(update, texts.already_rarest)
    else:
        await acknowledge(update, texts.already_noted)


async def take_back(update: Update, context: Context) -> None:
    told = await _call(update, context, "take_back_wish")
    if told is None:
        await acknowledge(update, context.words.no_longer_works)
    else:
        await rewrite(update, context.words.wish_taken_back)


async def _call(update: Update, context: Context, operation: str) -> Mapping[str, Any] | None:
    """None for a message that is gone, or somebody else's."""
    person = await context.person(update)
    try:
        told: Mapping[str, Any] = await context.call(
            operation,
            tracking_id=_tracking_id(context),
            wish=_wish(context),
            source="telegram",
            user_id=person.user_id,
        )
    except NotFound:
        return None
    return told


def _said(texts: English, wish: str, told: Mapping[str, Any]) -> str:
    if wish == "less":
        return texts.less_granted(told["frequency"])
    if wish == "not" and told["message_class"] != "announcement":
        return texts.sequence_declined(told["sequence_title"])
    return texts.wish_granted["stop" if wish == "stop" else "announcement"]


def _tracking_id(context: Context) -> str:
    return str(UUID(_found(context)["tracking"]))


def _wish(context: Context) -> str:
    return str(_found(context)["wish"])


def _found(context: Context) -> Any:
    if context.match is None:
        raise ValueError("the button's code was not read")
    return context.match


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        tap(_WISH + r"(?P<wish>less|not|stop)$", grant),
        tap(_WISH + r"undo_(?P<wish>less|not|stop)$", take_back),
    ]
