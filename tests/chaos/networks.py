"""Fault proxies put between the workers of an arena and what they talk to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from tests.chaos.arena import Arena
from tests.chaos.proxy import Proxy, Toxics


@asynccontextmanager
async def before_providers(place: Arena) -> AsyncIterator[Proxy]:
    async with Proxy.to_port(urlsplit(place.url).port or 0) as proxy:
        place.telegram_url = f"http://127.0.0.1:{proxy.port}/telegram"
        place.resend_url = f"http://127.0.0.1:{proxy.port}/resend"
        yield proxy


@asynccontextmanager
async def slowed_providers(place: Arena, seconds: float) -> AsyncIterator[Proxy]:
    """`seconds` for a request and its answer together."""
    async with before_providers(place) as proxy:
        proxy.toxics = Toxics(latency=seconds / 2)
        yield proxy


@asynccontextmanager
async def before_database(place: Arena) -> AsyncIterator[Proxy]:
    async with Proxy.to_unix(place.server.socket) as proxy:
        place.database_url = f"postgresql://postgres@127.0.0.1:{proxy.port}/{place.name}"
        yield proxy
