"""/trigger USER SEQUENCE, typed or tapped: somebody begins a sequence because an admin wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, record_act
from bot.admin.people import USER, code_of, name_of, person_tap, tapped, tapped_number
from bot.admin.profile import back_to
from bot.admin.users import suggest, turning_buttons
from bot.context import Buttons, Context, acknowledge, button, reply, rewrite
from storage.store import Invalid, NotFound

Row = Mapping[str, Any]
PAGE_SIZE = 8


async def trigger(update: Update, context: Context) -> None:
    words = list(context.args or ())
    if not words:
        await reply(update, context.words.how_to_trigger)
    elif len(words) == 1:
        await choose_for(update, context, words[0])
    else:
        await trigger_typed(update, context, " ".join(words[:-1]), words[-1])


async def choose_for(update: Update, context: Context, typed: str) -> None:
    person = await _exactly(update, context, typed)
    if person is not None:
        await reply(update, *await _choices(context, person, 0))


async def trigger_typed(update: Update, context: Context, typed: str, wanted: str) -> None:
    person = await _exactly(update, context, typed)
    if person is None:
        return
    sequences = await context.call("list_triggerable")
    sequence = next((each for each in sequences if each["name"] == wanted.lower()), None)
    if sequence is None:
        nearest = get_close_matches(wanted.lower(), [each["name"] for each in sequences], 3, 0.5)
        _, buttons = await _choices(context, person, 0)
        await reply(update, context.words.unknown_sequence(wanted, nearest), buttons)
    else:
        await reply(update, *await _begin(context, person, sequence))


async def choose(update: Update, context: Context) -> None:
    """`a:t:USER:PAGE`."""
    person = await context.call("find_user", reference=tapped(context))
    await rewrite(update, *await _choices(context, person, tapped_number(context, "page")))


async def trigger_tapped(update: Update, context: Context) -> None:
    """`a:s:USER:VERSION`, of a sequence that may have a newer version since."""
    person = await context.call("find_user", reference=tapped(context))
    version = tapped_number(context, "version")
    sequences = await context.call("list_triggerable")
    sequence = next((each for each in sequences if each["version_id"] == version), None)
    if sequence is None:
        await acknowledge(update, context.words.no_longer_works)
        await reply(update, *await _choices(context, person, 0))
    else:
        await rewrite(update, *await _begin(context, person, sequence))


async def _exactly(update: Update, context: Context, typed: str) -> Row | None:
    """Whoever is exactly this: to begin something for somebody else would be worse than to ask."""
    try:
        person: Row = await context.call("find_user", reference=typed)
    except NotFound:
        await suggest(update, context, typed)
        return None
    return person


async def _begin(context: Context, person: Row, sequence: Row) -> tuple[str, Buttons]:
    texts, name = context.words, name_of(person)
    buttons = [back_to(texts, person["id"])]
    try:
        run = await context.call("enroll", user_id=person["id"], sequence=sequence["name"], source="admin")
    except Invalid as problem:
        return texts.cannot_trigger(sequence["title"], problem.message), buttons
    if run["status"] == "cancelled":
        return texts.trigger_declined(sequence["title"], name), buttons
    if not run["created"]:
        return texts.triggered_before(sequence["title"], name), buttons
    await record_act(
        context, "nurture.trigger", str(run["enrollment_id"]), sequence=sequence["name"], user=person["id"]
    )
    return texts.triggered(sequence["title"], name), buttons


async def _choices(context: Context, person: Row, page: int) -> tuple[str, Buttons]:
    texts, code = context.words, code_of(person["id"])
    sequences: Sequence[Row] = await context.call("list_triggerable")
    first = page * PAGE_SIZE
    rows = [
        [button(each["title"][:60], f"a:s:{code}:{each['version_id']}")]
        for each in sequences[first : first + PAGE_SIZE]
    ]
    turning = turning_buttons(f"a:t:{code}:{{}}", page, has_more=len(sequences) > first + PAGE_SIZE)
    text = texts.ask_sequence(name_of(person)) if rows else texts.no_sequence_to_trigger
    return text, [*rows, *turning, back_to(texts, person["id"])]


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("trigger", trigger, "admin"),
        person_tap(rf"^a:t:{USER}:(?P<page>\d{{1,3}})$", choose, "admin"),
        person_tap(rf"^a:s:{USER}:(?P<version>\d{{1,18}})$", trigger_tapped, "admin"),
    ]
