"""What reaches the bot: one queue of updates, fetched by long polling or delivered to its webhook."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from sandbox.state import State

# Telegram leaves these out unless a bot asks for them by name.
EXCLUDED_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"
READER_SECONDS = 3.0
RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


class Terminated(Exception):
    """A newer getUpdates request took this one's place."""


class Updates:
    def __init__(self, state: State, http: aiohttp.ClientSession) -> None:
        self._state = state
        self._http = http
        self._news = asyncio.Event()
        self._poll: asyncio.Future[None] | None = None
        self._read_at = float("-inf")
        self.last_error: tuple[int, str] | None = None

    @property
    def pending(self) -> dict[int, dict[str, Any]]:
        return self._state.updates

    @property
    def has_reader(self) -> bool:
        """Whether somebody fetches updates, or did a moment ago."""
        return bool(self._state.bot.webhook) or time.monotonic() - self._read_at < READER_SECONDS

    def add(self, kind: str, payload: dict[str, Any]) -> int | None:
        """The new update's id, or None when the bot does not want updates of this kind."""
        wanted = self._state.bot.allowed_updates
        if kind not in wanted if wanted else kind in EXCLUDED_BY_DEFAULT:
            return None
        update_id = self._state.next_update_id()
        self.pending[update_id] = {"update_id": update_id, kind: payload}
        self._state.is_changed = True
        self._news.set()
        return update_id

    def drop(self) -> None:
        self.pending.clear()
        self._state.is_changed = True

    def _confirm(self, offset: int) -> None:
        """What is below the offset is forgotten; a negative one keeps only so many of the newest."""
        if offset < 0:
            ids = list(self.pending)
            offset = ids[max(len(ids) + offset, 0)] if ids else 0
        for update_id in [known for known in self.pending if known < offset]:
            del self.pending[update_id]
            self._state.is_changed = True

    async def fetch(self, offset: int | None, limit: int, timeout: float) -> list[dict[str, Any]]:
        """Waits up to `timeout` seconds for the first one; `Terminated` when another poll begins."""
        self._read_at = time.monotonic() + timeout
        if self._poll is not None and not self._poll.done():
            self._poll.set_exception(Terminated())
        poll = self._poll = asyncio.get_running_loop().create_future()
        try:
            if offset:
                self._confirm(offset)
            if not self.pending and timeout > 0:
                await self._wait_for_news(poll, timeout)
            return list(self.pending.values())[:limit]
        finally:
            self._read_at = time.monotonic()
            poll.cancel()
            if self._poll is poll:
                self._poll = None

    async def _wait_for_news(self, poll: asyncio.Future[None], timeout: float) -> None:
        self._news.clear()
        news = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait((news, poll), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
        if poll.done():
            poll.result()

    @contextlib.asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._deliver_for_ever(), name="sandbox-updates")
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _deliver_for_ever(self) -> None:
        failures = 0
        while True:
            webhook = self._state.bot.webhook
            if not webhook or not self.pending:
                self._news.clear()
                await self._news.wait()
                continue
            update_id, update = next(iter(self.pending.items()))
            if await self._deliver(webhook, update):
                failures = 0
                self.pending.pop(update_id, None)
                self._state.is_changed = True
            else:
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1

    async def _deliver(self, webhook: dict[str, Any], update: dict[str, Any]) -> bool:
        headers = {SECRET_HEADER: webhook["secret_token"]} if webhook.get("secret_token") else {}
        try:
            timeout = aiohttp.ClientTimeout(total=30)
            async with self._http.post(
                webhook["url"], json=update, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                if 200 <= answer.status < 300:
                    return True
                problem = f"Wrong response from the webhook: {answer.status} {answer.reason}"
        except (aiohttp.ClientError, TimeoutError) as failure:
            problem = f"Connection failed: {type(failure).__name__}"
        self.last_error = (int(time.time()), problem)
        return False

    def wake(self) -> None:
        self._news.set()
