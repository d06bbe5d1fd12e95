"""Stands between workers and providers, and answers in their stead or spoils their answers."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import aiohttp
from aiohttp import web

from tests.chaos.arena import Arena

PASSED_ON = ("Content-Type", "Idempotency-Key", "Authorization", "User-Agent", "x-batch-validation")
PASSED_BACK = ("Content-Type", "Retry-After")
LORIS_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Instead:
    """The provider never sees the request. Without a status the connection breaks, or nobody ever answers."""

    status: int | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class Damaged:
    """The provider has accepted, but its answer does not arrive as it was."""

    how: Literal["lost", "silent", "truncated", "not_json", "wrong_shape", "slow_loris"]


@dataclass(frozen=True, slots=True)
class Changed:
    """The provider's answer, rewritten."""

    rewrite: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """`number` counts from 1 since the meddler was told what to do; `at` is a monotonic time."""

    number: int
    at: float
    path: str
    body: Any


Meddling = Instead | Damaged | Changed | None
Plan = Callable[[Request], Meddling]


def leave_alone(_: Request) -> None:
    return None


class Meddler:
    def __init__(self, upstream: str, http: aiohttp.ClientSession) -> None:
        self.seen: list[Request] = []
        # of the provider itself, with the path of the request
        self.statuses: list[tuple[str, int]] = []
        self._upstream = upstream
        self._http = http
        self._plan: Plan = leave_alone

    def begin(self, plan: Plan) -> None:
        """A new plan, and a new count."""
        self._plan = plan
        self.seen, self.statuses = [], []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        body = json.loads(raw) if raw[:1] in (b"{", b"[") else None
        seen = Request(len(self.seen) + 1, time.monotonic(), request.path, body)
        self.seen.append(seen)
        rewrite = _as_it_is
        match self._plan(seen):
            case Instead() as instead:
                return await _answer_instead(request, instead)
            case Damaged(how):
                return await self._damage(request, raw, how)
            case Changed(rewrite):
                pass
        status, answer, headers = await self._ask(request, raw)
        self.statuses.append((request.path, status))
        return web.Response(status=status, body=rewrite(answer), headers=headers)

    async def _ask(self, request: web.Request, raw: bytes) -> tuple[int, bytes, dict[str, str]]:
        headers = {name: request.headers[name] for name in PASSED_ON if name in request.headers}
        async with self._http.request(
            request.method, self._upstream + request.path, data=raw, headers=headers
        ) as response:
            kept = {name: response.headers[name] for name in PASSED_BACK if name in response.headers}
            return response.status, await response.read(), kept

    async def _damage(self, request: web.Request, raw: bytes, how: str) -> web.StreamResponse:
        status, answer, headers = await self._ask(request, raw)
        if how == "lost":
            return _broken(request)
        if how == "silent":
            return await _never(request)
        if how == "slow_loris":
            return await _drop_by_drop(request, answer)
        body = {
            "truncated": answer[: len(answer) // 2],
            "not_json": b"<html><h1>Welcome to nginx!</h1></html>",
            "wrong_shape": b'{"data": {"ids": "many"}}',
        }[how]
        return web.Response(status=status, body=body, headers=headers)


def _as_it_is(body: bytes) -> bytes:
    return body


async def _answer_instead(request: web.Request, instead: Instead) -> web.StreamResponse:
    if instead.is_silent:
        return await _never(request)
    if instead.status is None:
        return _broken(request)
    if isinstance(instead.body, str):
        return web.Response(status=instead.status, text=instead.body, headers=instead.headers)
    return web.json_response(instead.body, status=instead.status, headers=instead.headers)


def _broken(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _never(request: web.Request) -> web.StreamResponse:
    """Until the client gives up, which cancels this."""
    await asyncio.Event().wait()
    return _broken(request)


async def _drop_by_drop(request: web.Request, answer: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = len(answer)
    await response.prepare(request)
    for byte in answer:
        await response.write(bytes([byte]))
        await asyncio.sleep(LORIS_SECONDS)
    return response


@asynccontextmanager
async def meddling(place: Arena) -> AsyncIterator[Meddler]:
    """Before both providers of the arena; workers have to be started after that."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        meddler = Meddler(place.url, http)
        app = web.Application(client_max_size=50 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", meddler.handle)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            address = f"http://127.0.0.1:{runner.addresses[0][1]}"
            place.telegram_url, place.resend_url = f"{address}/telegram", f"{address}/resend"
            yield meddler
        finally:
            await runner.cleanup()
