"""/progress: a picture, and the same in a line."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context
from bot.handlers.commands import command
from bot.texts import English
from webhooks.pictures.drawing import picture


async def progress(update: Update, context: Context) -> None:
    person, texts = await context.person(update), context.words
    known = await context.call("commitment_progress", user_id=person.user_id)
    png = await picture("progress.svg", name=person.first_name, **card(texts, known))
    if update.effective_message is not None:
        caption = texts.progress(known["done"], known["missed"], known["open"])
        await update.effective_message.reply_photo(png, caption, filename="progress.png")


def card(texts: English, known: Mapping[str, Any]) -> dict[str, Any]:
    """What the picture shows, in words."""
    days, longest, share = known["streak"]["days"], known["streak"]["longest"], known["kept_ratio"]
    *past, present = known["weeks"]
    labels = [texts.short_day(date.fromisoformat(week["monday"])) for week in past] + [texts.this_week]
    return {
        "title": texts.progress_title,
        "streak": {
            "days": days,
            "label": texts.one_day if days == 1 else texts.days_in_a_row,
            "longest": texts.longest_streak(longest) if longest else "",
            "freezes": known["streak"]["freezes"],
        },
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
