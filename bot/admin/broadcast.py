"""/broadcast: a message to many, written as it should look, looked at, and confirmed by a typed number.

What was written so far is a draft in the database, and the question that waits is a dialogue: a restart in
the middle goes on, and a button of a draft that has begun or is gone does nothing.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, admin_tap, may, record_act
from bot.admin.broadcast_audiences import AUDIENCES
from bot.admin.broadcast_content import preview, written_content
from bot.admin.broadcast_writing import LONGEST_SUBJECT, subject_of
from bot.admin.broadcasts import broadcast_tap, show_progress
from bot.admin.people import moment, tapped, tapped_number
from bot.context import Buttons, Context, Understand, acknowledge, button, reply, rewrite
from bot.handlers.unknown import old_button, typed_text
from engagement.due_words import read_due
from storage.store import Conflict, Invalid, NotFound

Row = Mapping[str, Any]
QUESTION = "broadcast"
USUAL_TIME = time(9)
"""For a day without a time."""


async def begin(update: Update, context: Context) -> None:
    texts = context.words
    choices = [[button(texts.audience_names[name], f"x:a:{name}")] for name in AUDIENCES]
    await reply(update, texts.ask_audience, choices)


async def choose_audience(update: Update, context: Context) -> None:
    """`x:a:AUDIENCE`."""
    name, texts = tapped(context, "audience"), context.words
    if name not in AUDIENCES:
        await old_button(update, context)
        return
    await context.ask(QUESTION, {"step": "text", "audience": name})
    question = texts.ask_broadcast_text(texts.audience_names[name])
    await rewrite(update, question, [[button(texts.discard_label, "x:no:0")]])


async def understand(update: Update, context: Context, state: Row) -> bool:
    if not may(context.known, "admin"):
        return False
    answers: Mapping[str, Callable[[Update, Context, Row], Awaitable[None]]] = {
        "text": take_text,
        "subject": take_subject,
        "when": take_moment,
        "count": take_count,
    }
    try:
        await answers[state["step"]](update, context, state)
    except (Conflict, NotFound):
        await context.answered()
        await reply(update, context.words.broadcast_is_gone)
    return True


# What it says


async def take_text(update: Update, context: Context, state: Row) -> None:
    content = await written_content(update, context)
    if content is None:
        return
    if "broadcast" in state:
        draft = await context.call("revise_broadcast", broadcast_id=state["broadcast"], content=content)
    else:
        draft = await context.call(
            "draft_broadcast",
            audience=state["audience"],
            filter=AUDIENCES[state["audience"]],
            content=content,
            created_by=(await context.person(update)).user_id,
        )
    await context.ask(QUESTION, {"step": "text", "broadcast": draft["id"]})
    await reply(update, preview(context, draft["content"]))
    await reply(update, *await _review(context, draft))


async def ask_subject(update: Update, context: Context, draft: Row) -> None:
    """`x:s:BROADCAST`."""
    await context.ask(QUESTION, {"step": "subject", "broadcast": draft["id"]})
    await acknowledge(update)
    await reply(update, context.words.ask_broadcast_subject)


async def take_subject(update: Update, context: Context, state: Row) -> None:
    typed = typed_text(update)
    if not typed or "\n" in typed or len(typed) > LONGEST_SUBJECT:
        await reply(update, context.words.subject_too_long(LONGEST_SUBJECT))
        return
    draft = await context.call("describe_broadcast", broadcast_id=state["broadcast"])
    content = {"default": {**draft["content"]["default"], "subject": subject_of(typed)}}
    draft = await context.call("revise_broadcast", broadcast_id=draft["id"], content=content)
    await context.ask(QUESTION, {"step": "text", "broadcast": draft["id"]})
    await reply(update, *await _review(context, draft))


async def mail_preview(update: Update, context: Context, draft: Row) -> None:
    """`x:m:BROADCAST`, once per tap: an update that is handled again mails nothing more."""
    person = await context.person(update)
    await context.call(
        "mail_broadcast_preview", broadcast_id=draft["id"], user_id=person.user_id, key=str(update.update_id)
    )
    await acknowledge(update, context.words.mail_preview_sent)


# Whom it reaches


async def review(update: Update, context: Context, draft: Row) -> None:
    """`x:g:BROADCAST`: on with a draft that was left."""
    await context.ask(QUESTION, {"step": "text", "broadcast": draft["id"]})
    await acknowledge(update)
    await reply(update, preview(context, draft["content"]))
    await reply(update, *await _review(context, draft))


async def _review(context: Context, draft: Row) -> tuple[str, Buttons]:
    texts, counts = context.words, await _count(context, draft)
    lines = [
        texts.broadcast_review(
            texts.audience_names.get(draft["audience"], draft["audience"]),
            _as_read(draft["content"]["default"]["subject"]),
        ),
        "",
        texts.recipients(counts["reachable"], counts["total"], _named(context, counts["channels"])),
    ]
    if counts["held"]:
        lines.append(texts.of_them_paused(counts["held"]))
    if counts["excluded"]:
        lines.append(texts.would_not_get_it)
        lines += [f"• {texts.reason_in_words(code)}: {count:,}" for code, count in counts["excluded"].items()]
    return "\n".join(lines), await _choices(context, draft["id"])


async def _count(context: Context, draft: Row) -> Row:
    counted: Row = await context.call("preview_audience", filter=draft["filter"], sample=0)
    return counted


async def _choices(context: Context, draft_id: int) -> Buttons:
    texts = context.words
    rows = [
        [button(texts.send_now_label, f"x:n:{draft_id}"), button(texts.send_later_label, f"x:t:{draft_id}")],
        [button(texts.subject_label, f"x:s:{draft_id}")],
        [button(texts.discard_label, f"x:no:{draft_id}")],
    ]
    if await _has_email(context):
        rows[1].append(button(texts.mail_preview_label, f"x:m:{draft_id}"))
    return rows


async def _has_email(context: Context) -> bool:
    if context.known is None or not context.shared.has_email:
        return False
    wishes = await context.call("get_preferences", user_id=context.known.user_id)
    return any(
        point["channel"] == "email" and point["state"] == "active" for point in wishes["contact_points"]
    )


def _named(context: Context, channels: Mapping[str, int]) -> Mapping[str, int]:
    return {context.words.contact_channel(name): count for name, count in channels.items()}


def _as_read(subject: str) -> str:
    return subject.replace("{{ '{' }}", "{")


# When, and how many


async def ask_when(update: Update, context: Context, draft: Row) -> None:
    """`x:t:BROADCAST`."""
    await context.ask(QUESTION, {"step": "when", "broadcast": draft["id"]})
    await acknowledge(update)
    await reply(update, context.words.ask_when_broadcast, _way_out(context, draft["id"]))


async def take_moment(update: Update, context: Context, state: Row) -> None:
    draft = await context.call("describe_broadcast", broadcast_id=state["broadcast"])
    zone = ZoneInfo((await context.person(update)).timezone)
    now = moment(draft["at"]).astimezone(zone)
    due = read_due(typed_text(update), now)
    starts_at = datetime.combine(due.day, due.at or USUAL_TIME, zone) if due else now
    if starts_at <= now:
        await reply(update, context.words.moment_not_understood, _way_out(context, draft["id"]))
    else:
        await _ask_count(update, context, draft, starts_at)


async def now(update: Update, context: Context, draft: Row) -> None:
    """`x:n:BROADCAST`."""
    await acknowledge(update)
    await _ask_count(update, context, draft, None)


async def _ask_count(update: Update, context: Context, draft: Row, starts_at: datetime | None) -> None:
    count = (await _count(context, draft))["reachable"]
    if count == 0:
        await reply(update, context.words.nobody_would_get_it, _way_out(context, draft["id"]))
        return
    state = {
        "step": "count",
        "broadcast": draft["id"],
        "count": count,
        "starts_at": starts_at.isoformat() if starts_at else None,
    }
    await context.ask(QUESTION, state)
    await reply(update, context.words.ask_recipient_count(count, starts_at), _way_out(context, draft["id"]))


async def take_count(update: Update, context: Context, state: Row) -> None:
    """Only the very number starts it, and only while it still holds."""
    draft = await context.call("describe_broadcast", broadcast_id=state["broadcast"])
    texts, way_out = context.words, _way_out(context, draft["id"])
    if re.sub(r"[\s.,'’]", "", typed_text(update)) != str(state["count"]):
        await reply(update, texts.not_the_count(state["count"]), way_out)
        return
    count = (await _count(context, draft))["reachable"]
    if count != state["count"] and draft["status"] == "draft":
        await context.ask(QUESTION, {**state, "count": count})
        await reply(update, texts.count_has_changed(count), way_out)
        return
    await _start(update, context, state)


async def _start(update: Update, context: Context, state: Row) -> None:
    try:
        begun = await context.call(
            "start_broadcast", broadcast_id=state["broadcast"], starts_at=state["starts_at"]
        )
    except Invalid:
        await context.ask(QUESTION, {"step": "when", "broadcast": state["broadcast"]})
        await reply(update, context.words.moment_not_understood, _way_out(context, state["broadcast"]))
        return
    except Conflict:
        begun = await context.call("describe_broadcast", broadcast_id=state["broadcast"])
    else:
        await record_act(context, "broadcast.start", str(begun["id"]), recipients=state["count"])
    await context.answered()
    await show_progress(update, context, begun)


def _way_out(context: Context, draft_id: int) -> Buttons:
    texts = context.words
    return [[button(texts.back_label, f"x:g:{draft_id}"), button(texts.discard_label, f"x:no:{draft_id}")]]


async def discard(update: Update, context: Context) -> None:
    """`x:no:BROADCAST`; 0 is the one that is being written, if there is a draft yet. What has begun stays."""
    asked = context.asked(QUESTION)
    writing = None if asked is None else asked.get("broadcast", 0)
    draft_id = tapped_number(context, "broadcast") or writing or 0
    if draft_id and not await context.call("discard_broadcast", broadcast_id=draft_id):
        await acknowledge(update, context.words.broadcast_has_begun)
        return
    if writing == draft_id:
        await context.answered()
    await rewrite(update, context.words.draft_discarded)


def draft_tap(
    letter: str, answer: Callable[[Update, Context, Row], Awaitable[None]]
) -> BaseHandler[Any, Any, Any]:
    """A button of a draft, which may have begun by now."""

    async def answer_about_it(update: Update, context: Context, broadcast: Row) -> None:
        if broadcast["status"] == "draft":
            await answer(update, context, broadcast)
        else:
            await acknowledge(update, context.words.broadcast_has_begun)

    return broadcast_tap(letter, answer_about_it)


def answers() -> Mapping[str, Understand]:
    return {QUESTION: understand}


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("broadcast", begin, "admin"),
        admin_tap(r"^x:a:(?P<audience>\w{1,30})$", choose_audience, "admin"),
        admin_tap(r"^x:no:(?P<broadcast>\d{1,18})$", discard, "admin"),
        draft_tap("g", review),
        draft_tap("s", ask_subject),
        draft_tap("m", mail_preview),
        draft_tap("n", now),
        draft_tap("t", ask_when),
    ]
