"""One file per thing that the bot understands; each handler is: parse, one call, one reply."""

from __future__ import annotations

from typing import Any

from telegram.ext import BaseHandler

from bot.handlers import actions, email, help, incoming, link, membership, settings, start, stop, unknown


def all_handlers() -> list[list[BaseHandler[Any, Any, Any]]]:
    """In groups: of each, the first handler that wants an update gets it."""
    answering = (start, help, email, settings, link, stop, membership, actions, unknown)
    return [incoming.first(), [each for module in answering for each in module.handlers()], incoming.last()]
