"""/attended: who came to a meeting, by tapping names or by typing them; nothing is kept before Done."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, admin_tap, may, record_act
from bot.context import Buttons, Context, Understand, acknowledge, argument, button, reply, rewrite
from bot.handlers.unknown import typed_text
from bot.texts import English
from events.meetings import Meeting, Participant
from storage.store import Conflict

QUESTION = "attended"
LOOKS_BACK = timedelta(days=14)
BEGINS_SOON = timedelta(hours=1)
MOST_MEETINGS = 10
MOST_PEOPLE = 80  # Telegram shows a hundred buttons; whoever is further down is typed


async def attended(update: Update, context: Context) -> None:
    meetings, names = await _latest_meetings(context), read_names(argument(context))
    if not names:
        await _offer(update, context, meetings)
        return
    described = [await _meeting(context, each.event_id) for each in meetings[:MOST_MEETINGS]]
    for meeting in described:
        called = people_called(meeting.people, names)
        if called is not None:
            await _open(update, context, meeting, called | _recorded(meeting))
            return
    people = [each for meeting in described for each in meeting.people]
    strangers = [name for name in names if not people_called(people, [name])]
    await reply(
        update, context.words.nobody_is_called(strangers or names), _meeting_buttons(context.words, meetings)
    )


async def of_pod(update: Update, context: Context) -> None:
    """`m:of:POD`."""
    if context.match is not None:
        await acknowledge(update)
        await _offer(update, context, await _latest_meetings(context, pod_id=int(context.match["pod"])))


async def mark(update: Update, context: Context) -> None:
    """`m:mark:MEETING`."""
    if context.match is not None:
        meeting = await _meeting(context, int(context.match["meeting"]))
        await _open(update, context, meeting, _recorded(meeting))


async def toggle(update: Update, context: Context) -> None:
    """`m:at:MEETING:USER`."""
    came = _being_marked(context)
    if came is None or context.match is None:
        await acknowledge(update, context.words.no_longer_works)
        return
    meeting = await _meeting(context, int(context.match["meeting"]))
    await _open(update, context, meeting, came ^ {str(UUID(context.match["user"]))})


async def save(update: Update, context: Context) -> None:
    """`m:saved:MEETING`."""
    came, texts = _being_marked(context), context.words
    if came is None or context.match is None or context.known is None:
        await acknowledge(update, texts.already_saved)
        return
    meeting = await _meeting(context, int(context.match["meeting"]))
    actor = f"telegram:{context.known.telegram_id}"
    try:
        saved = await context.call(
            "record_who_came", event_id=meeting.event_id, came=sorted(came), recorded_by=actor
        )
    except Conflict:
        await acknowledge(update, texts.meeting_has_not_begun)
        return
    await record_act(context, "events.attendance", str(meeting.event_id), came=saved["came"])
    await context.answered()
    await rewrite(update, texts.attendance_saved(meeting.title, saved["came"], saved["missed"]))


async def understand(update: Update, context: Context, state: Mapping[str, Any]) -> bool:
    """Names that are sent while a meeting is being marked are ticked."""
    if not may(context.known, "admin"):
        return False
    meeting = await _meeting(context, state["meeting"])
    called = people_called(meeting.people, read_names(typed_text(update)))
    if called:
        await _open(update, context, meeting, called | set(state["came"]))
    return bool(called)


def read_names(typed: str) -> list[str]:
    """`Ada Bo` and `Ada Lovelace, Bo`: with a comma, a name may have several words."""
    return [name.strip() for name in re.split(r"[,\n]" if "," in typed else r"\s+", typed) if name.strip()]


def people_called(people: Sequence[Participant], names: Iterable[str]) -> set[str] | None:
    """The ids of those who have these names; None when somebody is not among them."""
    called = [{each.user_id for each in people if each.answers_to(name)} for name in names]
    return set().union(*called) if all(called) else None


async def _open(update: Update, context: Context, meeting: Meeting, came: set[str]) -> None:
    await context.ask(QUESTION, {"meeting": meeting.event_id, "came": sorted(came)})
    texts = context.words
    if meeting.people:
        more = len(meeting.people) - MOST_PEOPLE
        told = f"\n\n{texts.people_without_a_button(more)}" if more > 0 else ""
        await rewrite(update, texts.who_came(meeting) + told, _people_buttons(texts, meeting, came))
    else:
        await rewrite(update, texts.nobody_to_mark)


def _people_buttons(texts: English, meeting: Meeting, came: set[str]) -> Buttons:
    people = [
        button(
            texts.person_label(each.name, came=each.user_id in came),
            f"m:at:{meeting.event_id}:{UUID(each.user_id).hex}",
        )
        for each in meeting.people[:MOST_PEOPLE]
    ]
    rows = [people[start : start + 2] for start in range(0, len(people), 2)]
    return [*rows, [button(texts.done_label, f"m:saved:{meeting.event_id}")]]


def _being_marked(context: Context) -> set[str] | None:
    """Who was ticked so far at the meeting of the button; None when another question was asked since."""
    asked = context.asked(QUESTION)
    if asked is None or context.match is None:
        return None
    is_same = asked["meeting"] == int(context.match["meeting"])
    return set(asked["came"]) if is_same else None


def _recorded(meeting: Meeting) -> set[str]:
    return {each.user_id for each in meeting.people if each.attended}


async def _offer(update: Update, context: Context, meetings: Sequence[Meeting]) -> None:
    texts = context.words
    words = texts.which_meeting if meetings else texts.no_meetings_to_mark
    await reply(update, words, _meeting_buttons(texts, meetings))


def _meeting_buttons(texts: English, meetings: Sequence[Meeting]) -> Buttons:
    return [
        [button(texts.meeting_label(each), f"m:mark:{each.event_id}")] for each in meetings[:MOST_MEETINGS]
    ]


async def _latest_meetings(context: Context, **of: Any) -> list[Meeting]:
    """The latest first, and those that begin within the hour."""
    now = datetime.fromisoformat(await context.call("clock"))
    found = await context.call(
        "list_events", since=now - LOOKS_BACK, until=now + BEGINS_SOON, limit_to=1000, **of
    )
    return [Meeting.from_json(each) for each in reversed(found)]


async def _meeting(context: Context, event_id: int) -> Meeting:
    return Meeting.from_json(await context.call("describe_event", event_id=event_id))


def answers() -> Mapping[str, Understand]:
    return {QUESTION: understand}


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("attended", attended, "admin"),
        admin_tap(r"^m:of:(?P<pod>\d{1,18})$", of_pod, "admin"),
        admin_tap(r"^m:mark:(?P<meeting>\d{1,18})$", mark, "admin"),
        admin_tap(r"^m:at:(?P<meeting>\d{1,18}):(?P<user>[0-9a-f]{32})$", toggle, "admin"),
        admin_tap(r"^m:saved:(?P<meeting>\d{1,18})$", save, "admin"),
    ]
