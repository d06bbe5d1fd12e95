"""Failures on purpose: which provider misbehaves how, and for how many requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

Provider = Literal["telegram", "resend"]
PROVIDERS = ("telegram", "resend")
KINDS = (
    "rate_limit",
    "server_error",
    "timeout_after_accept",
    "slow",
    "malformed",
    "reset",
    "forbidden",
)
LONGEST_SILENCE = 120.0


@dataclass(slots=True)
class Fault:
    """Without `remaining` it lasts until it is deleted; without `methods` it hits every sending request."""

    provider: str
    fault: str
    remaining: int | None = None
    retry_after: int = 3
    delay: float = 2.0
    methods: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "provider": self.provider,
            "fault": self.fault,
            "count": self.remaining,
            "remaining": self.remaining,
            "retry_after": self.retry_after,
            "delay": self.delay,
            "methods": list(self.methods),
        }


class Faults:
    def __init__(self) -> None:
        self.active: list[Fault] = []
        self.on_change: Callable[[], None] = lambda: None

    def as_json(self) -> list[dict[str, Any]]:
        return [fault.as_json() for fault in self.active]

    def add(self, fault: Fault) -> None:
        """A newer fault takes the place of the same kind at the same provider."""
        self.active = [
            old for old in self.active if (old.provider, old.fault) != (fault.provider, fault.fault)
        ]
        self.active.append(fault)
        self.on_change()

    def clear(self, provider: str | None = None) -> None:
        self.active = [fault for fault in self.active if provider is not None and fault.provider != provider]
        self.on_change()

    def strike(self, provider: Provider, method: str, sends: bool) -> Fault | None:
        """The fault that this request meets, if any; it is counted."""
        for fault in self.active:
            if fault.provider == provider and (method in fault.methods or (sends and not fault.methods)):
                self._count(fault)
                return fault
        return None

    def _count(self, fault: Fault) -> None:
        if fault.remaining is not None:
            fault.remaining -= 1
            if fault.remaining <= 0:
                self.active.remove(fault)
            self.on_change()


async def silence(closing: asyncio.Event) -> None:
    """An answer that does not come: until the client gives up (which cancels us), or the stand-ins stop."""
    try:
        await asyncio.wait_for(closing.wait(), LONGEST_SILENCE)
    except TimeoutError:
        pass


def drop_connection(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
