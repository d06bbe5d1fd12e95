"""Whom a method is for, as Telegram knows them."""

from __future__ import annotations

from typing import Any

from sandbox.state import Message, User
from sandbox.telegram.parts import Parameters, Parts
from sandbox.telegram.refusals import Refused, bad_request


def user_of(parts: Parts, chat_id: int | str) -> User:
    if isinstance(chat_id, str):
        raise bad_request("chat not found")
    user = parts.state.users.get(chat_id)
    if user is None:
        raise bad_request("chat not found")
    return user


def reachable_user(parts: Parts, chat_id: int | str) -> User:
    user = user_of(parts, chat_id)
    if user.has_blocked:
        raise Refused(403, "Forbidden: bot was blocked by the user")
    if not user.has_started:
        raise Refused(403, "Forbidden: bot can't initiate conversation with a user")
    return user


def own_message(parts: Parts, parameters: Parameters, action: str) -> Message:
    if parameters.get("chat_id") is None:
        raise bad_request("chat_id is empty")
    if parameters.get("message_id") is None:
        raise bad_request("message identifier is not specified")
    user = reachable_user(parts, parameters["chat_id"])
    message = parts.state.chats[user.id].get(parameters["message_id"])
    if message is None:
        raise bad_request(f"message to {action} not found")
    return message


async def get_chat(parts: Parts, parameters: Parameters) -> Any:
    user = user_of(parts, parameters["chat_id"])
    gifts = dict.fromkeys(
        (
            "unlimited_gifts",
            "limited_gifts",
            "unique_gifts",
            "premium_subscription",
            "gifts_from_channels",
        ),
        True,
    )
    return parts.chats.chat_json(user) | {
        "accent_color_id": user.id % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": gifts,
    }


async def get_chat_member(parts: Parts, parameters: Parameters) -> Any:
    user_of(parts, parameters["chat_id"])
    user = parts.state.users.get(parameters["user_id"])
    if user is None:
        raise bad_request("user not found")
    return {"status": "member", "user": parts.chats.user_json(user)}


async def get_user_profile_photos(parts: Parts, parameters: Parameters) -> Any:
    return {"total_count": 0, "photos": []}
