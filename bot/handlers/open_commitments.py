"""/list and /done: what is open, done or let go with a tap, and taken back with another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Buttons, Context, acknowledge, button, reply, rewrite
from bot.handlers.commands import command, tap
from bot.handlers.commitments import chosen, due_of, local_now
from bot.texts import English
from storage.store import NotFound

MOST_SHOWN = 10
WIDEST_LABEL = 40

Commitment = dict[str, Any]


async def list_open(update: Update, context: Context) -> None:
    await reply(update, *await _page(update, context))


async def done(update: Update, context: Context) -> None:
    """The only open one at once; of several, a choice."""
    open_ones = await _open(update, context)
    if len(open_ones) == 1:
        await _complete(update, context, open_ones[0]["id"])
        return
    labels = [[button(_short(each["text"]), f"c:done:{each['id']}")] for each in open_ones[:MOST_SHOWN]]
    texts = context.words
    await reply(update, texts.which_is_done if open_ones else texts.nothing_is_open, labels)


def _short(text: str) -> str:
    return text if len(text) <= WIDEST_LABEL else text[: WIDEST_LABEL - 1].rstrip() + "…"


async def tap_done(update: Update, context: Context) -> None:
    """`c:done:ID`."""
    await _complete(update, context, chosen(context))


async def _complete(update: Update, context: Context, id_: int) -> None:
    texts = context.words
    answer = await _change(update, context, "complete_commitment", id_)
    if answer is not None:
        await _say(update, context, texts.commitment_done(answer["text"], answer["streak"]["days"]), id_)


async def drop(update: Update, context: Context) -> None:
    """`c:drop:ID`."""
    answer = await _change(update, context, "drop_commitment", chosen(context))
    if answer is not None:
        await _say(update, context, context.words.commitment_dropped(answer["text"]), answer["id"])


async def undo(update: Update, context: Context) -> None:
    """`c:undo:ID`."""
    answer = await _change(update, context, "reopen_commitment", chosen(context))
    if answer is not None:
        text, buttons = await _page(update, context)
        await rewrite(update, f"{context.words.commitment_reopened(answer['text'])}\n\n{text}", buttons)


async def _change(update: Update, context: Context, operation: str, id_: int) -> Commitment | None:
    """None, and the tap is answered, where there was nothing to change any more."""
    person = await context.person(update)
    try:
        answer: Commitment = await context.call(operation, user_id=person.user_id, commitment_id=id_)
    except NotFound:
        answer = {"is_news": False}
    if not answer["is_news"]:
        await acknowledge(update, context.words.already_noted)
        return None
    return answer


async def _say(update: Update, context: Context, said: str, id_: int) -> None:
    """What happened, and below it what is still open."""
    open_ones, texts = await _open(update, context), context.words
    rest, buttons = await _page(update, context) if open_ones else (texts.nothing_is_open_any_more, [])
    await rewrite(update, f"{said}\n\n{rest}", [[button(texts.take_back_label, f"c:undo:{id_}")], *buttons])


async def _page(update: Update, context: Context) -> tuple[str, Buttons]:
    open_ones, texts = await _open(update, context), context.words
    if not open_ones:
        return texts.nothing_is_open, []
    now = await local_now(update, context)
    lines = [_line(texts, number, each, now) for number, each in enumerate(open_ones[:MOST_SHOWN], 1)]
    buttons = [_buttons(texts, number, each) for number, each in enumerate(open_ones[:MOST_SHOWN], 1)]
    return texts.open_commitments(lines, max(0, len(open_ones) - MOST_SHOWN)), buttons


def _line(texts: English, number: int, commitment: Commitment, now: datetime) -> str:
    due = due_of(commitment, str(now.tzinfo))
    return texts.open_commitment(number, commitment["text"], due, now.date())


def _buttons(texts: English, number: int, commitment: Commitment) -> list[Any]:
    id_ = commitment["id"]
    return [
        button(texts.done_number(number), f"c:done:{id_}"),
        button(texts.drop_number(number), f"c:drop:{id_}"),
    ]


async def _open(update: Update, context: Context) -> list[Commitment]:
    person = await context.person(update)
    rows: list[Commitment] = await context.call("list_commitments", user_id=person.user_id)
    return rows


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        command("list", list_open),
        command("done", done),
        tap(r"^c:done:(?P<id>\d{1,18})$", tap_done),
        tap(r"^c:drop:(?P<id>\d{1,18})$", drop),
        tap(r"^c:undo:(?P<id>\d{1,18})$", undo),
    ]
