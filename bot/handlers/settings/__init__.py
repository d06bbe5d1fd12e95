"""/settings: one message that rewrites itself as buttons are tapped; each setting can be typed as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import usable_commands
from bot.context import Context, Understand, acknowledge, argument, button, reply, rewrite
from bot.handlers.commands import command, tap
from bot.handlers.settings.screens import SCREENS, Preferences, back, overview
from bot.handlers.settings.typed import canonical, read_day, understood
from bot.menus import set_chosen_menu
from bot.zones import find_places
from storage.store import Invalid

FOREVER = "9999-12-31T00:00:00+00:00"
SPANS = {"1 day": timedelta(days=1), "1 week": timedelta(weeks=1)}
PAGE_LASTS = timedelta(hours=1)


async def settings(update: Update, context: Context) -> None:
    what, _, value = canonical(argument(context), context.words).partition(" ")
    if what:
        await change_by_words(update, context, what, value)
    else:
        await _show(update, context, "all")


async def show(update: Update, context: Context) -> None:
    """`s:show:SCREEN`: the overview, or the choices for one setting."""
    if context.match is not None:
        await _show(update, context, context.match["screen"])


async def choose(update: Update, context: Context) -> None:
    """`s:set:KEY=VALUE`, an empty value meaning no choice."""
    if context.match is None:
        return
    key, value = context.match["key"], context.match["value"]
    screen = "what" if "." in key else "all"  # a grid stays, to tick more of it
    try:
        await _apply(update, context, _changes(key, value), screen)
    except Invalid:  # a button of long ago, for a value that is none any more
        await acknowledge(update, context.words.no_longer_works)


async def choose_pause(update: Update, context: Context) -> None:
    """`s:pause:SPAN`."""
    if context.match is not None:
        preferences = await pause_for(update, context, context.match["span"])
        await _show(update, context, "all", preferences, context.words.saved)


async def ask_day(update: Update, context: Context) -> None:
    await context.ask("pause_until")
    await rewrite(update, context.words.ask_day, [back(context.words, "pause")])


async def understand_day(update: Update, context: Context, state: Mapping[str, Any]) -> bool:
    """The answer to `ask_day`; anything that is no day is something else."""
    message = update.effective_message
    day = await _day(update, context, (message.text or "") if message else "")
    if day is None:
        return False
    if await pause_until(update, context, day):
        await context.answered()
    return True


async def pause_until(update: Update, context: Context, day: str) -> bool:
    """Says whether the day is one that is still to come."""
    try:
        await _apply(update, context, {"paused_until": day})
    except Invalid:
        await reply(update, context.words.day_is_over)
        return False
    return True


async def accept(update: Update, context: Context) -> None:
    """`s:accept:ID`: a sequence that was declined may come again."""
    person, declined = await context.person(update), (await _read(update, context))["declined"]
    for each in declined:
        if context.match is not None and each["id"] == int(context.match["id"]):
            await context.call("accept_sequence", user_id=person.user_id, sequence=each["sequence"])
    await _show(update, context, "declined" if len(declined) > 1 else "all", toast=context.words.saved)


async def come_back(update: Update, context: Context) -> None:
    person = await context.person(update)
    await context.call("start_again", user_id=person.user_id, source="telegram")
    await _show(update, context, "all", toast=context.words.saved)


async def open_page(update: Update, context: Context) -> None:
    """The same on the web, by a link that opens it for an hour."""
    person = await context.person(update)
    until = datetime.fromisoformat(await context.call("clock")) + PAGE_LASTS
    link = context.shared.links.own_preferences(person.user_id, until)
    await rewrite(update, context.words.page_link(link), [back(context.words)])


async def open_anew(update: Update, context: Context) -> None:
    """From under another message, which stays as it is."""
    await acknowledge(update)
    preferences = await _read(update, context)
    await reply(update, *SCREENS["all"](context.words, preferences))


async def finish(update: Update, context: Context) -> None:
    await rewrite(update, overview(context.words, await _read(update, context)))


async def change_by_words(update: Update, context: Context, what: str, value: str) -> None:
    texts = context.words
    if what in ("timezone", "zone", "city") and value:
        await _change_zone(update, context, value)
    elif what == "pause" and value.lower() in texts.pauses:
        await _show(update, context, "all", await pause_for(update, context, value.lower()))
    elif what == "pause" and (day := await _day(update, context, value)):
        await pause_until(update, context, day)
    elif (changes := understood(what, value.lower())) is not None:
        await _apply(update, context, changes)
    else:
        await reply(update, texts.how_settings_are_typed)


async def pause_for(update: Update, context: Context, span: str) -> Preferences:
    """A span is counted from the database's time, the only clock there is."""
    until = FOREVER
    if span in SPANS:
        until = (datetime.fromisoformat(await context.call("clock")) + SPANS[span]).isoformat()
    return await _write(update, context, {"paused_until": until})


