"""What an admin wrote, as the content of a broadcast: read, judged, and shown as its readers will see it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from telegram import Update

from bot.admin.broadcast_writing import as_markdown, subject_of
from bot.context import Context, reply
from sequences.definition import Content, Step
from sequences.mistakes import Unrenderable
from sequences.proofreading import telegram_problems
from sequences.rendering import TELEGRAM_TEXT, Brand, Renderer, telegram_length

Row = Mapping[str, Any]


async def written_content(update: Update, context: Context) -> Row | None:
    """What was sent, as a step says it; None after saying why that cannot be."""
    message, texts = update.effective_message, context.words
    if message is None or not message.text:
        await reply(update, texts.only_text_in_broadcasts)
        return None
    content = {
        "default": {
            "subject": subject_of(message.text),
            "body": as_markdown(message.text, message.entities),
        }
    }
    problems = telegram_problems(Content.from_json(content["default"]), ())
    try:
        length = telegram_length(preview(context, content))
    except Unrenderable as problem:
        await reply(update, texts.broadcast_problem(str(problem)))
        return None
    if length > TELEGRAM_TEXT:
        await reply(update, texts.broadcast_too_long(length, TELEGRAM_TEXT))
    elif problems:
        await reply(update, texts.broadcast_problem(problems[0].message))
    else:
        return content
    return None


def preview(context: Context, content: Row) -> str:
    """As it will be in the reader's chat. Raises Unrenderable."""
    words = {name: Content.from_json(each) for name, each in content.items()}
    step = Step(1, "message", words, ("telegram", "email"), message_class="announcement")
    renderer = Renderer(Brand(context.shared.brand, ""), context.shared.links)
    row = {"tracking_id": uuid.uuid4(), "user": {}, "context": {}}
    return str(renderer.render(step, "telegram", row)["text"])
