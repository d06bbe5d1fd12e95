"""/profile: how somebody learns, as their behavior tells, and buttons to say otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from telegram import InlineKeyboardButton, Update
from telegram.ext import BaseHandler

from bot.context import Buttons, Context, acknowledge, button, reply, rewrite
from bot.handlers.commands import command, tap
from bot.handlers.settings.screens import back
from bot.texts import English
from storage.store import Invalid

Field = Mapping[str, Any]
IN_A_ROW = 2


async def profile(update: Update, context: Context) -> None:
    await reply(update, *overview(context.words, await _read(update, context)))


async def show(update: Update, context: Context) -> None:
    """`lp:show`."""
    await rewrite(update, *overview(context.words, await _read(update, context)))


async def ask(update: Update, context: Context) -> None:
    """`lp:ask:FIELD`."""
    if context.match is not None and (field := _named(await _read(update, context), context.match["field"])):
        await rewrite(update, *choices(context.words, field))


async def choose(update: Update, context: Context) -> None:
    """`lp:set:FIELD=VALUE`, an empty value meaning that we are to work it out."""
    if context.match is None:
        return
    name, value = context.match["field"], context.match["value"]
    field = _named(await _read(update, context), name)
    if field is None:
        return
    person, texts = await context.person(update), context.words
    try:
        changed = await context.call(
            "set_profile", reference=person.user_id, chosen={name: _after_tapping(field, value)}
        )
    except Invalid:  # a button of long ago, for a value that is none any more
        await acknowledge(update, texts.no_longer_works)
        return
    after = _named(changed["fields"], name)
    screen = (
        choices(texts, after) if after and field["is_list"] and value else overview(texts, changed["fields"])
    )
    await rewrite(update, *screen, texts.saved)


def overview(texts: English, fields: Sequence[Field]) -> tuple[str, Buttons]:
    lines = [texts.learning_title, *(_line(texts, field) for field in fields), "", texts.learning_hint]
    buttons = [button(texts.learning_fields[each["name"]], f"lp:ask:{each['name']}") for each in fields]
    return "\n".join(lines), [*_rows(buttons), back(texts)]


def choices(texts: English, field: Field) -> tuple[str, Buttons]:
    chosen = _values(field) if field["source"] == "chosen" else []
    buttons = [
        button(
            f"{'✓ ' if value in chosen else ''}{texts.learning_values[value]}",
            f"lp:set:{field['name']}={value}",
        )
        for value in field["values"]
    ]
    leave = button(texts.take_my_guess_label, f"lp:set:{field['name']}=")
    return texts.ask_learning[field["name"]], [
        *_rows(buttons),
        [leave],
        [button(texts.back_label, "lp:show")],
    ]


def _rows(buttons: list[InlineKeyboardButton]) -> Buttons:
    return [buttons[place : place + IN_A_ROW] for place in range(0, len(buttons), IN_A_ROW)]


def _line(texts: English, field: Field) -> str:
    said = texts.learning_list([texts.learning_values[value] for value in _values(field)])
    percent = round(field["confidence"] * 100) if field["source"] == "inferred" else None
    return texts.learning_line(texts.learning_fields[field["name"]], said or texts.not_known_yet, percent)


def _values(field: Field) -> list[str]:
    value = field["value"]
    return value if isinstance(value, list) else [value] if value else []


def _after_tapping(field: Field, value: str) -> str | list[str] | None:
    """In a list a tap adds a value or takes it out; the last one taken out is no choice."""
    if not field["is_list"] or not value:
        return value or None
    chosen = _values(field) if field["source"] == "chosen" else []
    return [each for each in field["values"] if (each in chosen) is not (each == value)] or None


def _named(fields: Sequence[Field], name: str) -> Field | None:
    return next((field for field in fields if field["name"] == name), None)


async def _read(update: Update, context: Context) -> list[Field]:
    person = await context.person(update)
    return list((await context.call("get_profile", reference=person.user_id))["fields"])


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        command("profile", profile),
        tap(r"^lp:show$", show),
        tap(r"^lp:ask:(?P<field>\w+)$", ask),
        tap(r"^lp:set:(?P<field>\w+)=(?P<value>\w*)$", choose),
    ]
