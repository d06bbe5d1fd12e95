"""Move the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from aiohttp import web

from sandbox.clock import Clock, OnlyForward, Unreachable, as_iso, parse_duration
from sandbox.control.answers import Refused, invalid, served
from sandbox.control.body import Body
from sandbox.mailbox import parse_moment


@dataclass(frozen=True, slots=True)
class ClockRoutes:
    clock: Clock

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/control/clock", served(self.get_clock)),
            web.post("/control/clock", served(self.move_clock)),
        ]

    async def get_clock(self, request: web.Request) -> Any:
        await self.clock.refresh()
        return self.clock.as_json() | {"next_at": await self.clock.next_at()}

    async def move_clock(self, request: web.Request) -> Any:
        """Goes on when the caller goes away: half a time-lapse would leave the world between two days."""
        body = await Body.of(request)
        if ("advance" in body) == ("set" in body):
            raise invalid("advance", "give either advance, a duration, or set, a moment")
        move = self._advance(body) if "advance" in body else self._set(body)
        try:
            return await asyncio.shield(asyncio.ensure_future(move))
        except OnlyForward as problem:
            raise invalid("set", str(problem)) from None
        except Unreachable as problem:
            raise Refused(503, "database_unreachable", f"The clock cannot be moved: {problem}") from None

    def _advance(self, body: Body) -> Awaitable[Any]:
        try:
            duration = parse_duration(body.text("advance"))
        except (ValueError, OverflowError) as problem:
            raise invalid("advance", str(problem)) from None
        if not timedelta() < duration <= timedelta(days=3660):
            raise invalid("advance", "must be more than nothing and at most ten years")
        return self._moved(self.clock.advance(duration))

    def _set(self, body: Body) -> Awaitable[Any]:
        try:
            moment = parse_moment(body.text("set"))
        except ValueError:
            raise invalid("set", "must be a moment in ISO 8601, such as 2026-03-02T09:00Z") from None
        return self._moved(self.clock.set(moment))

    async def _moved(self, moving: Awaitable[Any]) -> dict[str, Any]:
        moved = await moving
        return {
            "now": as_iso(moved.now),
            "offset_seconds": moved.offset_seconds,
            "hops": moved.hops,
            "drained": moved.is_drained,
        }
