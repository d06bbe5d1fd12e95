"""/newpod, and what admins do with pods: look at all of them, invite anew, call a meeting off, archive."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, admin_tap, may, record_act
from bot.context import Buttons, Context, Understand, acknowledge, button, reply, rewrite
from bot.handlers.pods import pod_of, send_invitation, show_pod, tapped_pod
from bot.handlers.unknown import typed_text
from bot.texts import English
from bot.zones import city_of, find_zone
from events.pods import Pod
from storage.store import Conflict

QUESTION = "newpod"
FIELDS = ("name", "weekday", "local_time", "timezone", "join_url")
"""In the order in which they are asked for; the first that the answers so far lack is asked next."""
LONGEST_NAME = 60
LONGEST_LINK = 500
NO_LINK = ""
_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d{2}))?\s*(am|pm|uhr)?", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"]+\.[^\s<>\"]+", re.IGNORECASE)


async def new_pod(update: Update, context: Context) -> None:
    await _ask_next(update, context, {})


async def understand(update: Update, context: Context, state: Mapping[str, Any]) -> bool:
    """The answer to the first thing that is still missing."""
    if not may(context.known, "admin"):
        return False
    field = _missing(state)
    value = read(field, typed_text(update), context.words)
    if value is None:
        texts = context.words
        await reply(update, _what_is_wrong(texts, field, typed_text(update)), _choices(context, field))
    else:
        await _ask_next(update, context, {**state, field: value})
    return True


async def choose(update: Update, context: Context) -> None:
    """`p:new:FIELD=VALUE`, once: a second tap finds another question."""
    asked = context.asked(QUESTION)
    if context.match is None or asked is None:
        await acknowledge(update, context.words.no_longer_works)
        return
    field, value = context.match["field"], context.match["value"]
    if field != _missing(asked):
        await acknowledge(update, context.words.no_longer_works)
        return
    await acknowledge(update)
    await _ask_next(update, context, {**asked, field: int(value) if field == "weekday" else value})


async def give_up(update: Update, context: Context) -> None:
    """`p:never`."""
    await context.answered()
    await rewrite(update, context.words.pod_not_made)


def read(field: str, typed: str, texts: English) -> Any:
    """What was typed, as the field wants it; None when it makes no sense."""
    match field:
        case "name":
            return typed if 0 < len(typed) <= LONGEST_NAME and "\n" not in typed else None
        case "weekday":
            return read_weekday(typed, texts)
        case "local_time":
            found = read_time(typed)
            return f"{found:%H:%M}" if found else None
        case "timezone":
            return find_zone(typed)
        case _:
            return typed if len(typed) <= LONGEST_LINK and _LINK.fullmatch(typed) else None


def read_weekday(typed: str, texts: English) -> int | None:
    """`Tuesday`, `tue` and `Di` are 2."""
    wanted = typed.casefold().rstrip(".")
    names = [*enumerate(texts.weekdays, 1), *enumerate(English.weekdays, 1)]
    return next((day for day, name in names if len(wanted) > 1 and name.casefold().startswith(wanted)), None)


def read_time(typed: str) -> time | None:
    """`18:00`, `18.30`, `18 Uhr` and `6:30 pm`."""
    found = _TIME.fullmatch(typed)
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half in ("am", "pm"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (half == "pm")
    return time(hour, minute) if hour < 24 and minute < 60 else None


async def _ask_next(update: Update, context: Context, state: Mapping[str, Any]) -> None:
    if len(state) == len(FIELDS):
        await _make(update, context, state)
        return
    await context.ask(QUESTION, state)
    field = _missing(state)
    await reply(update, _question(context.words, field), _choices(context, field))


async def _make(update: Update, context: Context, state: Mapping[str, Any]) -> None:
    person, texts = await context.person(update), context.words
    asked = {**state, "join_url": state["join_url"] or None}
    described = await context.call("create_pod", created_by=person.user_id, **asked)
    pod = Pod.from_json(described)
    await record_act(context, "pods.create", str(pod.pod_id), name=pod.name)
    await context.answered()
    await reply(update, texts.pod_made(pod, person.timezone))
    await send_invitation(update, context, pod.pod_id)


def _missing(state: Mapping[str, Any]) -> str:
    return next(field for field in FIELDS if field not in state)


def _question(texts: English, field: str) -> str:
    return {
        "name": texts.ask_pod_name,
        "weekday": texts.ask_pod_weekday,
        "local_time": texts.ask_pod_time,
        "timezone": texts.ask_pod_zone,
        "join_url": texts.ask_pod_link,
    }[field]


def _what_is_wrong(texts: English, field: str, typed: str) -> str:
    return {
        "name": texts.pod_name_is_wrong,
        "weekday": texts.weekday_is_wrong,
        "local_time": texts.pod_time_is_wrong,
        "timezone": texts.pod_zone_is_unknown(typed),
        "join_url": texts.pod_link_is_wrong,
    }[field]


def _choices(context: Context, field: str) -> Buttons:
    texts, rows = context.words, list[Any]()
    match field:
        case "weekday":
            days = [button(name, f"p:new:weekday={day}") for day, name in enumerate(texts.weekdays, 1)]
            rows = [days[start : start + 2] for start in range(0, len(days), 2)]
        case "timezone" if context.known is not None:
            zone = context.known.timezone
            rows = [[button(city_of(zone), f"p:new:timezone={zone}")]]
        case "join_url":
            rows = [[button(texts.no_link_label, f"p:new:join_url={NO_LINK}")]]
    return [*rows, [button(texts.cancel_label, "p:never")]]


async def all_pods(update: Update, context: Context) -> None:
    """`p:all`."""
    texts, found = context.words, await context.call("list_pods")
    rows = [
        [button(f"{each['name']} ({each['members']}/{each['capacity']})", f"p:admin:{each['pod_id']}")]
        for each in found[:90]
    ]
    await rewrite(update, texts.all_pods if found else texts.there_are_no_pods, rows)


async def show(update: Update, context: Context) -> None:
    """`p:admin:POD`."""
    pod = await tapped_pod(update, context)
    if pod is not None:
        await show_pod(update, context, pod)


async def fresh_invitation(update: Update, context: Context) -> None:
    """`p:fresh:POD`: the old link ends."""
    pod = await tapped_pod(update, context)
    if pod is not None:
        await acknowledge(update)
        await record_act(context, "pods.invite", str(pod.pod_id))
        await send_invitation(update, context, pod.pod_id, fresh=True)


async def ask_call_off(update: Update, context: Context) -> None:
    """`m:off:POD`: its next meeting."""
    pod, texts = await tapped_pod(update, context), context.words
    if pod is not None and pod.next_meeting is not None:
        yes = button(texts.yes_call_off, f"m:called:{pod.next_meeting.event_id}:{pod.pod_id}")
        no = button(texts.no_call_off, f"p:admin:{pod.pod_id}")
        await rewrite(update, texts.ask_call_off(pod.next_meeting), [[yes, no]])


async def call_off(update: Update, context: Context) -> None:
    """`m:called:MEETING:POD`."""
    pod, texts = await tapped_pod(update, context), context.words
    if pod is None or context.match is None:
        return
    try:
        await context.call("cancel_event", event_id=int(context.match["meeting"]))
    except Conflict:
        await show_pod(update, context, pod, texts.meeting_is_over)
        return
    await record_act(context, "events.cancel", context.match["meeting"], pod=pod.pod_id)
    await show_pod(update, context, await pod_of(context, pod.pod_id), texts.called_off)


async def ask_archive(update: Update, context: Context) -> None:
    """`p:archive:POD`."""
    pod, texts = await tapped_pod(update, context), context.words
    if pod is not None:
        yes = button(texts.yes_archive, f"p:archived:{pod.pod_id}")
        no = button(texts.no_archive, f"p:admin:{pod.pod_id}")
        await rewrite(update, texts.ask_archive(pod.name), [[yes, no]])


async def archive(update: Update, context: Context) -> None:
    """`p:archived:POD`."""
    pod = await tapped_pod(update, context)
    if pod is not None:
        await context.call("archive_pod", pod_id=pod.pod_id)
        await record_act(context, "pods.archive", str(pod.pod_id), name=pod.name)
        await rewrite(update, context.words.archived(pod.name))


def answers() -> Mapping[str, Understand]:
    return {QUESTION: understand}


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("newpod", new_pod, "admin"),
        admin_tap(r"^p:new:(?P<field>weekday)=(?P<value>[1-7])$", choose, "admin"),
        admin_tap(r"^p:new:(?P<field>timezone)=(?P<value>[\w/+-]{1,40})$", choose, "admin"),
        admin_tap(r"^p:new:(?P<field>join_url)=(?P<value>)$", choose, "admin"),
        admin_tap(r"^p:never$", give_up, "admin"),
        admin_tap(r"^p:all$", all_pods, "admin"),
        admin_tap(r"^p:admin:(?P<pod>\d{1,18})$", show, "admin"),
        admin_tap(r"^p:fresh:(?P<pod>\d{1,18})$", fresh_invitation, "admin"),
        admin_tap(r"^m:off:(?P<pod>\d{1,18})$", ask_call_off, "admin"),
        admin_tap(r"^m:called:(?P<meeting>\d{1,18}):(?P<pod>\d{1,18})$", call_off, "admin"),
        admin_tap(r"^p:archive:(?P<pod>\d{1,18})$", ask_archive, "admin"),
        admin_tap(r"^p:archived:(?P<pod>\d{1,18})$", archive, "admin"),
    ]
