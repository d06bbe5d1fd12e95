"""/settings: one message that rewrites itself as buttons are tapped; each setting can be typed as well."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Buttons, Context, acknowledge, argument, button, reply, rewrite
from bot.handlers.commands import command, tap
from bot.texts import English
from bot.zones import COMMON, city_of, find_zone
from storage.store import Invalid

Preferences = Mapping[str, Any]

FOREVER = "9999-12-31T00:00:00+00:00"
SPANS = {"1 day": timedelta(days=1), "1 week": timedelta(weeks=1)}
QUIET_HOURS = (("21:00", "09:00"), ("22:00", "08:00"), ("23:00", "07:00"))
NO_QUIET_HOURS = {"quiet_from": "00:00", "quiet_until": "00:00"}
_HOURS = re.compile(r"([01]?\d|2[0-3]):?([0-5]\d)?\s*(?:-|–|to)\s*([01]?\d|2[0-3]):?([0-5]\d)?")
_TYPED = {"channel": "preferred_channel", "time": "preferred_time"}


async def settings(update: Update, context: Context) -> None:
    what, _, value = argument(context).strip().partition(" ")
    if what:
        await change_by_words(update, context, what.lower(), value.strip())
    else:
        texts, preferences = context.words, await _read(update, context)
        await reply(update, overview(texts, preferences), overview_buttons(texts, preferences))


async def show(update: Update, context: Context) -> None:
    """`s:show:SCREEN`: the overview, or the choices for one setting."""
    texts = context.words
    match context.match and context.match["screen"]:
        case "channel":
            await rewrite(update, texts.ask_channel, _channel_choices(texts))
        case "time":
            await rewrite(update, texts.ask_time, _time_choices(texts))
        case "zone":
            await rewrite(update, texts.ask_zone, _zone_choices(texts))
        case "quiet":
            await rewrite(update, texts.ask_quiet, _quiet_choices(texts))
        case "pause":
            await rewrite(update, texts.ask_pause, _pause_choices(texts))
        case _:
            await _show_overview(update, context, await _read(update, context))


async def choose(update: Update, context: Context) -> None:
    """`s:set:KEY=VALUE`, an empty value meaning no choice."""
    if context.match is None:
        return
    key, value = context.match["key"], context.match["value"]
    try:
        await _apply(update, context, _changes(key, value))
    except Invalid:  # a button of long ago, for a value that is none any more
        await acknowledge(update, context.words.no_longer_works)


async def choose_pause(update: Update, context: Context) -> None:
    """`s:pause:SPAN`."""
    if context.match is not None:
        await _show_overview(
            update, context, await pause_for(update, context, context.match["span"]), context.words.saved
        )


async def finish(update: Update, context: Context) -> None:
    await rewrite(update, overview(context.words, await _read(update, context)))


async def change_by_words(update: Update, context: Context, what: str, value: str) -> None:
    texts = context.words
    if what in ("timezone", "zone", "city") and value:
        zone = find_zone(value)
        if zone is None:
            await reply(update, texts.unknown_zone(value))
        else:
            await _apply(update, context, {"timezone": zone})
    elif what == "pause" and value.lower() in texts.pauses:
        await _show_overview(update, context, await pause_for(update, context, value.lower()))
    else:
        changes = understood(what, value.lower())
        if changes is None:
            await reply(update, texts.how_settings_are_typed)
        else:
            await _apply(update, context, changes)


def understood(what: str, value: str) -> dict[str, Any] | None:
    """What `/settings WHAT VALUE` changes; None when it makes no sense."""
    match what, value:
        case "resume", "":
            return {"paused_until": None}
        case "channel", "any":
            return {"preferred_channel": None}
        case ("channel", "telegram" | "email") | ("time", "morning" | "afternoon" | "evening"):
            return {_TYPED[what]: value}
        case "quiet", "off" | "none":
            return NO_QUIET_HOURS
        case "quiet", hours if found := _HOURS.fullmatch(hours):
            start, start_minute, end, end_minute = found.groups(default="00")
            return {"quiet_from": f"{start:0>2}:{start_minute}", "quiet_until": f"{end:0>2}:{end_minute}"}
        case _:
            return None


async def pause_for(update: Update, context: Context, span: str) -> Preferences:
    """A span is counted from the database's time, the only clock there is."""
    until = FOREVER
    if span in SPANS:
        until = (datetime.fromisoformat(await context.call("clock")) + SPANS[span]).isoformat()
    return await _write(update, context, {"paused_until": until})


