"""/outreach: whom somebody should talk to, and what is answered under the message of such a task."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, admin_tap, may
from bot.admin.people import code_of, tapped, tapped_number
from bot.context import Buttons, Context, acknowledge, button, reply, rewrite
from bot.handlers.commands import Answer
from bot.texts.english.administration import in_zone
from storage.store import Conflict, NotFound

MOST_SHOWN = 5
ANSWERS = ("done", "not_needed", "later")

Row = Mapping[str, Any]


async def outreach(update: Update, context: Context) -> None:
    await reply(update, *await _page(context))


async def decide(update: Update, context: Context) -> None:
    """`o:o:ANSWER:TASK`."""
    texts, person = context.words, context.known
    try:
        task = await context.call(
            "decide_outreach",
            task_id=tapped_number(context, "task"),
            answer=tapped(context, "answer"),
            actor=f"telegram:{person.telegram_id}" if person else "telegram",
        )
        toast = texts.outreach_kept(task["status"], task["name"])
    except (Conflict, NotFound):
        toast = texts.already_decided
    await rewrite(update, *await _page(context), toast=toast)


async def answered(update: Update, context: Context) -> None:
    """A button under a task's message: what it says is kept already, unless somebody was faster."""
    if context.match is None:
        return
    tracking_id = str(UUID(context.match["tracking"]))
    task = await context.call("outreach_of_message", tracking_id=tracking_id)
    if task is None:
        await acknowledge(update, context.words.no_longer_works)
    else:
        await reply(update, context.words.outreach_kept(task["status"], task["name"]))


async def _page(context: Context) -> tuple[str, Buttons]:
    texts = context.words
    tasks = await context.call("list_outreach", limit_to=MOST_SHOWN)
    if not tasks:
        return texts.no_outreach, []
    zone = context.known.timezone if context.known else "UTC"
    lines = [texts.outreach_line(task, in_zone(task["created_at"], zone)) for task in tasks]
    buttons = [row for task in tasks for row in _buttons(context, task)]
    return "\n\n".join([texts.outreach_title, *lines]), buttons


def _buttons(context: Context, task: Row) -> Buttons:
    texts, number = context.words, task["id"]
    labels = (texts.outreach_done_label, texts.outreach_not_needed_label, texts.outreach_later_label)
    profile = button(f"👤 {number}", f"a:u:{code_of(task['user_id'])}")
    if not may(context.known, "admin"):
        return [[profile]]
    deciding = [
        button(f"{label} {number}", f"o:o:{answer}:{number}")
        for label, answer in zip(labels, ANSWERS, strict=True)
    ]
    return [deciding, [profile]]


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    answers = "|".join(ANSWERS)
    return [
        admin_command("outreach", outreach),
        admin_tap(rf"^o:o:(?P<answer>{answers}):(?P<task>\d{{1,18}})$", decide, "admin"),
    ]


def follow_ups() -> Mapping[str, Answer]:
    return {f"outreach_{answer}": answered for answer in ANSWERS}
