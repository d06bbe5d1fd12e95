"""/dashboard: a link into the web dashboard, for one use within ten minutes."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any

from telegram import InlineKeyboardButton, Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, record_act
from bot.context import Context, reply

MINUTES = 10


async def dashboard(update: Update, context: Context) -> None:
    """The database is given the token's hash only: whoever reads it there gets in nowhere."""
    person = await context.person(update)
    token = secrets.token_urlsafe(32)
    token_hash = sha256(token.encode()).hexdigest()
    await context.call(
        "create_dashboard_link", user_id=person.user_id, token_hash=token_hash, lasts=f"{MINUTES} minutes"
    )
    await record_act(context, "dashboard.link", person.user_id)
    await _show(update, context, context.shared.links.dashboard(token))


async def _show(update: Update, context: Context, url: str) -> None:
    """Telegram makes no button of an address that only this machine knows."""
    texts = context.words
    if url.startswith("https://"):
        opening = [[InlineKeyboardButton(texts.open_dashboard_label, url=url)]]
        await reply(update, texts.dashboard_link(MINUTES), opening)
    else:
        await reply(update, f"{texts.dashboard_link(MINUTES)}\n\n{url}")


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [admin_command("dashboard", dashboard)]
