"""/email ADDRESS: double opt-in. An address counts once its code came back, typed here or by the link."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.addresses import CODE, WrongAddress, read_address
from bot.context import Context, acknowledge, argument, button, reply
from bot.handlers.commands import command, tap
from storage.store import Invalid

RESEND = "email:resend"


async def email(update: Update, context: Context) -> None:
    typed = argument(context)
    if not context.shared.has_email:
        await reply(update, context.words.email_is_off)
    elif not typed:
        await show_email(update, context)
    elif CODE.fullmatch(typed):
        await take_code(update, context, typed)
    elif typed.lower() == "resend":
        await resend(update, context)
    else:
        await take_address(update, context, typed)


async def show_email(update: Update, context: Context) -> None:
    confirmed, waiting = await _addresses(update, context)
    texts = context.words
    if waiting:
        await reply(update, texts.your_unconfirmed_email(waiting), [[button(texts.send_a_new_code, RESEND)]])
    elif confirmed:
        await reply(update, texts.your_email(confirmed))
    else:
        await reply(update, texts.how_to_give_an_email())


async def take_address(update: Update, context: Context, typed: str) -> None:
    texts = context.words
    try:
        address = read_address(typed)
    except WrongAddress as wrong:
        await reply(update, texts.email_is_wrong(typed, texts.email_problems[wrong.problem]))
        return
    await request(update, context, address)


async def request(update: Update, context: Context, address: str) -> str:
    """Asks for the code to be sent, says what became of it, and gives that as a word."""
    texts = context.words
    person = await context.person(update)
    try:
        answer = await context.call("request_email", user_id=person.user_id, email_address=address)
    except Invalid:
        await reply(update, texts.email_is_wrong(address, texts.email_problems["characters"]))
        return "wrong"
    resend_button = [[button(texts.send_a_new_code, RESEND)]]
    match answer["status"]:
        case "code_sent":
            await reply(update, texts.code_sent(address), resend_button)
        case "too_soon":
            await reply(
                update, texts.code_sent_just_now(round(answer["retry_after_seconds"] or 0)), resend_button
            )
        case "already_verified":
            await reply(update, texts.email_already_confirmed(address))
        case "taken":
            await reply(update, texts.email_is_taken)
        case "too_many":
            await reply(update, texts.too_many_codes_today)
        case _:
            await reply(update, texts.email_is_suppressed)
    return str(answer["status"])


async def take_code(update: Update, context: Context, code: str) -> None:
    texts = context.words
    person = await context.person(update)
    answer = await context.call("verify_email", user_id=person.user_id, code=code)
    resend_button = [[button(texts.send_a_new_code, RESEND)]]
    match answer["status"]:
        case "verified":
            await reply(update, texts.email_confirmed(answer["email_address"]))
        case "wrong_code":
            await reply(update, texts.code_is_wrong(answer.get("attempts_left")), resend_button)
        case "expired":
            await reply(update, texts.code_has_expired, resend_button)
        case "too_many_attempts":
            await reply(update, texts.too_many_codes, resend_button)
        case "taken":
            await reply(update, texts.email_is_taken)
        case _:
            await reply(update, texts.no_email_to_confirm)


async def resend(update: Update, context: Context) -> None:
    await acknowledge(update)
    _, waiting = await _addresses(update, context)
    if waiting:
        await request(update, context, waiting)
    else:
        await reply(update, context.words.no_email_to_confirm)


async def _addresses(update: Update, context: Context) -> tuple[str | None, str | None]:
    """The confirmed address and the one that waits for its code."""
    person = await context.person(update)
    preferences = await context.call("get_preferences", user_id=person.user_id)
    points = [point for point in preferences["contact_points"] if point["channel"] == "email"]
    return _latest(points, waiting=False), _latest(points, waiting=True)


def _latest(points: list[Mapping[str, Any]], *, waiting: bool) -> str | None:
    found = [point["address"] for point in points if (point["state"] == "unverified") is waiting]
    return found[-1] if found else None


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [command("email", email), tap(f"^{RESEND}$", resend)]
