"""Whom an admin means: typed, or tapped. A button's code has room for one user, as 32 hex digits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from telegram import Update
from telegram.ext import CallbackQueryHandler

from bot.admin.access import Role, admin_tap
from bot.context import Context, acknowledge
from bot.handlers.commands import Answer
from storage.store import NotFound

USER = r"(?P<user>[0-9a-f]{32})"


def code_of(user_id: str) -> str:
    return UUID(user_id).hex


def tapped(context: Context, name: str = "user") -> str:
    """What the button's code says of `name`; a user is given by their id."""
    if context.match is None:
        raise ValueError("the button's code was not read")
    found = str(context.match[name])
    return str(UUID(found)) if name == "user" else found


def tapped_number(context: Context, name: str) -> int:
    return int(tapped(context, name))


def person_tap(pattern: str, answer: Answer, role: Role = "viewer") -> CallbackQueryHandler[Any, Any]:
    """A button about somebody, who may be gone by now."""

    async def answer_about_them(update: Update, context: Context) -> None:
        try:
            await answer(update, context)
        except NotFound:
            await acknowledge(update, context.words.user_is_gone)

    return admin_tap(pattern, answer_about_them, role)


def name_of(user: Mapping[str, Any]) -> str | None:
    """As `full_name` in the database has it."""
    names = " ".join(part for part in (user["first_name"], user["last_name"]) if part)
    return names or user["chosen_name"] or user["username"]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
