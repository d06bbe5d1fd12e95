"""/testemail: one email to see that it arrives. /unsuppress: writing again where something came back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.addresses import WrongAddress, read_address
from bot.admin.access import admin_command, admin_tap, may, record_act
from bot.context import Context, Understand, argument, button, reply, rewrite
from bot.handlers.unknown import old_button
from bot.texts.english.administration import in_zone
from channels.errors import DeliveryError

QUESTION = "lift_suppression"


async def try_email(update: Update, context: Context) -> None:
    texts, send = context.words, context.shared.send_trial
    typed = argument(context).strip()
    if not typed:
        await reply(update, texts.how_to_try_email)
    elif send is None:
        await reply(update, texts.trial_email_is_off)
    elif address := await _read(update, context, typed):
        await _send(update, context, address)


async def _send(update: Update, context: Context, address: str) -> None:
    texts = context.words
    closed = await context.call("describe_suppression", channel="email", address=address)
    if closed:
        await reply(update, texts.closed_address(address, texts.reason_in_words(_code(closed["reason"]))))
    elif await _is_held(context):
        await reply(update, texts.nothing_may_leave)
    elif context.shared.send_trial is not None:
        try:
            message_id = await context.shared.send_trial(address)
        except DeliveryError as error:
            await reply(update, texts.trial_email_failed(texts.reason_in_words(error.reason)))
            return
        await record_act(context, "email.trial", message_id)
        await reply(update, texts.trial_email_sent(address, message_id))


async def _is_held(context: Context) -> bool:
    """By an admin: a provider that refused us is what one wants to try."""
    health = await context.call("queue_health")
    reason = (health["channels"].get("email") or {}).get("paused_reason") or ""
    return bool(health["paused_since"]) or reason.startswith("admin:")


async def unsuppress(update: Update, context: Context) -> None:
    typed = argument(context).strip()
    if not typed:
        await reply(update, context.words.how_to_unsuppress)
    elif address := await _read(update, context, typed):
        await _ask(update, context, address)


async def _ask(update: Update, context: Context, address: str) -> None:
    texts = context.words
    closed = await context.call("describe_suppression", channel="email", address=address)
    if not closed:
        await reply(update, texts.not_suppressed(address))
        return
    if closed["reason"] == "deleted":
        await reply(update, texts.lifted_by_owner_only)
        return
    is_complaint = closed["reason"] == "complaint"
    await context.ask(QUESTION, {"address": address, "is_complaint": is_complaint})
    since = texts.at_moment(in_zone(closed["at"], context.known.timezone if context.known else "UTC"))
    leave = [button(texts.leave_it_label, "o:uk")]
    if is_complaint:
        await reply(update, texts.ask_lift_complaint(address, since), [leave])
    else:
        why = texts.reason_in_words(_code(closed["reason"]))
        choices = [[button(texts.lift_it_label, "o:ul")], leave]
        await reply(update, texts.ask_lift(address, why, since), choices)


async def understand(update: Update, context: Context, state: Mapping[str, Any]) -> bool:
    """The address once more."""
    message = update.effective_message
    if message is None or not message.text or not may(context.known, "admin"):
        return False
    await context.answered()
    if message.text.strip().casefold() == str(state["address"]).casefold():
        await reply(update, await _lifted(context, state["address"]))
    else:
        await reply(update, context.words.another_address(state["address"]))
    return True


async def lift(update: Update, context: Context) -> None:
    """`o:ul`: what was asked last, unless that wants to be typed."""
    state = context.asked(QUESTION)
    if not state or state["is_complaint"]:
        await old_button(update, context)
        return
    await context.answered()
    await rewrite(update, await _lifted(context, state["address"]))


async def leave(update: Update, context: Context) -> None:
    """`o:uk`."""
    if context.asked(QUESTION):
        await context.answered()
    await rewrite(update, context.words.not_lifted)


async def _lifted(context: Context, address: str) -> str:
    texts = context.words
    if not await context.call("lift_suppression", channel="email", address=address):
        return texts.not_suppressed(address)
    await record_act(context, "suppression.lift", _masked(address))
    return texts.lifted(address)


async def _read(update: Update, context: Context, typed: str) -> str | None:
    try:
        return read_address(typed)
    except WrongAddress as wrong:
        texts = context.words
        await reply(update, texts.email_is_wrong(typed, texts.email_problems[wrong.problem]))
        return None


def _masked(address: str) -> str:
    """The audit log outlives people, and need not know them."""
    name, _, domain = address.partition("@")
    return f"{name[:1]}…@{domain}"


def _code(reason: str) -> str:
    """Suppressions by hand have no sentence of their own."""
    return "by_admin" if reason == "manual" else reason


def answers() -> Mapping[str, Understand]:
    return {QUESTION: understand}


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("testemail", try_email, "admin"),
        admin_command("unsuppress", unsuppress, "admin"),
        admin_tap("^o:ul$", lift, "admin"),
        admin_tap("^o:uk$", leave, "admin"),
    ]
