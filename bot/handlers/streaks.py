"""/streaks: the last weeks as a calendar, and the way back while there is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from telegram import InlineKeyboardMarkup, InputMediaPhoto, Message, Update
from telegram.constants import ParseMode
from telegram.error import BadRequest
from telegram.ext import BaseHandler

from bot.context import Buttons, Context, acknowledge, button
from bot.handlers.commands import Answer, command, tap
from bot.handlers.stats import streak as shown_streak
from bot.texts import English
from storage.store import Conflict
from webhooks.pictures.drawing import picture

Row = Mapping[str, Any]


async def streaks(update: Update, context: Context) -> None:
    png, caption, buttons = await _page(update, context)
    if update.effective_message is not None:
        await update.effective_message.reply_photo(
            png,
            caption,
            parse_mode=ParseMode.HTML,
            reply_markup=InlineKeyboardMarkup(buttons) if buttons else None,
            filename="streak.png",
        )


async def open_streaks(update: Update, context: Context) -> None:
    """`g:streak`, from under the card."""
    await acknowledge(update)
    await streaks(update, context)


async def win_back(update: Update, context: Context) -> None:
    """`g:repair`: the picture changes where it is; or it is said what is still missing."""
    person, texts = await context.person(update), context.words
    try:
        await context.call("repair_streak", user_id=person.user_id)
        toast = texts.won_back
    except Conflict:
        toast = _why_not(texts, (await context.call("describe_game", user_id=person.user_id))["streak"])
    await acknowledge(update, toast)
    await _redraw(update, context)


def _why_not(texts: English, streak: Row) -> str:
    if repair := streak["repair"]:
        return texts.acts_to_win_back(repair["needs"])
    return texts.no_longer_works if streak["days"] else texts.too_late_to_win_back


async def _redraw(update: Update, context: Context) -> None:
    message = update.callback_query.message if update.callback_query else None
    if not isinstance(message, Message):
        return
    png, caption, buttons = await _page(update, context)
    media = InputMediaPhoto(png, caption, parse_mode=ParseMode.HTML, filename="streak.png")
    try:
        await message.edit_media(media, InlineKeyboardMarkup(buttons) if buttons else None)
    except BadRequest as refused:
        if "not modified" not in refused.message.lower():
            raise


async def _page(update: Update, context: Context) -> tuple[bytes, str, Buttons]:
    person, texts = await context.person(update), context.words
    found = await context.call("streak_calendar", user_id=person.user_id)
    png = await picture("streaks.svg", name=person.first_name, **calendar(texts, found))
    streak = found["game"]["streak"]
    buttons = [[button(texts.win_back_label, "g:repair")]] if streak["repair"] else []
    return png, caption(texts, streak, ZoneInfo(person.timezone)), buttons


def caption(texts: English, streak: Row, zone: ZoneInfo) -> str:
    days, milestone, repair = streak["days"], streak["next_milestone"], streak["repair"]
    lines = []
    if days:
        kept = texts.kept_for_today if streak["kept_today"] else texts.open_today(streak["freezes"])
        lines += [texts.days_so_far(days), kept]
        lines += [texts.next_milestone(milestone, milestone - days)] if milestone else []
    elif not repair:
        lines.append(texts.no_streak_yet)
    if repair:
        until = datetime.fromisoformat(repair["until"]).astimezone(zone)
        lines.append(texts.streak_was_lost(repair["days"], until))
        lines += [texts.acts_to_win_back(repair["needs"])] if repair["needs"] else []
    return "\n".join(lines)


def calendar(texts: English, found: Row) -> dict[str, Any]:
    """What the picture shows, in words."""
    streak = shown_streak(texts, found["game"]["streak"])
    days = [_day(each, found["today"]) for each in found["days"]]
    for before, each in pairwise(days):
        each["is_joined"] = before["kind"] in texts.day_kinds and each["kind"] in texts.day_kinds
    weeks = [days[start : start + 7] for start in range(0, len(days), 7)]
    return {
        "title": texts.streaks_title,
        "streak": streak | {"freezes_label": texts.freezes_left(streak["freezes"], streak["most_freezes"])},
        "weekdays": [name[:2] for name in texts.weekdays],
        "weeks": [{"label": texts.short_day(week[0]["date"]), "days": week} for week in weeks],
        "keys": _keys(texts, days),
    }


def _day(day: Row, today: str) -> dict[str, Any]:
    when = date.fromisoformat(day["day"])
    return {
        "date": when,
        "number": when.day,
        "kind": day["kind"] or ("ahead" if day["day"] > today else "none"),
        "is_today": day["day"] == today,
        "is_joined": False,
    }


def _keys(texts: English, days: Sequence[Row]) -> list[dict[str, str]]:
    """The signs that the picture has, in their order."""
    used = {each["kind"] for each in days}
    return [{"kind": kind, "label": label} for kind, label in texts.day_kinds.items() if kind in used]


def follow_ups() -> Mapping[str, Answer]:
    return {"streak_repair_wanted": streaks}


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        command("streaks", streaks),
        tap("^g:streak$", open_streaks),
        tap("^g:repair$", win_back),
    ]
