"""First: only people in private chats are served, and known. Last: what came in is a behavior event."""

from __future__ import annotations

from typing import Any

from telegram import ChatMember, MaybeInaccessibleMessage, Message, Update
from telegram.constants import ChatType
from telegram.ext import ApplicationHandlerStop, BaseHandler, TypeHandler
from telegram.helpers import effective_message_type

from bot.context import Context, Stranger, acknowledge
from bot.handlers.link import LINK
from bot.handlers.start import source_of


async def only_people(update: Update, context: Context) -> None:
    chat, user = update.effective_chat, update.effective_user
    if user is None or user.is_bot or (chat is not None and chat.type != ChatType.PRIVATE):
        await acknowledge(update)
        raise ApplicationHandlerStop
    context.language = user.language_code
    if update.my_chat_member is None and not _joins_an_account(update):
        try:
            await context.person(update, _source(update, context))
        except Stranger:
            await acknowledge(update, context.words.no_longer_works)
            raise ApplicationHandlerStop from None


def _joins_an_account(update: Update) -> bool:
    """Not to be registered before: a stranger's chat joins the account, and does not become a second user."""
    return _typed(update).startswith((f"/start {LINK}", "/link"))


def _source(update: Update, context: Context) -> str | None:
    """Where somebody came from, of `https://t.me/BOT?start=SOURCE`."""
    command, _, payload = _typed(update).partition(" ")
    return source_of(context, payload.strip()) if command == "/start" else None


def _typed(update: Update) -> str:
    return (update.message.text or "") if update.message is not None else ""


async def remember(update: Update, context: Context) -> None:
    event = behavior(update)
    if event is not None:
        await context.record(update, *event)


def behavior(update: Update) -> tuple[str, dict[str, Any]] | None:
    """The type of the behavior event that an update is, and its details: never what somebody wrote."""
    if update.message is not None:
        return _message(update.message)
    if update.edited_message is not None:
        return "message_edited", {}
    if update.callback_query is not None:
        return "button_tapped", {
            "button": update.callback_query.data or "",
            **_about(update.callback_query.message),
        }
    if update.my_chat_member is not None:
        is_blocked = update.my_chat_member.new_chat_member.status == ChatMember.BANNED
        return ("bot_blocked" if is_blocked else "bot_unblocked"), {}
    if update.message_reaction is not None:
        reaction = update.message_reaction
        return "reaction_changed", {
            "count": len(reaction.new_reaction),
            "message_id": str(reaction.message_id),
        }
    return None


def _message(message: Message) -> tuple[str, dict[str, Any]]:
    typed = message.text or ""
    if typed.startswith("/"):
        return "command_used", {"command": typed.split()[0].lstrip("/").split("@")[0].lower()[:64]}
    kind = str(effective_message_type(message) or "other")
    return "message_received", {"kind": kind, "length": len(typed), **_about(message.reply_to_message)}


def _about(message: MaybeInaccessibleMessage | None) -> dict[str, str]:
    """The message of ours that somebody answers or whose button they tap, by which we know the delivery."""
    return {} if message is None else {"message_id": str(message.message_id)}


def first() -> list[BaseHandler[Any, Any, Any]]:
    return [TypeHandler(Update, only_people)]


def last() -> list[BaseHandler[Any, Any, Any]]:
    return [TypeHandler(Update, remember)]
