"""/user: one person at a glance, with a button for each thing that can be done for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from telegram import InlineKeyboardButton, Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, may
from bot.admin.people import USER, code_of, moment, person_tap, tapped
from bot.admin.users import suggest
from bot.context import Buttons, Context, Person, acknowledge, argument, button, reply, rewrite
from bot.texts import English
from bot.texts.english.administration import in_zone
from storage.store import NotFound

Row = Mapping[str, Any]
FEW = 6  # addresses that are shown: more would leave no room for the rest


async def user(update: Update, context: Context) -> None:
    typed = argument(context).strip()
    if not typed:
        await reply(update, context.words.how_to_see_a_profile)
        return
    try:
        await reply(update, *await page(context, typed))
    except NotFound:
        await suggest(update, context, typed)


async def show(update: Update, context: Context) -> None:
    """`a:u:USER`, from a list that is to stay: the profile comes below."""
    text, buttons = await page(context, tapped(context))
    await acknowledge(update)
    await reply(update, text, buttons)


async def show_again(update: Update, context: Context) -> None:
    """`a:v:USER`, back from one of the profile's own pages."""
    await rewrite(update, *await page(context, tapped(context)))


async def page(context: Context, reference: str) -> tuple[str, Buttons]:
    """Raises NotFound."""
    profile = await context.call("describe_user", reference=reference)
    return card(context.words, profile), card_buttons(context.words, profile, context.known)


def back_to(texts: English, user_id: str) -> list[InlineKeyboardButton]:
    return [button(texts.their_profile_label, f"a:v:{code_of(user_id)}")]


def card(texts: English, profile: Row) -> str:
    """Each part is bounded, and so is the whole: Telegram takes 4,096 characters."""
    parts = [
        _who(texts, profile),
        _titled(texts.profile_addresses, _addresses(texts, profile) or [texts.no_addresses]),
        _titled(texts.profile_wishes, _wishes(texts, profile)),
        _titled(texts.profile_engagement, _engagement(texts, profile)),
        _titled(texts.profile_sequences, _sequences(texts, profile) or [texts.no_sequences_yet]),
        _titled(texts.profile_messages, _messages(texts, profile) or [texts.no_messages_yet]),
    ]
    return "\n\n".join(parts)


def card_buttons(texts: English, profile: Row, admin: Person | None) -> Buttons:
    """Whoever may only look is shown only what looks."""
    code = code_of(profile["user"]["id"])
    looking = [
        button(texts.their_sequences_label, f"a:l:{code}:0"),
        button(texts.explain_person_label, f"a:w:{code}"),
    ]
    rows = [looking]
    if may(admin, "admin"):
        acting = [
            button(texts.start_sequence_label, f"a:t:{code}:0"),
            button(texts.write_message_label, f"a:m:{code}"),
        ]
        rows = [acting, looking]
    if may(admin, "owner"):
        rows.append([button(texts.grant_role_label, f"a:r:{code}")])
    return [*rows, [button(texts.refresh_label, f"a:v:{code}")]]


def _titled(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"<b>{title}</b>", *(f"• {line}" for line in lines)])


def _who(texts: English, profile: Row) -> str:
    person = profile["user"]
    seen = person["last_active_at"]
    ago = texts.last_seen_ago(moment(profile["at"]) - moment(seen) if seen else None)
    return "\n".join(
        [
            texts.person_in_full(person),
            texts.their_ids(person["id"], person["external_id"]),
            texts.how_they_came(local(texts, person["created_at"], profile), person["source"], ago),
            texts.zone_and_language(person["timezone"], person["locale"]),
        ]
    )


def _addresses(texts: English, profile: Row) -> list[str]:
    return [_address(texts, point, profile) for point in profile["contact_points"][:FEW]]


def _address(texts: English, point: Row, profile: Row) -> str:
    refused = [words for column, words in texts.refused_classes.items() if not point[column]]
    if point["unsubscribed_at"]:
        refused.append(texts.left_since(local(texts, point["unsubscribed_at"], profile)))
    line = texts.address_line(point["channel"], point["address"], point["state"], point["state_reason"])
    return ", ".join([line, *refused])


def _wishes(texts: English, profile: Row) -> list[str]:
    wishes = profile["preferences"]
    start, end = wishes["quiet_from"][:5], wishes["quiet_until"][:5]
    quiet = f"{start}–{end}" if start != end else None
    lines = [
        texts.wishes_line(wishes["preferred_channel"], wishes["preferred_time"], quiet, wishes["max_per_day"])
    ]
    if wishes["stopped_at"]:
        lines.append(texts.stopped_since(local(texts, wishes["stopped_at"], profile)))
    if until := wishes["paused_until"]:
        is_endless = until.startswith(("9999", "inf"))
        lines.append(texts.on_pause_until(None if is_endless else local(texts, until, profile)))
    return lines


def _engagement(texts: English, profile: Row) -> list[str]:
    scores, promised = profile["scores"], profile["commitments"]
    used = {point["channel"] for point in profile["contact_points"]}
    by_channel = {name: score for name, score in scores.items() if name in used}
    lines = [texts.engagement_line(scores["overall"], by_channel)]
    if profile["risk"]:
        lines.append(texts.risk_line(profile["risk"]))
    if any(promised.values()):
        lines.append(texts.commitments_state(promised["open"], promised["kept"], promised["missed"]))
    return lines


def _sequences(texts: English, profile: Row) -> list[str]:
    sequences = profile["sequences"]
    if not sequences["count"]:
        return []
    lines = [enrollment_line(texts, each, profile["user"]["timezone"]) for each in sequences["enrollments"]]
    return [texts.sequences_running(sequences["running"], sequences["count"]), *lines]


def enrollment_line(texts: English, run: Row, zone: str) -> str:
    line = texts.enrollment_line(
        run["title"], run["current_step"], run["steps"], run["status"], run["status_reason"]
    )
    if run["next_due_at"] and run["status"] == "active":
        line += "; " + texts.next_message_due(texts.at_moment(in_zone(run["next_due_at"], zone)))
    return line


def _messages(texts: English, profile: Row) -> list[str]:
    zone = profile["user"]["timezone"]
    return [
        texts.delivery_line(
            f"{each['sequence_type']} {each['message_step']}",
            each["channel"],
            texts.what_happened(each, zone),
        )
        for each in profile["deliveries"]
    ]


def local(texts: English, when: str, profile: Row) -> str:
    return texts.at_moment(in_zone(when, profile["user"]["timezone"]))


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("user", user),
        person_tap(f"^a:u:{USER}$", show),
        person_tap(f"^a:v:{USER}$", show_again),
    ]
