"""The one place that builds HTTP clients for channels.

httpx serves where one request carries a hundred messages, aiohttp where each message is a request of its own:
it is thirty times as fast at that. Neither reads the environment, and neither waits for ever.
"""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import httpx

USER_AGENT = "Tendril/1 (nurture engine; Telegram and email)"

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
WHOLE_REQUEST_SECONDS = 30.0
"""Well below a claim's lease, so that an outcome is known before somebody else takes the message."""


@asynccontextmanager
async def open_httpx_client(*, connections: int = 6) -> AsyncIterator[httpx.AsyncClient]:
    """Few connections on purpose: httpx searches its whole pool for each request."""
    client = httpx.AsyncClient(
        http2=False,
        trust_env=False,
        headers={"User-Agent": USER_AGENT},
        limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
    )
    async with client:
        yield client


@asynccontextmanager
async def open_aiohttp_session(*, connections: int = 32) -> AsyncIterator[aiohttp.ClientSession]:
    """`connections` is how many requests can be under way at once."""
    # We close an idle connection before the server does: one that ends just as a message is written to it
    # leaves nobody knowing whether the message arrived.
    connector = aiohttp.TCPConnector(limit=connections, keepalive_timeout=10, ttl_dns_cache=60)
    timeout = aiohttp.ClientTimeout(
        total=WHOLE_REQUEST_SECONDS, connect=CONNECT_SECONDS, sock_read=ANSWER_SECONDS
    )
    session = aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        headers={"User-Agent": USER_AGENT},
        cookie_jar=aiohttp.DummyCookieJar(),
    )
    async with session:
        yield session


def seconds_to_wait(said: object) -> float | None:
    """What a provider said in `retry_after` or `Retry-After`, if it is a sensible number of seconds."""
    try:
        seconds = float(said)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
