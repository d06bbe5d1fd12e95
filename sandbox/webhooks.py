"""Signed webhooks as Resend sends them through Svix: in order for each email, again later when they fail."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from sandbox.clock import Clock
from sandbox.state import State

# After the first attempt, in seconds of the moved clock: Svix's published schedule.
RETRY_SECONDS = (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
ANSWER_SECONDS = 15.0
LANES = 8
KEPT_EVENTS = 5_000
LOOK_SECONDS = 0.25


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def sign(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{event_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


@dataclass(slots=True, eq=False)
class Event:
    """One webhook: the same id and bytes at every attempt. `status` is the last answer's, 0 without one."""

    id: str
    type: str
    email_id: str
    body: bytes
    attempts: int = 0
    status: int = 0
    is_delivered: bool = False
    next_attempt: float | None = None
    tried: asyncio.Event = field(default_factory=asyncio.Event)

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "type": self.type,
            "email_id": self.email_id,
            "attempts": self.attempts,
            "delivered": self.is_delivered,
            "status": self.status or None,
            "payload": json.loads(self.body),
        }

    def as_kept(self) -> dict[str, Any]:
        body = self.body.decode()
        return {
            "id": self.id,
            "type": self.type,
            "email_id": self.email_id,
            "body": body,
            "attempts": self.attempts,
        }

    @classmethod
    def from_kept(cls, kept: dict[str, Any]) -> Event:
        return cls(**{**kept, "body": kept["body"].encode()})


class Webhooks:
    """Several lanes deliver at once; all about one email goes through the same lane, so its order holds."""

    def __init__(
        self,
        state: State,
        http: aiohttp.ClientSession,
        clock: Clock,
        url: str | None,
        secret: str | None,
    ) -> None:
        self._state = state
        self._http = http
        self._clock = clock
        self.url = url
        self.secret = secret or new_secret()
        self.events: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self._retrying: list[Event] = []
        self._lanes: list[asyncio.Queue[Event]] = [asyncio.Queue() for _ in range(LANES)]
        self._under_way = 0

    @property
    def is_idle(self) -> bool:
        """Nothing is being delivered now; what waits for its next attempt does not count."""
        return self._under_way == 0

    def send(self, kind: str, email_id: str, payload: dict[str, Any]) -> Event | None:
        """Queues the webhook; None when no target is configured."""
        if self.url is None:
            return None
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        event = Event(f"msg_{secrets.token_urlsafe(20)}", kind, email_id, body)
        self.events.append(event)
        self._remember(event)
        self._queue(event)
        return event

    def _remember(self, event: Event) -> None:
        """What is not delivered yet outlives a restart."""
        if event.is_delivered or event.attempts > len(RETRY_SECONDS):
            self._state.undelivered.pop(event.id, None)
        else:
            self._state.undelivered[event.id] = event.as_kept()
        self._state.is_changed = True

    def _restore(self) -> None:
        for kept in self._state.undelivered.values():
            event = Event.from_kept(kept)
            self.events.append(event)
            self._queue(event)

    def replay(self, event: Event) -> None:
        """The same webhook again, as Resend's dashboard can do."""
        event.tried.clear()
        self._queue(event)

    def _queue(self, event: Event) -> None:
        self._under_way += 1
        self._lanes[hash(event.email_id) % LANES].put_nowait(event)

    async def retry_due(self) -> None:
        now = self._clock.now().timestamp()
        due = [event for event in self._retrying if (event.next_attempt or 0) <= now]
        for event in due:
            self._retrying.remove(event)
            self._queue(event)

    @contextlib.asynccontextmanager
    async def delivering(self) -> AsyncIterator[None]:
        self._restore()
        tasks = [
            asyncio.create_task(self._deliver_lane(lane), name=f"sandbox-webhooks-{index}")
            for index, lane in enumerate(self._lanes)
        ]
        tasks.append(asyncio.create_task(self._look_for_retries(), name="sandbox-webhook-retries"))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look_for_retries(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if self._retrying:
                await self.retry_due()

    async def _deliver_lane(self, lane: asyncio.Queue[Event]) -> None:
        while True:
            event = await lane.get()
            try:
                await self._attempt(event)
            finally:
                self._under_way -= 1
                event.tried.set()

    async def _attempt(self, event: Event) -> None:
        event.status = await self._post(event)
        event.attempts += 1
        event.is_delivered = event.is_delivered or 200 <= event.status < 300
        if not event.is_delivered and event.attempts <= len(RETRY_SECONDS):
            event.next_attempt = self._clock.now().timestamp() + RETRY_SECONDS[event.attempts - 1]
            self._retrying.append(event)
        self._remember(event)

    async def _post(self, event: Event) -> int:
        """The HTTP status, or 0 without an answer. A redirect is a failure, as Svix has it."""
        timestamp = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Svix-Webhooks/1.0 (sandbox)",
            "svix-id": event.id,
            "svix-timestamp": str(timestamp),
            "svix-signature": sign(self.secret, event.id, timestamp, event.body),
        }
        timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        try:
            async with self._http.post(
                self.url or "", data=event.body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return 0
