"""How are we? One answer for monitors (JSON) and for people (a page)."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from storage.store import StorageError, Store
from webhooks import keys
from webhooks.bodies import answer
from webhooks.middleware import wants_page
from webhooks.options import ProcessHealth, Trouble

DATABASE_SECONDS = 2.0
OLDEST_DUE_SECONDS = 300  # a message that waits longer than this means that we are behind
TICK_SECONDS = 60

AWAY = Trouble(
    "The database cannot be reached.", "Look at the database. We go on by ourselves when it is back."
)
LATE = Trouble(
    "Messages are waiting longer than they should.",
    "See that a worker runs, and that no channel is paused or slowed down.",
)
HELD = Trouble("Everything is paused.", "An admin paused it: /resume in the chat lets it go on.")
LEARN = "`python -m bot risk train` learns it anew; otherwise that is done within a week."
STILL = Trouble("The scheduler has stopped ticking.", "Restart this process, and keep its log.")


@dataclass(frozen=True, slots=True)
class Health:
    process: ProcessHealth
    queue: Mapping[str, Any] | None  # None: the database is away
    events_waiting: int
    seconds_since_tick: float | None

    def troubles(self) -> list[Trouble]:
        found = list(self.process.troubles)
        if self.queue is None:
            found.append(AWAY)
        if self.is_all_paused:
            found.append(HELD)
        if self.is_late:
            found.append(LATE)
        if self.is_still:
            found.append(STILL)
        if problem := (self.queue or {}).get("risk_model_problem"):
            found.append(Trouble(f"The rules tell risks: the model does not work ({problem}).", LEARN))
        return found + [_paused(name, channel["paused_reason"]) for name, channel in self._paused_channels()]

    @property
    def oldest_due_seconds(self) -> float | None:
        return None if self.queue is None else self.queue.get("oldest_due_seconds")

    @property
    def is_all_paused(self) -> bool:
        return bool(self.queue and self.queue.get("paused_since"))

    @property
    def is_late(self) -> bool:
        return (self.oldest_due_seconds or 0) > OLDEST_DUE_SECONDS

    @property
    def is_still(self) -> bool:
        return self.seconds_since_tick is not None and self.seconds_since_tick > TICK_SECONDS

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
        troubles = self.troubles()
        return {
            "status": "degraded" if troubles else "ok",
            "problems": [asdict(trouble) for trouble in troubles],
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

    def _paused_channels(self) -> list[tuple[str, Mapping[str, Any]]]:
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
    """The queue is measured for whoever asks, so every process knows it and none asks in vain."""
    with suppress(StorageError, TimeoutError):
        async with asyncio.timeout(DATABASE_SECONDS):
            await request.app[keys.CONTROLLER].measure_queue()
    body = generate_latest(_WithoutCreated(request.app[keys.REGISTRY]))
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


class _WithoutCreated(CollectorRegistry):
    """Without the moment at which each series began, which makes a third more series and serves nobody."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__()
        self._whole = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._whole.collect():
            metric.samples = [sample for sample in metric.samples if not sample.name.endswith("_created")]
            yield metric


async def _look(request: web.Request) -> Health:
    process, writer = request.app[keys.HEALTH](), request.app.get(keys.WRITER)
    return await examined(request.app[keys.STORE], process, writer.waiting if writer else 0)


async def examined(store: Store, process: ProcessHealth, events_waiting: int = 0) -> Health:
    since = (datetime.now(UTC) - process.last_tick).total_seconds() if process.last_tick else None
    try:
        async with asyncio.timeout(DATABASE_SECONDS):
            queue = await store.call("queue_health")
    except (StorageError, TimeoutError):
        queue = None
    return Health(process, queue, events_waiting, since)


def _paused(channel: str, reason: str) -> Trouble:
    remedy = (
        "Whoever paused it can open it again: docs/operations.md says how."
        if reason.startswith("admin:")
        else "Ask `python -m bot doctor`, put it right, and restart: a start tries the channel again."
    )
    return Trouble(f"{channel} is paused: {reason}", remedy)


def _channel_status(why_off: str | None, state: Mapping[str, Any] | None) -> str:
    if why_off is not None:
        return "off"
    return "paused" if (state or {}).get("paused_reason") else "on"
