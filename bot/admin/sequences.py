"""/sequences: each with its figures, a button to hold it or let it go on, and one to its steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from telegram import InlineKeyboardButton, Update
from telegram.constants import MessageLimit
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, admin_tap, may, record_act
from bot.admin.people import tapped_number
from bot.admin.users import turning_buttons
from bot.context import Buttons, Context, acknowledge, argument, button, reply, rewrite
from storage.store import NotFound

Row = Mapping[str, Any]
PAGE_SIZE = 6
ONE = r"(?P<version>\d{1,18}):(?P<page>\d{1,3})"


async def sequences(update: Update, context: Context) -> None:
    typed = argument(context).strip()
    if not typed:
        await reply(update, *await _page(context, 0))
        return
    listed = await context.call("sequence_overview")
    found = named(listed, typed)
    if found is None:
        await reply(update, context.words.no_such_sequence(typed, nearest(listed, typed)))
    else:
        await reply(update, *await _story(context, found["version_id"], 0))


def named(listed: Sequence[Row], typed: str) -> Row | None:
    """By name or by title."""
    meant = typed.casefold()
    return next((each for each in listed if meant in (each["name"], each["title"].casefold())), None)


def nearest(listed: Sequence[Row], typed: str) -> list[str]:
    return get_close_matches(typed.lower(), [each["name"] for each in listed], 3, 0.5)


async def turn(update: Update, context: Context) -> None:
    """`o:l:PAGE`."""
    await rewrite(update, *await _page(context, tapped_number(context, "page")))


async def show(update: Update, context: Context) -> None:
    """`o:s:VERSION:PAGE`."""
    try:
        story = await _story(context, tapped_number(context, "version"), tapped_number(context, "page"))
    except NotFound:
        await acknowledge(update, context.words.no_longer_works)
        return
    await rewrite(update, *story)


@dataclass(frozen=True, slots=True)
class Change:
    """Holds the tapped sequence or lets it go on, and shows where it was tapped anew."""

    operation: str
    from_list: bool

    async def __call__(self, update: Update, context: Context) -> None:
        version, page = tapped_number(context, "version"), tapped_number(context, "page")
        try:
            sequence = await context.call("describe_sequence", reference=str(version))
        except NotFound:
            await acknowledge(update, context.words.no_longer_works)
            return
        toast = await changed(context, self.operation, sequence)
        shown = await (_page(context, page) if self.from_list else _story(context, version, page))
        await rewrite(update, *shown, toast=toast)


async def changed(context: Context, operation: str, sequence: Row) -> str:
    """Calls it, and says what came of it, in a line without markup."""
    answer = await context.call(operation, sequence=sequence["name"])
    if answer["changed"]:
        await record_act(context, operation.replace("_", "."), sequence["name"])
    return context.words.switched(sequence["title"], operation == "pause_sequence", answer["messages"])


async def _page(context: Context, page: int) -> tuple[str, Buttons]:
    texts, listed = context.words, await context.call("sequence_overview")
    first = page * PAGE_SIZE
    shown = list(enumerate(listed[first : first + PAGE_SIZE], first + 1))
    lines = [texts.sequence_line(place, each) for place, each in shown]
    text = "\n".join([texts.sequences_title, "", *lines]) if lines else texts.no_sequences
    turning = turning_buttons("o:l:{}", page, has_more=len(listed) > first + PAGE_SIZE)
    return text, [*(_line_buttons(context, place, each, page) for place, each in shown), *turning]


def _line_buttons(context: Context, place: int, sequence: Row, page: int) -> list[InlineKeyboardButton]:
    code = f"{sequence['version_id']}:{page}"
    look = button(f"{place} {sequence['title'][:40]}", f"o:s:{code}")
    if not may(context.known, "admin"):
        return [look]
    turn = ("▶️", f"o:lr:{code}") if sequence["paused_at"] else ("⏸", f"o:lp:{code}")
    return [look, button(f"{place} {turn[0]}", turn[1])]


async def _story(context: Context, version: int, page: int) -> tuple[str, Buttons]:
    texts = context.words
    sequence = await context.call("describe_sequence", reference=str(version))
    steps = [texts.step_line(step) for step in sequence["steps"]]
    lines = [texts.sequence_story(sequence), "", texts.steps_title, *steps]
    code = f"{sequence['version_id']}:{page}"
    switch = (
        button(texts.resume_it_label, f"o:sr:{code}")
        if sequence["paused_at"]
        else button(texts.pause_it_label, f"o:sp:{code}")
    )
    acting = [[switch]] if may(context.known, "admin") else []
    return fitting(lines), [*acting, [button(texts.all_sequences_label, f"o:l:{page}")]]


def fitting(lines: list[str]) -> str:
    """As many of the lines as a message has room for, counted in UTF-16; markup is on the safe side."""
    while len("\n".join(lines).encode("utf-16-le")) // 2 > MessageLimit.MAX_TEXT_LENGTH:
        lines = [*lines[:-2], "…"]
    return "\n".join(lines)


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("sequences", sequences),
        admin_tap(r"^o:l:(?P<page>\d{1,3})$", turn),
        admin_tap(f"^o:s:{ONE}$", show),
        admin_tap(f"^o:lp:{ONE}$", Change("pause_sequence", from_list=True), "admin"),
        admin_tap(f"^o:lr:{ONE}$", Change("resume_sequence", from_list=True), "admin"),
        admin_tap(f"^o:sp:{ONE}$", Change("pause_sequence", from_list=False), "admin"),
        admin_tap(f"^o:sr:{ONE}$", Change("resume_sequence", from_list=False), "admin"),
    ]
