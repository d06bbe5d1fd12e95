"""/commit: what somebody will do, and by when; how clear that is, and better words for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from telegram import Update
from telegram.ext import BaseHandler

from bot.addresses import CODE, looks_like_an_address
from bot.context import Buttons, Context, Understand, acknowledge, argument, button, reply, rewrite
from bot.handlers.commands import Answer, command, tap
from bot.texts import English
from engagement.commitments import MOST_CHARACTERS, Rating, as_json
from engagement.due_words import Due, find_due, read_due
from storage.store import Conflict, NotFound

WHAT, WHEN, BETTER = "commitment", "commitment_day", "better_commitment"
"""The questions that we ask."""
MOST_DAYS = 366
EVENING = time(20)


async def commit(update: Update, context: Context) -> None:
    text = argument(context)
    if text:
        await take(update, context, text)
    else:
        await context.ask(WHAT)
        await reply(update, context.words.ask_commitment)


async def ask_for_one(update: Update, context: Context) -> None:
    """A button said that they know what they will do. A second tap does not ask again."""
    if context.asked(WHAT) is None:
        await context.ask(WHAT)
        await reply(update, context.words.ask_commitment)


async def understand_what(update: Update, context: Context, state: Mapping[str, Any]) -> bool:
    text = _answer(update)
    if text is None:
        return False
    await take(update, context, text)
    return True


async def take(update: Update, context: Context, text: str) -> None:
    """Asks for a day where the words name none."""
    if len(text) > MOST_CHARACTERS:
        await context.ask(WHAT)
        await reply(update, context.words.commitment_is_too_long(len(text)))
        return
    now = await local_now(update, context)
    due = _ahead(find_due(text, now), now.date())
    if due is not None:
        await make(update, context, text, due)
        return
    token = str(update.update_id)
    await context.ask(WHEN, {"text": text, "token": token})
    await reply(update, context.words.ask_due(text), _days(context.words, now.date(), token))


async def understand_when(update: Update, context: Context, state: Mapping[str, Any]) -> bool:
    typed = _answer(update)
    if typed is None:
        return False
    now = await local_now(update, context)
    due = _ahead(read_due(typed, now), now.date())
    if due is None:
        await reply(update, context.words.due_not_understood)
    else:
        await make(update, context, state["text"], due, chose_day=True)
    return True


async def choose_when(update: Update, context: Context) -> None:
    """`c:day:DAYS:TOKEN`, the token of the question that is still waiting."""
    asked = context.asked(WHEN)
    if context.match is None or asked is None or asked.get("token") != context.match["token"]:
        await acknowledge(update, context.words.no_longer_works)
        return
    today = (await local_now(update, context)).date()
    due = Due(today + timedelta(days=int(context.match["days"])))
    await make(update, context, asked["text"], due, chose_day=True)


async def make(update: Update, context: Context, text: str, due: Due, *, chose_day: bool = False) -> None:
    person = await context.person(update)
    rating = await _rate(context, text, has_day=chose_day)
    made = await context.call(
        "create_commitment",
        user_id=person.user_id,
        text=text,
        due_day=due.day.isoformat(),
        due_time=due.at.isoformat() if due.at else None,
        rating=as_json(rating),
        request=f"telegram:{update.update_id}",
    )
    await _end_dialogue(context)
    today = (await local_now(update, context)).date()
    said = context.words.committed(text, due_of(made, person.timezone), today)
    await _say_with_rating(update, context, said, rating, made["id"])


async def _say_with_rating(update: Update, context: Context, said: str, rating: Rating, id_: int) -> None:
    texts = context.words
    choice = [button(texts.improve_label, f"c:improve:{id_}"), button(texts.keep_label, f"c:keep:{id_}")]
    await rewrite(update, f"{said}\n\n{texts.rating(rating)}", [] if rating.is_clear else [choice])


async def keep(update: Update, context: Context) -> None:
    """`c:keep:ID`: the buttons go, the words stay."""
    message = update.effective_message
    if message is not None:
        await rewrite(update, message.text_html, toast=context.words.kept_as_it_is)


async def improve(update: Update, context: Context) -> None:
    """`c:improve:ID`."""
    await acknowledge(update)
    await ask_again(update, context, chosen(context), context.words.ask_better)


async def shrink(update: Update, context: Context) -> None:
    """A button under the message of the day after: the same, but smaller, and on a new day."""
    person = await context.person(update)
    tracking_id = str(UUID(context.match["tracking"])) if context.match else None
    about = await context.call("commitment_of_message", user_id=person.user_id, tracking_id=tracking_id)
    if about is not None:
        await ask_again(update, context, about, context.words.ask_smaller)


async def ask_again(update: Update, context: Context, id_: int, question: Callable[[str], str]) -> None:
    person = await context.person(update)
    try:
        commitment = await context.call("get_commitment", user_id=person.user_id, commitment_id=id_)
    except NotFound:
        commitment = {"status": "done"}
    if commitment["status"] == "done":
        await reply(update, context.words.not_open_any_more)
        return
    await context.ask(BETTER, {"id": id_})
    await reply(update, question(commitment["text"]))


async def understand_better(update: Update, context: Context, state: Mapping[str, Any]) -> bool:
    text = _answer(update)
    if text is None:
        return False
    if len(text) > MOST_CHARACTERS:
        await reply(update, context.words.commitment_is_too_long(len(text)))
        return True
    now = await local_now(update, context)
    due = _ahead(find_due(text, now), now.date())
    rating = await _rate(context, text, has_day=True)
    changes: dict[str, Any] = {"text": text, "rating": as_json(rating)}
    if due is not None:
        changes |= {"due_day": due.day.isoformat(), "due_time": due.at.isoformat() if due.at else None}
    person = await context.person(update)
    try:
        changed = await context.call(
            "change_commitment", user_id=person.user_id, commitment_id=state["id"], **changes
        )
    except (Conflict, NotFound):
        await reply(update, context.words.not_open_any_more)
    else:
        said = context.words.changed_to(text, due_of(changed, person.timezone), now.date())
        await _say_with_rating(update, context, said, rating, changed["id"])
    await context.answered()
    return True


async def local_now(update: Update, context: Context) -> datetime:
    """The database's time, the only clock there is, where this person lives."""
    person = await context.person(update)
    now = datetime.fromisoformat(await context.call("clock"))
    return now.astimezone(ZoneInfo(person.timezone))


