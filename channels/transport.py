"""The one place that builds HTTP clients for channels.

httpx serves where one request carries a hundred messages, a client of our own (http1) where each message is a
request: docs/decisions/0010 says why. Neither reads the environment, and neither waits for ever.
"""

import math
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import cache

import httpx

from channels.http1 import Endpoint

USER_AGENT = "Tendril/1 (nurture engine; Telegram and email)"

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
WHOLE_REQUEST_SECONDS = 30.0
"""Well below a claim's lease, so that an outcome is known before somebody else takes the message."""


@cache
def trusted() -> ssl.SSLContext:
    """Whom clients of httpx trust: reading the certificates takes longer than all else about a client."""
    return httpx.create_ssl_context(trust_env=False)


KEPT_CONNECTIONS = 6


@asynccontextmanager
async def open_httpx_client() -> AsyncIterator[httpx.AsyncClient]:
    """Whoever uses it sees to it that few requests are under way: httpx searches its whole pool for each. The
    pool has no limit of its own, because it never gives back the place of a request that is cancelled at an
    unlucky moment: with the last place lost, nothing is sent any more.
    """
    client = httpx.AsyncClient(
        http2=False,
        trust_env=False,
        verify=trusted(),
        headers={"User-Agent": USER_AGENT},
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=KEPT_CONNECTIONS),
        timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
    )
    async with client:
        yield client


@contextmanager
def open_endpoint(url: str, *, connections: int, answer_seconds: float | None = None) -> Iterator[Endpoint]:
    """`connections` is how many requests can be under way at once."""
    endpoint = Endpoint(
        url,
        user_agent=USER_AGENT,
        connections=connections,
        connect_seconds=CONNECT_SECONDS,
        answer_seconds=ANSWER_SECONDS if answer_seconds is None else answer_seconds,
    )
    try:
        yield endpoint
    finally:
        endpoint.close()


def seconds_to_wait(said: object) -> float | None:
    """What a provider said in `retry_after` or `Retry-After`, if it is a sensible number of seconds."""
    try:
        seconds = float(said)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
