"""How handlers listen: to new messages only (an edited one is not said again)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from telegram import Update
from telegram.ext import CallbackQueryHandler, CommandHandler, filters

from bot.context import Context

Answer = Callable[[Update, Context], Awaitable[None]]
Opened = Callable[[Update, Context, str], Awaitable[None]]
"""Answers `/start PREFIX_REST`; is given the rest."""


def command(name: str, answer: Answer) -> CommandHandler[Any, Any]:
    return CommandHandler(name, answer, filters=filters.UpdateType.MESSAGE)  # type: ignore[arg-type]


def tap(pattern: str, answer: Answer) -> CallbackQueryHandler[Any, Any]:
    return CallbackQueryHandler(answer, pattern=pattern)  # type: ignore[arg-type]
