"""/progress: a picture, and the same in a line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from telegram import InlineKeyboardMarkup, Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.commands import command
from bot.handlers.stats import level, streak, ways_on
from bot.texts import English
from webhooks.pictures.drawing import picture

Row = Mapping[str, Any]


async def progress(update: Update, context: Context) -> None:
    person, texts = await context.person(update), context.words
    known = await context.call("commitment_progress", user_id=person.user_id)
    game = await context.call("describe_game", user_id=person.user_id)
    png = await picture("progress.svg", name=person.first_name, **card(texts, known, game))
    if update.effective_message is not None:
        await update.effective_message.reply_photo(
            png,
            texts.progress(known["done"], known["missed"], known["open"]),
            reply_markup=InlineKeyboardMarkup(ways_on(texts)),
            filename="progress.png",
        )


def card(texts: English, known: Row, game: Row) -> dict[str, Any]:
    """What the picture shows, in words."""
    share = known["kept_ratio"]
    *past, present = known["weeks"]
    labels = [texts.short_day(date.fromisoformat(week["monday"])) for week in past] + [texts.this_week]
    return {
        "title": texts.progress_title,
        "level": level(texts, game),
        "streak": streak(texts, game["streak"]),
        "kept": {
            "share": share or 0,
            "figure": "–" if share is None else f"{round(share * 100)}%",
            "label": texts.nothing_ended_label if share is None else texts.kept_label,
        },
        "columns": [
            {"label": label, "parts": [week["done"], week["missed"]]}
            for label, week in zip(labels, [*past, present], strict=True)
        ],
        "words": {
            "weeks": texts.eight_weeks,
            "done": texts.kept_word,
            "missed": texts.missed_word,
            "nothing": texts.your_first_week if share is None else "",
        },
    }


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [command("progress", progress)]
