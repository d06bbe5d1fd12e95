"""Under an idempotency key the first answer is remembered for a day, and given again to the same payload."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Clock
from sandbox.resend.refusals import Refused
from sandbox.state import Remembered, State

REMEMBERED_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Repeats:
    state: State
    clock: Clock
    running: set[str] = field(default_factory=set)

    async def once(
        self, place: str, digest: str, answer: Callable[[], Awaitable[dict[str, Any]]]
    ) -> dict[str, Any]:
        known = self._remembered(place, digest)
        if known is not None:
            return known
        self.running.add(place)
        try:
            given = await answer()
            self._remember(place, digest, given)
            return given
        finally:
            self.running.discard(place)

    def _remember(self, place: str, digest: str, answer: dict[str, Any]) -> None:
        """Also forgets the oldest that have expired, so that a long day stays small."""
        now = self.clock.now().timestamp()
        remembered = self.state.idempotency
        remembered.pop(place, None)
        remembered[place] = Remembered(digest, now + REMEMBERED_SECONDS, answer)
        while (oldest := next(iter(remembered))) and remembered[oldest].expires_at <= now:
            del remembered[oldest]

    def _remembered(self, place: str, digest: str) -> dict[str, Any] | None:
        if place in self.running:
            raise Refused(
                409,
                "concurrent_idempotent_requests",
                "Same idempotency key used while original request is still in progress.",
            )
        known = self.state.idempotency.get(place)
        if known is None or known.expires_at <= self.clock.now().timestamp():
            return None
        if known.body_hash != digest:
            raise Refused(
                409,
                "invalid_idempotent_request",
                "Same idempotency key used with a different request payload.",
            )
        return known.answer