def overview(texts: English, preferences: Preferences) -> str:
    channel = preferences["preferred_channel"]
    lines = [
        texts.settings_title,
        texts.settings_line(texts.channel_label, texts.channels.get(channel, texts.no_choice)),
        texts.settings_line(texts.time_label, texts.times[preferences["preferred_time"]]),
        texts.settings_line(texts.zone_label, texts.zone(preferences["timezone"])),
        texts.settings_line(texts.quiet_label, _quiet_hours(texts, preferences)),
    ]
    if preferences["stopped_at"]:
        lines += ["", texts.everything_stopped]
    elif preferences["paused_until"]:
        lines += ["", texts.paused_until(_local(preferences["paused_until"], preferences["timezone"]))]
    return "\n".join(lines)


def overview_buttons(texts: English, preferences: Preferences) -> Buttons:
    pause = (
        button(texts.resume_label, "s:set:paused_until=")
        if preferences["paused_until"]
        else button(texts.pause_label, "s:show:pause")
    )
    return [
        [button(texts.channel_label, "s:show:channel"), button(texts.time_label, "s:show:time")],
        [button(texts.zone_label, "s:show:zone"), button(texts.quiet_label, "s:show:quiet")],
        [pause, button(texts.done_label, "s:done")],
    ]


def _channel_choices(texts: English) -> Buttons:
    rows = [[button(label, f"s:set:preferred_channel={name}")] for name, label in texts.channels.items()]
    return [*rows, [button(texts.best_label, "s:set:preferred_channel=")], _back(texts)]


def _time_choices(texts: English) -> Buttons:
    return [
        [button(label, f"s:set:preferred_time={name}") for name, label in texts.times.items()],
        _back(texts),
    ]


def _zone_choices(texts: English) -> Buttons:
    choices = [button(city_of(zone), f"s:set:timezone={zone}") for zone in COMMON]
    return [*(choices[start : start + 2] for start in range(0, len(choices), 2)), _back(texts)]


def _quiet_choices(texts: English) -> Buttons:
    rows = [[button(texts.quiet_hours(*hours), f"s:set:quiet={'-'.join(hours)}")] for hours in QUIET_HOURS]
    return [*rows, [button(texts.no_quiet_label, "s:set:quiet=off")], _back(texts)]


def _pause_choices(texts: English) -> Buttons:
    return [*([button(label, f"s:pause:{span}")] for span, label in texts.pauses.items()), _back(texts)]


def _back(texts: English) -> list[Any]:
    return [button(texts.back_label, "s:show:all")]


def _changes(key: str, value: str) -> dict[str, Any]:
    if key == "quiet":
        return understood("quiet", value) or {}
    return {key: value or None}


async def _apply(update: Update, context: Context, changes: Mapping[str, Any]) -> None:
    texts = context.words
    preferences = await _write(update, context, changes)
    wants_email = changes.get("preferred_channel") == "email"
    if wants_email and not any(_is_open_email(point) for point in preferences["contact_points"]):
        await reply(update, texts.email_needed_first)
    await _show_overview(update, context, preferences, texts.saved)


async def _show_overview(
    update: Update, context: Context, preferences: Preferences, toast: str | None = None
) -> None:
    texts = context.words
    await rewrite(update, overview(texts, preferences), overview_buttons(texts, preferences), toast)


async def _read(update: Update, context: Context) -> Preferences:
    return await _write(update, context, {})


async def _write(update: Update, context: Context, changes: Mapping[str, Any]) -> Preferences:
    person = await context.person(update)
    if not changes:
        return dict(await context.call("get_preferences", user_id=person.user_id))
    return dict(await context.call("set_preferences", user_id=person.user_id, changes=changes))


def _is_open_email(point: Mapping[str, Any]) -> bool:
    return bool(point["channel"] == "email" and point["state"] == "active")


def _quiet_hours(texts: English, preferences: Preferences) -> str:
    start, end = preferences["quiet_from"][:5], preferences["quiet_until"][:5]
    return texts.no_quiet_hours if start == end else texts.quiet_hours(start, end)


def _local(moment: str, zone: str) -> datetime | None:
    """None stands for a pause without end."""
    if moment.startswith(("9999", "infinity")):
        return None
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    keys = "preferred_channel|preferred_time|timezone|quiet|paused_until"
    return [
        command("settings", settings),
        tap(r"^s:show:(?P<screen>\w+)$", show),
        tap(rf"^s:set:(?P<key>{keys})=(?P<value>.*)$", choose),
        tap(r"^s:pause:(?P<span>1 day|1 week|forever)$", choose_pause),
        tap(r"^s:done$", finish),
    ]
