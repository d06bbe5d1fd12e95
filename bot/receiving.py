"""Telegram's side of the conversation as one duty: reach it, introduce ourselves, take what comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from telegram.error import TelegramError

from bot.conversation import introduce, leave
from bot.lease import Lease
from bot.updates import Say, Telegram, TelegramBot, UpdateFetcher, UpdateWorker, trouble
from bot.waiting import Stopped, patiently
from storage.store import Store

log = structlog.get_logger(__name__)

ASKING = "asking_telegram"  # the duty's name in the database


@dataclass(frozen=True, slots=True)
class Webhook:
    url: str
    secret: str


class Receiving:
    """With a webhook, the web server stores what comes in, and only the handling is done here."""

    def __init__(
        self,
        application: Telegram,
        store: Store,
        worker: str,
        *,
        webhook: Webhook | None,
        handled: Callable[[], None],
        say: Say,
    ) -> None:
        self._application = application
        self._webhook = webhook
        self._say = say
        self._worker = UpdateWorker(application, store, worker, handled)
        self._store = store
        self._lease = Lease(store, ASKING, worker)

    def ring(self) -> None:
        """There may be something to handle."""
        self._worker.bell.ring()

    async def run(self, stop: asyncio.Event) -> None:
        if not await self._reached(stop):
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(self._worker.run(stop), name="handle-updates")
            if self._webhook is None:
                group.create_task(self._fetcher().run(stop), name="fetch-updates")

    async def close(self) -> None:
        await leave(self._application)

    def _fetcher(self) -> UpdateFetcher:
        bot = self._application.bot
        assert isinstance(bot, TelegramBot)
        return UpdateFetcher(bot, self._store, self._lease, self.ring, self._say)

    async def _reached(self, stop: asyncio.Event) -> bool:
        """Whether Telegram answered before the process was asked to stop."""
        try:
            await patiently(self._introduce, until=(TelegramError,), stop=stop, on_failure=self._tell)
        except Stopped:
            return False
        self._say(None)
        return True

    async def _introduce(self) -> None:
        await self._application.initialize()
        hook = self._webhook
        await introduce(self._application, hook.url if hook else None, hook.secret if hook else None)

    def _tell(self, failure: Exception, seconds: float) -> None:
        self._say(trouble(failure))
        log.warning("telegram_is_away", problem=trouble(failure).problem, next_try_seconds=round(seconds, 1))