async def _change_zone(update: Update, context: Context, typed: str) -> None:
    """A name that several cities have is a question."""
    places, texts = find_places(typed), context.words
    if len(places) == 1:
        await _apply(update, context, {"timezone": places[0].zone})
    elif places:
        choices = [[button(each.label, f"s:set:timezone={each.zone}")] for each in places]
        await reply(update, texts.which_place(typed), choices)
    else:
        await reply(update, texts.unknown_zone(typed))


async def _day(update: Update, context: Context, typed: str) -> str | None:
    now = datetime.fromisoformat(await context.call("clock"))
    return read_day(typed, now.date())


def _changes(key: str, value: str) -> dict[str, Any]:
    if key == "quiet":
        return understood("quiet", value) or {}
    return {key: value or None}


async def _apply(update: Update, context: Context, changes: Mapping[str, Any], screen: str = "all") -> None:
    preferences = await _write(update, context, changes)
    if "locale" in changes and context.known is not None:
        person = context.known = replace(context.known, locale=preferences["locale"] or context.language)
        usable = usable_commands(context, person.roles)
        await set_chosen_menu(context.bot, person.telegram_id, person.locale, usable)
    texts = context.words
    wants_email = changes.get("preferred_channel") == "email"
    if wants_email and not any(_is_open_email(point) for point in preferences["contact_points"]):
        await reply(update, texts.email_needed_first)
    await _show(update, context, screen, preferences, texts.saved)


async def _show(
    update: Update,
    context: Context,
    screen: str,
    preferences: Preferences | None = None,
    toast: str | None = None,
) -> None:
    preferences = preferences or await _read(update, context)
    text, buttons = SCREENS.get(screen, SCREENS["all"])(context.words, preferences)
    await rewrite(update, text, buttons, toast)


async def _read(update: Update, context: Context) -> Preferences:
    person = await context.person(update)
    return dict(await context.call("get_preferences", user_id=person.user_id))


async def _write(update: Update, context: Context, changes: Mapping[str, Any]) -> Preferences:
    person = await context.person(update)
    return dict(await context.call("set_preferences", user_id=person.user_id, changes=changes))


def _is_open_email(point: Mapping[str, Any]) -> bool:
    return bool(point["channel"] == "email" and point["state"] == "active")


def answers() -> Mapping[str, Understand]:
    return {"pause_until": understand_day}


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    own = r"preferred_channel|preferred_time|timezone|quiet|paused_until|frequency|locale|on_leaderboards"
    return [
        command("settings", settings),
        tap(r"^s:show:(?P<screen>\w+)$", show),
        tap(rf"^s:set:(?P<key>{own}|\w+\.\w+)=(?P<value>.*)$", choose),
        tap(r"^s:pause:(?P<span>1 day|1 week|forever)$", choose_pause),
        tap(r"^s:day$", ask_day),
        tap(r"^s:accept:(?P<id>\d{1,18})$", accept),
        tap(r"^s:start$", come_back),
        tap(r"^s:page$", open_page),
        tap(r"^s:open$", open_anew),
        tap(r"^s:done$", finish),
    ]
