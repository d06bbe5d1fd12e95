"""/pods and /attendance: a user's small groups, their next meetings, and the way in by an invitation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from telegram import InlineKeyboardButton, Update
from telegram.ext import BaseHandler

from bot.admin.access import may
from bot.context import Buttons, Context, Person, acknowledge, button, reply, rewrite
from bot.handlers.commands import Answer, Opened, command, tap
from bot.texts import English
from events.meetings import Attendance
from events.pods import Pod
from storage.store import Conflict, NotFound

INVITATION = "pod_"
"""What a code begins with in `/start pod_CODE`."""


async def pods(update: Update, context: Context) -> None:
    """The only pod at once, of several a choice."""
    person, texts = await context.person(update), context.words
    mine = await context.call("list_pods", user_id=person.user_id)
    if len(mine) == 1:
        await reply_with_pod(update, context, await pod_of(context, mine[0]["pod_id"]))
        return
    rows = [[button(each["name"], f"p:show:{each['pod_id']}")] for each in mine]
    if may(person, "admin"):
        rows.append([button(texts.all_pods_label, "p:all")])
    empty = texts.no_pods + (texts.no_pods_for_admins if may(person, "admin") else "")
    await reply(update, texts.your_pods if mine else empty, rows)


async def show(update: Update, context: Context) -> None:
    """`p:show:POD`."""
    pod = await own_pod(update, context)
    if pod is not None:
        await show_pod(update, context, pod)


async def answer_invitation(update: Update, context: Context) -> None:
    """`m:yes:MEETING:POD` and `m:no:MEETING:POD`: coming, or not."""
    person, texts = await context.person(update), context.words
    if context.match is None or await own_pod(update, context) is None:
        return
    is_coming = context.match["answer"] == "yes"
    said = {"registered": texts.you_are_coming, "waitlisted": texts.you_are_waiting}
    try:
        answer = await context.call(
            "register_for_event" if is_coming else "cancel_registration",
            event_id=int(context.match["meeting"]),
            user_id=person.user_id,
            source="telegram",
        )
        toast = said.get(answer["status"], texts.you_are_not_coming)
    except (Conflict, NotFound):
        toast = texts.meeting_is_over
    await show_pod(update, context, await pod_of(context, int(context.match["pod"])), toast)


async def invite(update: Update, context: Context) -> None:
    """`p:invite:POD`."""
    pod = await own_pod(update, context)
    if pod is not None:
        await acknowledge(update)
        await send_invitation(update, context, pod.pod_id)


async def send_invitation(update: Update, context: Context, pod_id: int, *, fresh: bool = False) -> None:
    """A message of its own, to be passed on."""
    person, texts = await context.person(update), context.words
    invitation = await context.call("invite_to_pod", pod_id=pod_id, fresh=fresh)
    link = f"https://t.me/{context.bot.username}?start={INVITATION}{invitation['code']}"
    until = datetime.fromisoformat(invitation["expires_at"]).astimezone(ZoneInfo(person.timezone))
    share = urlencode({"url": link, "text": texts.share_text(invitation["name"])})
    pass_on = InlineKeyboardButton(texts.share_label, url=f"https://t.me/share/url?{share}")
    await reply(update, texts.invitation(invitation["name"], link, until), [[pass_on]])


async def ask_leave(update: Update, context: Context) -> None:
    """`p:leave:POD`."""
    pod, texts = await own_pod(update, context), context.words
    if pod is not None:
        await rewrite(update, texts.ask_leave(pod.name), _leave_or_stay(texts, pod.pod_id))


async def want_to_leave(update: Update, context: Context) -> None:
    """A button under a message says so; of several pods, which one is to be chosen."""
    person, texts = await context.person(update), context.words
    mine = await context.call("list_pods", user_id=person.user_id)
    if len(mine) == 1:
        pod = mine[0]
        await reply(update, texts.ask_leave(pod["name"]), _leave_or_stay(texts, pod["pod_id"]))
    else:
        await pods(update, context)


def _leave_or_stay(texts: English, pod_id: int) -> Buttons:
    return [[button(texts.yes_leave, f"p:left:{pod_id}"), button(texts.no_leave, f"p:show:{pod_id}")]]


async def leave(update: Update, context: Context) -> None:
    """`p:left:POD`."""
    person, pod = await context.person(update), await own_pod(update, context)
    if pod is not None:
        await context.call("leave_pod", pod_id=pod.pod_id, user_id=person.user_id)
        await rewrite(update, context.words.left_pod(pod.name))


async def open_invitation(update: Update, context: Context, code: str) -> None:
    """`/start pod_CODE`: says what it leads to, and asks first."""
    person, texts = await context.person(update), context.words
    invitation = await context.call("describe_invitation", code=code, user_id=person.user_id)
    if invitation["status"] == "open":
        choice = [button(texts.yes_join, f"p:join:{code}"), button(texts.no_join, "p:later")]
        await reply(update, texts.ask_join(Pod.from_json(invitation["pod"])), [choice])
    else:
        await reply(update, _why_not(texts, invitation["status"]))
        if invitation["status"] == "already":
            await reply_with_pod(update, context, Pod.from_json(invitation["pod"]))


async def join(update: Update, context: Context) -> None:
    """`p:join:CODE`."""
    if context.match is None:
        return
    person, texts = await context.person(update), context.words
    answer = await context.call("join_pod", code=context.match["code"], user_id=person.user_id)
    if answer["status"] == "joined":
        pod = Pod.from_json(answer["pod"])
        said = texts.joined_pod(pod.name)
        if answer["zone_is_assumed"]:
            context.known = replace(person, timezone=pod.timezone)
            said += "\n" + texts.zone_is_assumed(pod.timezone)
        await rewrite(update, said)
        await reply_with_pod(update, context, pod)
    else:
        await rewrite(update, _why_not(texts, answer["status"]))


async def join_later(update: Update, context: Context) -> None:
    """`p:later`."""
    await rewrite(update, context.words.not_joined)


def _why_not(texts: English, status: str) -> str:
    return {
        "already": texts.already_in_pod,
        "full": texts.pod_is_full,
        "expired": texts.invitation_has_expired,
    }.get(status, texts.invitation_is_unknown)


async def attendance(update: Update, context: Context) -> None:
    person, texts = await context.person(update), context.words
    found = Attendance.from_json(await context.call("describe_attendance", user_id=person.user_id))
    await reply(update, texts.attendance(found, person.timezone) if found.recorded else texts.no_attendance)


async def pod_of(context: Context, pod_id: int) -> Pod:
    """As whoever wrote sees it. Raises NotFound."""
    user_id = context.known.user_id if context.known else None
    return Pod.from_json(await context.call("describe_pod", pod_id=pod_id, user_id=user_id))


async def tapped_pod(update: Update, context: Context) -> Pod | None:
    """The pod of a button; when it is archived, that is said."""
    if context.match is None:
        return None
    try:
        return await pod_of(context, int(context.match["pod"]))
    except NotFound:
        await acknowledge(update, context.words.pod_is_gone)
        return None


async def own_pod(update: Update, context: Context) -> Pod | None:
    """The pod of a button, for those in it; others are told that they are not."""
    person, pod = await context.person(update), await tapped_pod(update, context)
    if pod is not None and not pod.has(person.user_id):
        await acknowledge(update, context.words.not_in_this_pod)
        return None
    return pod


async def show_pod(update: Update, context: Context, pod: Pod, toast: str | None = None) -> None:
    person, texts = await context.person(update), context.words
    await rewrite(update, texts.pod_page(pod, person.timezone), pod_buttons(texts, pod, person), toast)


async def reply_with_pod(update: Update, context: Context, pod: Pod) -> None:
    person, texts = await context.person(update), context.words
    await reply(update, texts.pod_page(pod, person.timezone), pod_buttons(texts, pod, person))


def pod_buttons(texts: English, pod: Pod, person: Person) -> Buttons:
    rows: Buttons = []
    if pod.has(person.user_id):
        rows += [*_coming_or_not(texts, pod), _in_or_out(texts, pod)]
    if may(person, "admin"):
        rows += _for_admins(texts, pod)
    return rows


def _coming_or_not(texts: English, pod: Pod) -> Buttons:
    meeting = pod.next_meeting
    if meeting is None:
        return []
    yes, no = texts.coming_label, texts.not_coming_label
    if meeting.status == "registered":
        yes = texts.chosen(yes)
    elif meeting.status == "cancelled":
        no = texts.chosen(no)
    which = f"{meeting.event_id}:{pod.pod_id}"
    return [[button(yes, f"m:yes:{which}"), button(no, f"m:no:{which}")]]


def _in_or_out(texts: English, pod: Pod) -> list[InlineKeyboardButton]:
    return [
        button(texts.invite_label, f"p:invite:{pod.pod_id}"),
        button(texts.leave_label, f"p:leave:{pod.pod_id}"),
    ]


def _for_admins(texts: English, pod: Pod) -> Buttons:
    """What these do is in `bot.admin.pods` and `bot.admin.attendance`."""
    call_off = [button(texts.call_off_label, f"m:off:{pod.pod_id}")] if pod.next_meeting else []
    return [
        [button(texts.attendance_label, f"m:of:{pod.pod_id}"), *call_off],
        [
            button(texts.fresh_link_label, f"p:fresh:{pod.pod_id}"),
            button(texts.archive_label, f"p:archive:{pod.pod_id}"),
        ],
        [button(texts.all_pods_label, "p:all")],
    ]


def deep_links() -> Mapping[str, Opened]:
    return {INVITATION: open_invitation}


def follow_ups() -> Mapping[str, Answer]:
    return {"pod_leaving": want_to_leave, "pod_returning": pods, "pod_break": pods}


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        command("pods", pods),
        command("attendance", attendance),
        tap(r"^p:show:(?P<pod>\d{1,18})$", show),
        tap(r"^m:(?P<answer>yes|no):(?P<meeting>\d{1,18}):(?P<pod>\d{1,18})$", answer_invitation),
        tap(r"^p:invite:(?P<pod>\d{1,18})$", invite),
        tap(r"^p:leave:(?P<pod>\d{1,18})$", ask_leave),
        tap(r"^p:left:(?P<pod>\d{1,18})$", leave),
        tap(r"^p:join:(?P<code>\w{1,55})$", join),
        tap(r"^p:later$", join_later),
    ]
