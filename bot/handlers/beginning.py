"""The first conversation: one question at a time, each can be skipped, and all of it can wait.

What is answered is kept as it comes, and the database knows which questions are open. So the conversation
goes on where it was, however long ago it was left.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from telegram import (
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram.ext import BaseHandler

from bot.addresses import CODE, WrongAddress, looks_like_an_address, read_address
from bot.context import Context, Understand, acknowledge, argument, button, reply, rewrite
from bot.handlers.commands import Answer, command, tap
from bot.handlers.email import request
from bot.handlers.unknown import typed_text
from bot.texts import English
from bot.zones import city_of, find_places, zone_at
from storage.store import Invalid

INTRODUCTION = "introduction"
RENAMING = "name"

Known = Mapping[str, Any]
Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove


# Beginning, going on and leaving


async def introduce(update: Update, context: Context) -> None:
    """From the button under the greeting. While a question waits, it is not asked again."""
    if not _is_waiting(context) and not await resume(update, context):
        person = await context.person(update)
        await reply(update, context.words.already_here(person.first_name))


async def resume(update: Update, context: Context, hello: str = "") -> bool:
    """Asks the first open question, after a greeting; says whether there is one."""
    known = await _known(update, context)
    if known["open"]:
        await _ask(update, context, known, hello)
    return bool(known["open"])


async def _ask(update: Update, context: Context, known: Known, hello: str = "") -> None:
    question = known["open"][0]
    await context.ask(INTRODUCTION, {"question": question})
    text, markup = _question(question, known, context.words)
    await _say(update, f"{hello}\n\n{text}" if hello else text, markup)


async def _go_on(update: Update, context: Context) -> None:
    known, texts = await _known(update, context), context.words
    if known["open"]:
        await _ask(update, context, known)
        return
    await _end_dialogue(context)
    time = texts.times[known["preferred_time"]]
    summary = texts.introduced(
        known["first_name"], known["timezone"], time, known["email"], known["is_email_confirmed"]
    )
    await reply(update, summary)


async def _leave(update: Update, context: Context) -> None:
    await _end_dialogue(context)
    texts = context.words
    if update.callback_query is None:
        await _say(update, texts.left_for_later, ReplyKeyboardRemove())
    else:
        await rewrite(update, texts.left_for_later, [[button(texts.go_on_label, "b:go=")]])


async def _end_dialogue(context: Context) -> None:
    """Ours: another question may have taken its place."""
    if _is_waiting(context):
        await context.answered()


def _is_waiting(context: Context) -> bool:
    return _waiting_question(context) is not None


def _waiting_question(context: Context) -> str | None:
    asked = context.asked(INTRODUCTION)
    return None if asked is None else asked["question"]


async def _known(update: Update, context: Context) -> Known:
    person = await context.person(update)
    known: Known = await context.call("describe_introduction", user_id=person.user_id)
    if context.shared.has_email:
        return known
    return {**known, "open": [question for question in known["open"] if question != "email"]}


# The questions


def _question(question: str, known: Known, texts: English) -> tuple[str, Markup]:
    otherwise = [button(texts.skip_label, f"b:skip={question}"), button(texts.later_label, "b:later=")]
    match question:
        case "name":
            name = known["first_name"]
            keep = [[button(name, "b:name=")]] if name else []
            return texts.ask_what_to_call(name), InlineKeyboardMarkup([*keep, otherwise])
        case "zone":
            return texts.ask_where_you_live, _location_keys(texts)
        case "time":
            times = [button(label, f"b:time={time}") for time, label in texts.times.items()]
            return texts.ask_time_of_day, InlineKeyboardMarkup([times, otherwise])
        case _:
            return texts.ask_for_email(known["email"]), InlineKeyboardMarkup([otherwise])


def _location_keys(texts: English) -> ReplyKeyboardMarkup:
    """Only keys below the chat can share a location."""
    return ReplyKeyboardMarkup(
        [
            [KeyboardButton(texts.share_location_label, request_location=True)],
            [KeyboardButton(texts.skip_label), KeyboardButton(texts.later_label)],
        ],
        resize_keyboard=True,
        one_time_keyboard=True,
        input_field_placeholder=texts.city_hint,
    )


# The answers, sent or tapped


async def understand(update: Update, context: Context, state: Mapping[str, Any]) -> bool:
    typed, texts, question = typed_text(update), context.words, state["question"]
    if typed.casefold() == texts.later_label.casefold():
        await _leave(update, context)
    elif typed.casefold() == texts.skip_label.casefold():
        await _skip(update, context, question)
    else:
        return await _READERS[question](update, context, typed)
    return True


async def choose(update: Update, context: Context) -> None:
    """`b:QUESTION=ANSWER`, `b:skip=QUESTION`, `b:later=`, `b:go=`."""
    if context.match is None:
        return
    what, answer = context.match["what"], context.match["answer"]
    still_open = (await _known(update, context))["open"]
    question = answer if what == "skip" else what
    if question not in (*still_open, *(("later", "go") if still_open else ())):
        await acknowledge(update, context.words.already_noted)
        if _waiting_question(context) == question:  # a crash came between its answer and the next question
            await _go_on(update, context)
    else:
        await _CHOICES[what](update, context, answer)


async def _go(update: Update, context: Context, _: str) -> None:
    await acknowledge(update)
    await introduce(update, context)


async def _later(update: Update, context: Context, _: str) -> None:
    await _leave(update, context)


async def _skip(update: Update, context: Context, question: str) -> None:
    await _answered(update, context, question, context.words.skipped, is_skipped=True)


async def _keep_name(update: Update, context: Context, _: str) -> None:
    person = await context.person(update)
    await _answered(update, context, "name", context.words.will_call_you(person.first_name))


async def _read_name(update: Update, context: Context, typed: str) -> bool:
    if not typed:
        return False
    name = await _call_them(update, context, typed)
    if name is not None:
        await _answered(update, context, "name", context.words.will_call_you(name))
    return True


async def _read_place(update: Update, context: Context, typed: str) -> bool:
    """A city that there is more than once is asked about; where they are on the map needs no question."""
    location = update.effective_message.location if update.effective_message else None
    if location is not None:
        zone = zone_at(location.latitude, location.longitude)
        await _live_in(update, context, zone, city_of(zone))
        return True
    places = find_places(typed)
    if len(places) == 1:
        await _live_in(update, context, places[0].zone, places[0].city)
    elif places:
        await context.ask(
            INTRODUCTION, {"question": "zone", "places": {each.zone: each.city for each in places}}
        )
        choices = [[button(each.label, f"b:zone={each.zone}")] for each in places]
        await reply(update, context.words.which_place(typed), choices)
    else:
        await reply(update, context.words.no_such_place(typed))
    return True


async def _choose_zone(update: Update, context: Context, zone: str) -> None:
    dialogue = context.known.dialogue if context.known else None
    places = dialogue.state.get("places", {}) if dialogue else {}
    await _live_in(update, context, zone, places.get(zone) or city_of(zone))


async def _live_in(update: Update, context: Context, zone: str, place: str) -> None:
    await _prefer(update, context, timezone=zone)
    now = datetime.fromisoformat(await context.call("clock")).astimezone(ZoneInfo(zone))
    await _answered(update, context, "zone", context.words.time_where_you_live(place, f"{now:%H:%M}"))


async def _read_time(update: Update, context: Context, typed: str) -> bool:
    times = context.words.times.items()
    chosen = next((time for time, label in times if typed.casefold() in (time, label.casefold())), None)
    if chosen is not None:
        await _choose_time(update, context, chosen)
    elif not typed or _is_for_email(typed):
        return False
    else:
        labels = [button(label, f"b:time={time}") for time, label in times]
        await reply(update, context.words.time_of_day_not_understood, [labels])
    return True


async def _choose_time(update: Update, context: Context, time: str) -> None:
    await _prefer(update, context, preferred_time=time)
    await _answered(update, context, "time", context.words.will_write_then(context.words.times[time]))


async def _read_email(update: Update, context: Context, typed: str) -> bool:
    """A code is none: it confirms the address that was given before."""
    if not typed or _is_code(typed):
        return False
    texts = context.words
    try:
        address = read_address(typed)
    except WrongAddress as wrong:
        await reply(update, texts.email_is_wrong(typed, texts.email_problems[wrong.problem]))
        return True
    if await request(update, context, address) in ("code_sent", "too_soon", "already_verified"):
        await _answered(update, context, "email")
    return True


def _is_code(typed: str) -> bool:
    return bool(CODE.fullmatch(typed.replace(" ", "").replace("-", "")))


def _is_for_email(typed: str) -> bool:
    return _is_code(typed) or looks_like_an_address(typed)


async def _answered(
    update: Update, context: Context, question: str, told: str | None = None, *, is_skipped: bool = False
) -> None:
    """Keeps that a question was answered, says what became of it, and goes on."""
    person = await context.person(update)
    await context.record(
        update,
        "introduction_answered",
        {"question": question, "skipped": is_skipped},
        event_id=f"introduction:{person.user_id}:{question}",
    )
    if told is not None and update.callback_query is not None and question != "zone":
        await rewrite(update, told)
    elif told is not None:  # a message, for with it the keys below the chat go
        await acknowledge(update)
        await _say(update, told, ReplyKeyboardRemove())
    await _go_on(update, context)


async def _prefer(update: Update, context: Context, **changes: Any) -> None:
    person = await context.person(update)
    await context.call("set_preferences", user_id=person.user_id, changes=changes)


# /name


async def rename(update: Update, context: Context) -> None:
    name = argument(context)
    if name:
        await _rename(update, context, name)
    else:
        await context.ask(RENAMING)
        await reply(update, context.words.ask_for_name)


async def understand_name(update: Update, context: Context, _: Mapping[str, Any]) -> bool:
    typed = typed_text(update)
    if typed and await _rename(update, context, typed):
        await context.answered()
    return bool(typed)


async def _rename(update: Update, context: Context, typed: str) -> bool:
    name = await _call_them(update, context, typed)
    if name is not None:
        await reply(update, context.words.renamed(name))
    return name is not None


async def _call_them(update: Update, context: Context, typed: str) -> str | None:
    """The name as it was kept; None when it is none."""
    person = await context.person(update)
    try:
        kept: Mapping[str, str] = await context.call("choose_name", user_id=person.user_id, name=typed)
    except Invalid:
        await reply(update, context.words.name_is_too_long)
        return None
    return kept["first_name"]


async def _say(update: Update, text: str, markup: Markup) -> None:
    message = update.effective_message
    if message is not None:
        await message.reply_html(
            text, reply_markup=markup, link_preview_options=LinkPreviewOptions(is_disabled=True)
        )


_READERS = {"name": _read_name, "zone": _read_place, "time": _read_time, "email": _read_email}
_CHOICES = {
    "name": _keep_name,
    "zone": _choose_zone,
    "time": _choose_time,
    "skip": _skip,
    "later": _later,
    "go": _go,
}


def answers() -> Mapping[str, Understand]:
    return {INTRODUCTION: understand, RENAMING: understand_name}


def follow_ups() -> Mapping[str, Answer]:
    return {"introduction_begun": introduce}


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        command("name", rename),
        tap(r"^b:(?P<what>name|zone|time|skip|later|go)=(?P<answer>.*)$", choose),
    ]