def due_of(commitment: Mapping[str, Any], zone: str) -> Due:
    """When it is asked about: late in the evening, "today" is after midnight.

    The time only where it is another than the evening, when whatever has none is asked about.
    """
    local = datetime.fromisoformat(commitment["due_at"]).astimezone(ZoneInfo(zone))
    return Due(local.date(), None if local.time() == EVENING else local.time())


def chosen(context: Context) -> int:
    """The number of the commitment that a button is about."""
    return int(context.match["id"]) if context.match else 0


async def _rate(context: Context, text: str, *, has_day: bool) -> Rating:
    locale = context.known.locale if context.known else None
    rating = await context.shared.rater.rate(text, locale)
    return rating.with_a_day() if has_day else rating


async def _end_dialogue(context: Context) -> None:
    """Ours: another question may have taken its place."""
    dialogue = context.known.dialogue if context.known else None
    if dialogue is not None and dialogue.name in (WHAT, WHEN):
        await context.answered()


def _answer(update: Update) -> str | None:
    """A code or an address is meant for something else, wherever it is typed."""
    message = update.effective_message
    typed = (message.text or "").strip() if message else ""
    if not typed or CODE.fullmatch(typed) or looks_like_an_address(typed):
        return None
    return typed


def _ahead(due: Due | None, today: date) -> Due | None:
    return due if due is not None and due.day <= today + timedelta(days=MOST_DAYS) else None


def _days(texts: English, today: date, token: str) -> Buttons:
    """The week ends on Sunday; where that is today or tomorrow, the next one is offered."""
    sunday = 6 - today.weekday()
    days = {"today": 0, "tomorrow": 1} | ({"week": sunday} if sunday > 1 else {"next_week": sunday + 7})
    return [[button(texts.due_labels[name], f"c:day:{count}:{token}") for name, count in days.items()]]


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        command("commit", commit),
        tap(r"^c:day:(?P<days>\d{1,2}):(?P<token>\d{1,20})$", choose_when),
        tap(r"^c:keep:\d{1,18}$", keep),
        tap(r"^c:improve:(?P<id>\d{1,18})$", improve),
    ]


def answers() -> Mapping[str, Understand]:
    return {WHAT: understand_what, WHEN: understand_when, BETTER: understand_better}


def follow_ups() -> Mapping[str, Answer]:
    chosen_anew = dict.fromkeys(("goal_set", "goal_changed", "goal_shrunk", "goal_swapped"), ask_for_one)
    return {"commitment_smaller": shrink, **chosen_anew}
