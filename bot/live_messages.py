"""The duty that keeps messages in admins' chats up to date which show how far a broadcast has come."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from telegram import Bot, InlineKeyboardMarkup
from telegram.constants import ParseMode
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.admin.access import RANKS
from bot.admin.broadcasts import page
from bot.texts import words
from bot.waiting import Bell, at_each_ring
from storage.store import Store

log = structlog.get_logger(__name__)


class BroadcastViews:
    """The database says which, each at most once in two seconds; any number of processes may ask it."""

    def __init__(self, bot: Bot, store: Store) -> None:
        self.bell = Bell()
        self._bot = bot
        self._store = store

    async def run(self, stop: asyncio.Event) -> None:
        await at_each_ring(self.bell, stop, self._look, put_off="broadcast_views_put_off")

    async def _look(self) -> None:
        for view in await self._store.call("take_broadcast_views"):
            await self._show(view)

    async def _show(self, view: Mapping[str, Any]) -> None:
        is_admin = any(RANKS.get(role, 0) >= RANKS["admin"] for role in view["roles"])
        texts = words(view["locale"])
        text, buttons = page(texts, view["broadcast"], view["timezone"], is_admin=is_admin)
        try:
            await self._bot.edit_message_text(
                text,
                chat_id=view["chat_id"],
                message_id=view["message_id"],
                parse_mode=ParseMode.HTML,
                reply_markup=InlineKeyboardMarkup(buttons),
            )
        except (BadRequest, Forbidden) as refused:
            if "not modified" not in refused.message.lower():
                await self._store.call("hide_broadcast", user_id=view["user_id"])
        except (TelegramError, RuntimeError) as error:  # the latter before Telegram was reached at all
            log.debug("broadcast_not_shown", error=type(error).__name__)
            await self._show_later(view)

    async def _show_later(self, view: Mapping[str, Any]) -> None:
        await self._store.call(
            "show_broadcast",
            user_id=view["user_id"],
            broadcast_id=view["broadcast"]["id"],
            chat_id=view["chat_id"],
            message_id=view["message_id"],
        )
