"""/start: the beginning, and the way back. Its payload is a one-time code or where somebody came from."""

from __future__ import annotations

from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Context, argument, reply
from bot.handlers.beginning import resume
from bot.handlers.commands import Opened, command


async def start(update: Update, context: Context) -> None:
    payload = argument(context)
    prefix = deep_link(context, payload)
    if prefix is None:
        await greet(update, context, source=payload or None)
    else:
        opened: Opened = context.application.bot_data["deep_links"][prefix]
        await opened(update, context, payload.removeprefix(prefix))
        person = await context.person(update, source_of(context, payload))
        await context.call("start_again", user_id=person.user_id, source="telegram")
        await began(update, context, source_of(context, payload))


def deep_link(context: Context, payload: str) -> str | None:
    """The prefix of a payload that leads to a topic."""
    known = context.application.bot_data["deep_links"]
    return next((prefix for prefix in known if payload.startswith(prefix)), None)


def source_of(context: Context, payload: str) -> str | None:
    """Where somebody came from: of `pod_CODE` it is `pod`, for a code is not a place."""
    prefix = deep_link(context, payload)
    return (prefix.rstrip("_") if prefix else payload) or None


async def greet(update: Update, context: Context, source: str | None) -> None:
    """The first step of the sequence that `user_started` triggers greets a new user, so we do not."""
    person = await context.person(update, source)
    again = await context.call("start_again", user_id=person.user_id, source="telegram")
    is_greeted = await began(update, context, source)
    if person.came_back or again["was_stopped"]:
        await reply(update, context.words.welcome_back(person.first_name))
    elif not is_greeted and not await resume(update, context, context.words.hello(person.first_name)):
        await reply(update, context.words.already_here(person.first_name))


async def began(update: Update, context: Context, source: str | None) -> bool:
    """Records that the user began, once in their life: repeating /start does not repeat the onboarding.

    Says whether a sequence began by it.
    """
    person = await context.person(update, source)
    metadata = {"source": source} if source else {}
    answer = await context.record(update, "user_started", metadata, event_id=f"user_started:{person.user_id}")
    return bool(answer["enrolled"])


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [command("start", start)]
