"""/health: what the health page says, in a few lines, each with its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, admin_tap
from bot.context import Buttons, Context, button, reply, rewrite
from bot.texts import English
from webhooks.health import Health, examined
from webhooks.options import ProcessHealth


async def health(update: Update, context: Context) -> None:
    await reply(update, *await _told(context))


async def look_again(update: Update, context: Context) -> None:
    """`o:health`."""
    await rewrite(update, *await _told(context))


async def _told(context: Context) -> tuple[str, Buttons]:
    know, texts = context.shared.health, context.words
    found = await examined(context.shared.store, know() if know else ProcessHealth(""))
    lines = [*_lines(texts, found)]
    title = texts.health_ill if any(line.startswith("✗") for line in lines) else texts.health_well
    return "\n".join([title, "", *lines]), [[button(texts.refresh_label, "o:health")]]


def _lines(texts: English, found: Health) -> list[str]:
    queue = found.queue
    if queue is None:
        return [texts.database_is_away]
    return [
        texts.database_answers,
        texts.scheduler_stands if found.is_still else texts.scheduler_ticks,
        *([texts.everything_is_held] if found.is_all_paused else []),
        *(_channel(texts, name, state) for name, state in found.channels().items()),
        *(texts.other_trouble(each.problem, each.remedy) for each in found.process.troubles),
        _queue(texts, found, queue),
        *texts.stuck_messages(queue["parked"], queue["unknown"]),
        *([texts.updates_waiting(queue["updates_waiting"] - 1)] if queue["updates_waiting"] > 1 else []),
    ]


def _queue(texts: English, found: Health, queue: Mapping[str, Any]) -> str:
    if not queue["due"]:
        return texts.queue_is_empty
    return texts.queue_waits(queue["due"], round(found.oldest_due_seconds or 0), found.is_late)


def _channel(texts: English, name: str, state: Mapping[str, Any]) -> str:
    why = state["why"] or ""
    match state["status"]:
        case "off":
            return texts.channel_is_off(name, why)
        case "paused":
            return texts.channel_is_paused(name, texts.reason_in_words(why), why.startswith("admin:"))
        case _:
            return texts.channel_is_slowed(name) if state["blocked_until"] else texts.channel_is_on(name)


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [admin_command("health", health), admin_tap("^o:health$", look_again)]
