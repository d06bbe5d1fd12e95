"""How are we? One answer for monitors (JSON) and for people (a page)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from storage.store import StorageError
from webhooks import keys
from webhooks.bodies import answer
from webhooks.middleware import wants_page
from webhooks.options import ProcessHealth

DATABASE_SECONDS = 2.0
OLDEST_DUE_SECONDS = 300  # a message that waits longer than this means that we are behind
TICK_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Health:
    process: ProcessHealth
    queue: Mapping[str, Any] | None  # None: the database is away
    events_waiting: int
    seconds_since_tick: float | None

    def complaints(self) -> list[str]:
        found = []
        if self.queue is None:
            found.append("The database cannot be reached.")
        if (self.oldest_due_seconds or 0) > OLDEST_DUE_SECONDS:
            found.append("Messages are waiting longer than they should.")
        if self.seconds_since_tick is not None and self.seconds_since_tick > TICK_SECONDS:
            found.append("The scheduler has stopped ticking.")
        found += [f"{name} is paused: {channel['paused_reason']}" for name, channel in self._paused()]
        return found

    @property
    def oldest_due_seconds(self) -> float | None:
        return None if self.queue is None else self.queue.get("oldest_due_seconds")

    def channels(self) -> dict[str, dict[str, Any]]:
        states: Mapping[str, Any] = (self.queue or {}).get("channels") or {}
        return {
            channel.name: {
                "status": _channel_status(channel.why_off, states.get(channel.name)),
                "why": channel.why_off or (states.get(channel.name) or {}).get("paused_reason"),
                "blocked_until": (states.get(channel.name) or {}).get("blocked_until"),
            }
            for channel in self.process.channels
        }

    def as_json(self) -> dict[str, Any]:
        queue = self.queue or {}
        complaints = self.complaints()
        return {
            "status": "degraded" if complaints else "ok",
            "problems": complaints,
            "version": self.process.version,
            "database": {"status": "away" if self.queue is None else "ok"},
            "channels": self.channels(),
            "queue": {
                "due": queue.get("due"),
                "age_seconds": self.oldest_due_seconds,
                "sending": queue.get("sending"),
                "parked": queue.get("parked"),
                "unknown": queue.get("unknown"),
                "updates_waiting": queue.get("updates_waiting"),
                "events_waiting": self.events_waiting,
            },
            "last_tick": self.process.last_tick.isoformat() if self.process.last_tick else None,
        }

    def _paused(self) -> list[tuple[str, Mapping[str, Any]]]:
        states: Mapping[str, Any] = (self.queue or {}).get("channels") or {}
        on = {channel.name for channel in self.process.channels if channel.why_off is None}
        return [(name, state) for name, state in states.items() if name in on and state.get("paused_reason")]


async def show(request: web.Request) -> web.Response:
    health = await _look(request)
    status = 503 if health.queue is None else 200
    if wants_page(request):
        return request.app[keys.PAGES].answer("health.html", status=status, health=health.as_json())
    return answer(health.as_json(), status)


async def expose(request: web.Request) -> web.Response:
    body = generate_latest(request.app[keys.METRICS].registry)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _look(request: web.Request) -> Health:
    process = request.app[keys.HEALTH]()
    since = (datetime.now(UTC) - process.last_tick).total_seconds() if process.last_tick else None
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            queue = await request.app[keys.STORE].call("queue_health")
    except (StorageError, TimeoutError):
        queue = None
    return Health(process, queue, request.app[keys.WRITER].waiting, since)


def _channel_status(why_off: str | None, state: Mapping[str, Any] | None) -> str:
    if why_off is not None:
        return "off"
    return "paused" if (state or {}).get("paused_reason") else "on"
