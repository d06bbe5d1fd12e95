"""Being blocked and unblocked: the Telegram contact point closes and opens again."""

from __future__ import annotations

from typing import Any

from telegram import ChatMember, Update
from telegram.ext import ApplicationHandlerStop, BaseHandler, ChatMemberHandler

from bot.context import Context, Person, sender
from storage.store import NotFound


async def change_membership(update: Update, context: Context) -> None:
    change = update.my_chat_member
    if change is None:
        return
    person = sender(update)
    is_reachable = change.new_chat_member.status not in (ChatMember.BANNED, ChatMember.LEFT)
    try:
        answer = await context.call("set_telegram_reachable", telegram_id=person.id, reachable=is_reachable)
    except NotFound:
        raise ApplicationHandlerStop from None  # somebody who never wrote to us
    # Registering them, as for other updates, would say that they are here again.
    context.known = Person(answer["user_id"], person.id, person.first_name, is_new=False, came_back=False)


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [ChatMemberHandler(change_membership, ChatMemberHandler.MY_CHAT_MEMBER)]
