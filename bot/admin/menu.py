"""/admin: how things are, and a button for each thing that admins can do, whoever wrote the command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_answers, admin_command, admin_tap, usable_commands
from bot.admin.people import tapped
from bot.context import Buttons, Context, acknowledge, button, reply, rewrite
from bot.handlers.unknown import old_button
from bot.menus import change_admin_menu
from bot.texts import English


async def menu(update: Update, context: Context) -> None:
    """Also brings Telegram's own menu up to date: there may be new commands since, or another language."""
    if person := context.known:
        usable = usable_commands(context, person.roles)
        await change_admin_menu(context.bot, person.telegram_id, person.locale, usable)
    await reply(update, await _state(context), _buttons(context))


async def look_again(update: Update, context: Context) -> None:
    await rewrite(update, await _state(context), _buttons(context))


async def run(update: Update, context: Context) -> None:
    """`a:run:COMMAND`: as if the command had been typed, and nothing after it."""
    answer = admin_answers(context).get(tapped(context, "command"))
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
        texts.alerts_state(now["alerts"]),
    ]
    if now["is_paused"]:
        lines.append(texts.all_is_held)
    return "\n".join([texts.menu_title(context.shared.brand), "", *lines])


def _closed(texts: English, channels: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    return {
        name: texts.reason_in_words(channel["paused_reason"])
        for name, channel in channels.items()
        if channel["paused_reason"]
    }


def _buttons(context: Context) -> Buttons:
    texts = context.words
    choices = [
        button(texts.menu_labels.get(name, f"/{name}"), f"a:run:{name}")
        for name in usable_commands(context, context.known.roles if context.known else ())
        if name != "admin"
    ]
    rows = [choices[start : start + 2] for start in range(0, len(choices), 2)]
    return [*rows, [button(texts.refresh_label, "a:again")]]


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("admin", menu),
        admin_tap("^a:again$", look_again),
        admin_tap(r"^a:run:(?P<command>\w{1,32})$", run),
    ]
