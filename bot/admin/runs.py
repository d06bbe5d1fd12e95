"""Somebody's runs through sequences, in pages, each with what can be done about it: pause, resume, end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import may, record_act
from bot.admin.people import USER, code_of, person_tap, tapped, tapped_number
from bot.admin.profile import back_to, enrollment_line
from bot.admin.users import turning_buttons
from bot.context import Buttons, Context, acknowledge, button, rewrite
from bot.texts import English
from storage.store import Conflict

Row = Mapping[str, Any]
PAGE_SIZE = 5
RUN = r"(?P<run>\d{1,18}):(?P<page>\d{1,3})"


async def show(update: Update, context: Context) -> None:
    """`a:l:USER:PAGE`."""
    await rewrite(update, *await _page(context, tapped(context), tapped_number(context, "page")))


async def ask_end(update: Update, context: Context) -> None:
    """`a:q:RUN:PAGE`: what is ended stays so, therefore once more."""
    run, number = await _tapped_run(context), tapped_number(context, "page")
    texts = context.words
    if run["status"] not in ("active", "paused"):
        await acknowledge(update, texts.run_had_ended)
        return
    buttons = [
        [button(texts.yes_end_run, f"a:e:{run['enrollment_id']}:{number}")],
        [button(texts.no_keep_run, f"a:l:{code_of(run['user_id'])}:{number}")],
    ]
    await rewrite(update, texts.ask_end_run(run["title"], run["name"]), buttons)


@dataclass(frozen=True, slots=True)
class Change:
    """Moves the tapped run to another state, and shows its page anew. A second tap changes nothing."""

    operation: str
    to: str
    arguments: Mapping[str, str]

    async def __call__(self, update: Update, context: Context) -> None:
        run, texts = await _tapped_run(context), context.words
        if run["status"] != self.to:
            try:
                await context.call(self.operation, enrollment_id=run["enrollment_id"], **self.arguments)
            except Conflict:
                await acknowledge(update, texts.run_had_ended)
                return
            subject = str(run["enrollment_id"])
            await record_act(context, self.operation.replace("_", "."), subject, sequence=run["sequence"])
        page = await _page(context, run["user_id"], tapped_number(context, "page"))
        await rewrite(update, *page, toast=texts.run_changed[self.to])


PAUSE = Change("pause_enrollment", "paused", {"reason": "by_admin"})
RESUME = Change("resume_enrollment", "active", {})
END = Change("cancel_enrollment", "cancelled", {"reason": "by_admin"})


async def _tapped_run(context: Context) -> Row:
    run: Row = await context.call("describe_enrollment", enrollment_id=tapped_number(context, "run"))
    return run


async def _page(context: Context, user_id: str, number: int) -> tuple[str, Buttons]:
    listed = await context.call(
        "enrollments_of_user", user_id=user_id, page_size=PAGE_SIZE, skip=number * PAGE_SIZE
    )
    return _words(context.words, listed, number), _buttons(context, listed, number)


def _words(texts: English, listed: Row, number: int) -> str:
    lines = [
        f"{place}. {enrollment_line(texts, run, listed['timezone'])}"
        for place, run in enumerate(listed["enrollments"], number * PAGE_SIZE + 1)
    ]
    return "\n\n".join([texts.sequences_of(listed["name"]), *(lines or [texts.no_sequences_yet])])


def _buttons(context: Context, listed: Row, number: int) -> Buttons:
    texts, acting = context.words, list[Any]()
    if may(context.known, "admin"):
        acting = [
            _acting(texts, place, run, number)
            for place, run in enumerate(listed["enrollments"], number * PAGE_SIZE + 1)
            if run["status"] in ("active", "paused")
        ]
    has_more = listed["count"] > (number + 1) * PAGE_SIZE
    turning = turning_buttons(f"a:l:{code_of(listed['user_id'])}:{{}}", number, has_more=has_more)
    return [*acting, *turning, back_to(texts, listed["user_id"])]


def _acting(texts: English, place: int, run: Row, number: int) -> list[Any]:
    code = f"{run['enrollment_id']}:{number}"
    turn = (
        button(f"{place} {texts.pause_run_label}", f"a:p:{code}")
        if run["status"] == "active"
        else button(f"{place} {texts.resume_run_label}", f"a:c:{code}")
    )
    return [turn, button(f"{place} {texts.end_run_label}", f"a:q:{code}")]


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        person_tap(rf"^a:l:{USER}:(?P<page>\d{{1,3}})$", show),
        person_tap(f"^a:p:{RUN}$", PAUSE, "admin"),
        person_tap(f"^a:c:{RUN}$", RESUME, "admin"),
        person_tap(f"^a:q:{RUN}$", ask_end, "admin"),
        person_tap(f"^a:e:{RUN}$", END, "admin"),
    ]
