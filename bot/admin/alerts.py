"""/alerts: what needs somebody now, and whether this admin is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, admin_tap, may, record_act
from bot.admin.people import tapped
from bot.context import Buttons, Context, argument, button, reply, rewrite
from bot.texts.english.administration import in_zone

MOST_SHOWN = 15


async def alerts(update: Update, context: Context) -> None:
    """With `on` or `off`, whether they are told."""
    texts, typed = context.words, argument(context).strip().casefold()
    if not typed:
        await reply(update, *await _page(context))
    elif typed not in texts.switch_words:
        await reply(update, texts.how_to_alerts)
    elif not may(context.known, "admin"):
        await reply(update, texts.alerts_for_admins)
    else:
        await _switch(context, is_on=texts.switch_words[typed])
        await reply(update, *await _page(context))


async def switch_tapped(update: Update, context: Context) -> None:
    """`o:a:on`, `o:a:off`."""
    await _switch(context, is_on=tapped(context, "switch") == "on")
    await rewrite(update, *await _page(context))


async def _switch(context: Context, *, is_on: bool) -> None:
    if context.known is not None:
        await context.call("mute_alerts", user_id=context.known.user_id, is_muted=not is_on)
        await record_act(context, "alerts.on" if is_on else "alerts.off", context.known.user_id)


async def _page(context: Context) -> tuple[str, Buttons]:
    texts, person = context.words, context.known
    listed = await context.call("list_alerts", user_id=person.user_id if person else None)
    lines = [_line(context, each) for each in listed["alerts"]]
    text = "\n".join([texts.alerts_title, "", *lines[:MOST_SHOWN]]) if lines else texts.no_alerts
    if not may(person, "admin"):
        return f"{text}\n\n{texts.alerts_for_admins}", []
    if listed["is_muted"]:
        return f"{text}\n\n{texts.alerts_off}", [[button(texts.alerts_on_label, "o:a:on")]]
    return f"{text}\n\n{texts.alerts_on}", [[button(texts.alerts_off_label, "o:a:off")]]


def _line(context: Context, alert: Mapping[str, Any]) -> str:
    texts, details = context.words, alert["details"]
    since = texts.in_short(in_zone(alert["since"], context.known.timezone if context.known else "UTC"))
    return texts.alert_line(alert["kind"], details, texts.reason_in_words(details.get("reason")), since)


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("alerts", alerts),
        admin_tap("^o:a:(?P<switch>on|off)$", switch_tapped, "admin"),
    ]
