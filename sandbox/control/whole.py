"""The stand-ins as a whole: everything that happens as it happens, and forgetting all of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.chats import Chats
from sandbox.control.answers import Refused, served
from sandbox.faults import Faults
from sandbox.state import State
from sandbox.stream import Stream

KEEP_ALIVE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class WholeRoutes:
    state: State
    chats: Chats
    faults: Faults
    stream: Stream
    closing: asyncio.Event

    def routes(self) -> list[web.RouteDef]:
        """The last of them takes what no other does."""
        return [
            web.get("/control/stream", self.follow),
            web.delete("/control/state", served(self.forget)),
            web.route("*", "/control/{rest:.*}", served(self.unknown)),
        ]

    async def forget(self, request: web.Request) -> Any:
        """People, chats, mails, the ledger and the faults are gone; the bot's settings and the clock stay."""
        for remembered in (self.state.users, self.state.chats, self.state.mails, self.state.updates):
            remembered.clear()
        self.state.idempotency.clear()
        self.chats.files.clear()
        self.state.ledger.clear()
        self.faults.clear()
        self.state.is_changed = True
        return {"forgotten": True}

    async def unknown(self, request: web.Request) -> Any:
        raise Refused(404, "not_found", f"There is no {request.method} {request.path}.")

    async def follow(self, request: web.Request) -> web.StreamResponse:
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        with self.stream.listen() as events:
            await response.write(b"retry: 1000\n\n")
            while not self.closing.is_set():
                await response.write(await self._next_event(events))
        return response

    async def _next_event(self, events: asyncio.Queue[bytes]) -> bytes:
        """The next event, a comment that keeps the connection alive, or nothing because we are closing."""
        event, closing = asyncio.ensure_future(events.get()), asyncio.ensure_future(self.closing.wait())
        try:
            await asyncio.wait(
                (event, closing), timeout=KEEP_ALIVE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            return event.result() if event.done() else b": alive\n\n"
        finally:
            event.cancel()
            closing.cancel()
