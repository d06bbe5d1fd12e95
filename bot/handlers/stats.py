"""/stats of somebody without a role: their card, which is a picture, and the ways on from it.

Admins' /stats is in `bot.admin.statistics`; it leads here by a button, and by `/stats me`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ParseMode
from telegram.ext import BaseHandler

from bot.context import Context, acknowledge, button
from bot.handlers.commands import tap
from bot.texts import English
from webhooks.pictures.drawing import picture

Row = Mapping[str, Any]
MOST_MEDALS = 6
LONGEST_LINE = 13
AT_HAND = 0.15  # the share that one of a single step counts as: after what is well begun
GLYPHS = {
    icon: glyph
    for glyph, icons in {
        "bolt": "⚡ 🚀 💪 🏋️ 🛠️",
        "book": "📚 📖 🎓 🧠",
        "check": "✅ 🎯 🔟",
        "cup": "🏆 🥇 👑 💯 🪜",
        "flag": "🚩 🏁 🏔️ 🗺️",
        "flame": "🔥 🌋 ☄️",
        "heart": "❤️ 💚 💌 🙌",
        "leaf": "🌱 🌿 🌳 🌍 👋",
        "moon": "🌙 🦉",
        "people": "👥 🤝 🪺",
        "snow": "❄️ 🧊",
        "sun": "☀️ 🌞 🌅",
        "words": "💬 📣 📬 🙋",
    }.items()
    for icon in icons.split()
}
"""What is drawn for an icon, whose own picture is different on each system; a star for any other."""


async def own_stats(update: Update, context: Context) -> None:
    person, texts = await context.person(update), context.words
    found = await context.call("describe_card", user_id=person.user_id)
    png = await picture("card.svg", name=person.first_name, **card(texts, found))
    if update.effective_message is not None:
        await update.effective_message.reply_photo(
            png,
            caption(texts, found["game"]),
            parse_mode=ParseMode.HTML,
            reply_markup=InlineKeyboardMarkup(ways_on(texts)),
            filename="card.png",
        )


async def own_stats_tapped(update: Update, context: Context) -> None:
    """`g:card`."""
    await acknowledge(update)
    await own_stats(update, context)


def ways_on(texts: English) -> list[list[InlineKeyboardButton]]:
    """In two rows: three side by side are cut off on a phone."""
    return [
        [button(texts.board_label, "g:boards"), button(texts.streak_label, "g:streak")],
        [button(texts.achievements_label, "g:achievements")],
    ]


def caption(texts: English, game: Row) -> str:
    level = game["level"]
    return texts.card_line(level["number"], level["name"], game["xp"]["total"])


def card(texts: English, found: Row) -> dict[str, Any]:
    """What the picture shows, in words."""
    game = found["game"]
    return {
        "title": texts.card_title,
        "level": level(texts, game),
        "chips": [
            {"label": texts.today_word, "figure": f"+{texts.grouped(game['xp']['today'])}"},
            {"label": texts.this_week, "figure": f"+{texts.grouped(game['xp']['week'])}"},
        ],
        "streak": streak(texts, game["streak"]),
        "rank": _rank(texts, found["board"]),
        "achievements": _achievements(texts, found["achievements"]),
    }


def level(texts: English, game: Row) -> dict[str, Any]:
    now, total = game["level"], game["xp"]["total"]
    if now["next_at"] is None:
        share, way = 1.0, texts.highest_level
    else:
        share = (total - now["begins_at"]) / (now["next_at"] - now["begins_at"])
        way = texts.way_to_next_level(now["next_at"] - total, now["next_name"], now["number"] + 1)
    return {
        "number": now["number"],
        "name": now["name"],
        "xp": texts.points(total),
        "share": share,
        "way": way,
    }


def streak(texts: English, found: Row) -> dict[str, Any]:
    days, longest, last = found["days"], found["longest"], len(found["week"]) - 1
    return {
        "days": days,
        "label": texts.one_day if days == 1 else texts.days_in_a_row,
        "longest": texts.longest_streak(longest) if longest else "",
        "freezes": found["freezes"],
        "most_freezes": found["most_freezes"],
        "week": [
            {
                "label": texts.weekdays[date.fromisoformat(each["day"]).weekday()][:2],
                "kind": each["kind"] or "none",
                "is_today": place == last,
            }
            for place, each in enumerate(found["week"])
        ],
    }


def _rank(texts: English, board: Row) -> dict[str, Any]:
    you = board["you"]
    if you["rank"] is None:
        return {"over": texts.this_week, "figure": "–", "lines": texts.no_rank_lines}
    behind = texts.behind(you["behind_next"]) if you["behind_next"] else texts.in_front
    lines = [texts.of_people(board["people"]), behind]
    return {
        "over": texts.this_week,
        "figure": texts.ordinal(you["rank"]),
        "lines": lines if you["is_listed"] else [texts.only_you_see_it, behind],
    }


def _achievements(texts: English, found: Sequence[Row]) -> dict[str, Any]:
    earned = latest(found)
    shown = [*earned, *nearest(found)][:MOST_MEDALS]
    return {
        "label": texts.achievements_word,
        "count": texts.earned_of(len(earned), len(found)),
        "nothing": texts.no_achievements_yet,
        "items": [
            {
                "title": in_lines(each["title"]),
                "glyph": GLYPHS.get(each["icon"], "star"),
                "is_earned": bool(each["earned_at"]),
            }
            for each in shown
        ],
    }


def in_lines(title: str) -> list[str]:
    """One line, or two of about the same length."""
    breaks = [place for place, letter in enumerate(title) if letter == " "]
    if len(title) <= LONGEST_LINE or not breaks:
        return [title]
    middle = min(breaks, key=lambda place: abs(place - len(title) / 2))
    return [title[:middle], title[middle + 1 :]]


def latest(achievements: Sequence[Row]) -> list[Row]:
    """The earned ones, the newest first."""
    earned = [each for each in achievements if each["earned_at"]]
    return sorted(earned, key=lambda each: str(each["earned_at"]), reverse=True)


def nearest(achievements: Sequence[Row]) -> list[Row]:
    """Those that are still to be earned, the nearest first."""
    missing = [each for each in achievements if not each["earned_at"]]
    return sorted(missing, key=_nearness, reverse=True)


def _nearness(achievement: Row) -> float:
    """The share that is done; what a single step earns is nearer than what was hardly begun."""
    progress = achievement["progress"]
    if not progress or progress["need"] <= 1:
        return AT_HAND
    return float(progress["have"] / progress["need"])


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [tap("^g:card$", own_stats_tapped)]
