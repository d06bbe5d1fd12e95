"""Who looks after the service: owners give and take roles; the person is told, their menu changes at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import RANKS, usable_commands
from bot.admin.people import USER, code_of, name_of, person_tap, tapped
from bot.admin.profile import back_to
from bot.context import Buttons, Context, acknowledge, button, rewrite
from bot.handlers.unknown import old_button
from bot.menus import change_admin_menu
from bot.texts import words
from storage.store import Conflict

NONE = "none"


async def ask(update: Update, context: Context) -> None:
    """`a:r:USER`."""
    person = await context.call("find_user", reference=tapped(context))
    if await _telegram_id(context, person) is None:
        await acknowledge(update, context.words.not_in_telegram)
        return
    await rewrite(update, *_question(context, person))


async def grant(update: Update, context: Context) -> None:
    """`a:g:USER:ROLE`."""
    texts, role = context.words, tapped(context, "role")
    person = await context.call("find_user", reference=tapped(context))
    telegram_id = await _telegram_id(context, person)
    if telegram_id is None:
        await acknowledge(update, texts.not_in_telegram)
    elif role != "owner" and telegram_id in context.shared.owner_ids:
        await acknowledge(update, texts.owner_by_setting(name_of(person)))
    else:
        await _give(update, context, person, telegram_id, None if role == NONE else role)


async def _give(
    update: Update, context: Context, person: Mapping[str, Any], telegram_id: int, role: str | None
) -> None:
    texts, roles = context.words, [role] if role else []
    try:
        given = await context.call("set_roles", user_id=person["id"], roles=roles, actor=_actor(context))
    except Conflict as refused:
        is_no_owner = refused.detail == "actor"  # any longer, since the tap was let in
        await (old_button(update, context) if is_no_owner else acknowledge(update, texts.last_owner_stays))
        return
    if set(person["roles"]) != set(given["roles"]):
        usable = usable_commands(context, given["roles"])
        await change_admin_menu(context.bot, telegram_id, person["locale"], usable)
        await _tell(update, context, person, role)
    await rewrite(update, *_question(context, {**person, "roles": given["roles"]}), texts.saved)


async def _tell(update: Update, context: Context, person: Mapping[str, Any], role: str | None) -> None:
    """Through the one engine, which knows how to reach them; once per tap."""
    await context.call(
        "schedule_multi_channel_message",
        user_id=person["id"],
        body=words(person["locale"]).you_have_a_role(context.shared.brand, role),
        channels=["telegram"],
        message_class="transactional",
        key=f"role:{update.update_id}",
    )


async def _telegram_id(context: Context, person: Mapping[str, Any]) -> int | None:
    preferences = await context.call("get_preferences", user_id=person["id"])
    chats = [
        point["address"]
        for point in preferences["contact_points"]
        if point["channel"] == "telegram" and point["state"] != "unverified"
    ]
    return int(chats[0]) if chats else None


def _question(context: Context, person: Mapping[str, Any]) -> tuple[str, Buttons]:
    texts, code = context.words, code_of(person["id"])
    labels = {**texts.role_names, NONE: texts.no_role_label}
    held = set(person["roles"]) or {NONE}
    choices = [
        [button(f"✓ {label}" if role in held else label, f"a:g:{code}:{role}")]
        for role, label in labels.items()
    ]
    return texts.ask_role(name_of(person), sorted(person["roles"], key=RANKS.__getitem__)), [
        *choices,
        back_to(texts, person["id"]),
    ]


def _actor(context: Context) -> str:
    if context.known is None:
        raise ValueError("a role needs somebody who gives it")
    return f"telegram:{context.known.telegram_id}"


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    roles = "|".join([*RANKS, NONE])
    return [
        person_tap(f"^a:r:{USER}$", ask, "owner"),
        person_tap(f"^a:g:{USER}:(?P<role>{roles})$", grant, "owner"),
    ]
