"""/admin: how things are, and a button for each thing that admins can do, whoever wrote the command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler, CommandHandler

from bot.admin.access import Guarded, admin_command, admin_tap, may
from bot.admin.people import tapped
from bot.context import Buttons, Context, acknowledge, button, reply, rewrite
from bot.handlers.unknown import old_button
from bot.menus import change_admin_menu
from bot.texts import English


async def menu(update: Update, context: Context) -> None:
    """Also brings Telegram's own menu up to date: there may be new commands since, or another language."""
    if person := context.known:
        await change_admin_menu(context.bot, person.telegram_id, person.locale, is_admin=True)
    await reply(update, await _state(context), _buttons(context))


async def look_again(update: Update, context: Context) -> None:
    await rewrite(update, await _state(context), _buttons(context))


async def run(update: Update, context: Context) -> None:
    """`a:run:COMMAND`: as if the command had been typed, and nothing after it."""
    answer = _admin_answers(context).get(tapped(context, "command"))
    if answer is None:
        await old_button(update, context)
        return
    await acknowledge(update)
    context.args = []
    await answer(update, context)


async def _state(context: Context) -> str:
    texts, now = context.words, await context.call("service_overview")
    queue = now["queue"]
    lines = [
        texts.people_state(now["people"], now["new"], now["admins"]),
        texts.runs_state(now["running"], now["paused"]),
        texts.queue_state(queue["due"], queue["oldest_due_seconds"], queue["parked"] + queue["unknown"]),
        texts.channels_state(_closed(texts, queue["channels"])),
    ]
    return "\n".join([texts.menu_title(context.shared.brand), "", *lines])


def _closed(texts: English, channels: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {
        name: texts.reason_in_words(channel["paused_reason"])
        for name, channel in channels.items()
        if channel["paused_reason"]
    }


def _buttons(context: Context) -> Buttons:
    texts, answers = context.words, _admin_answers(context)
    choices = [
        button(texts.menu_labels.get(name, f"/{name}"), f"a:run:{name}")
        for name in texts.admin_commands
        if name != "admin" and name in answers and may(context.known, answers[name].role)
    ]
    rows = [choices[start : start + 2] for start in range(0, len(choices), 2)]
    return [*rows, [button(texts.refresh_label, "a:again")]]


def _admin_answers(context: Context) -> dict[str, Guarded]:
    """What answers each admin command."""
    handlers = [each for group in context.application.handlers.values() for each in group]
    return {
        name: each.callback
        for each in handlers
        if isinstance(each, CommandHandler) and isinstance(each.callback, Guarded)
        for name in each.commands
    }


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("admin", menu),
        admin_tap("^a:again$", look_again),
        admin_tap(r"^a:run:(?P<command>\w{1,32})$", run),
    ]
