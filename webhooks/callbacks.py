"""Sends callbacks to subscribers outside, signed as Standard Webhooks has it.

Each at least once, with an id that stays the same: what is not known to have arrived is sent again. Any
number of processes may; who sends what is a lease in the database.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import ssl
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import structlog

from channels.signing import webhook_key
from channels.transport import USER_AGENT, seconds_to_wait
from storage.store import Store
from webhooks.receivers import PublicResolver, Receivers, Unwanted

log = structlog.get_logger(__name__)

TIMEOUT_SECONDS = 5.0
AT_ONCE = 32
AT_ONCE_TO_ONE = 8
LEASE_SECONDS = 30.0
Outcome = dict[str, Any]


def signed_headers(message_id: str, secrets: Sequence[str], body: bytes, now: float) -> dict[str, str]:
    """With each of the secrets, the newest first."""
    timestamp = str(int(now))
    told = b".".join([message_id.encode(), timestamp.encode(), body])
    signatures = [base64.b64encode(hmac.digest(webhook_key(secret), told, "sha256")) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{signature.decode()}" for signature in signatures),
        "content-type": "application/json",
    }


class CallbackSender:
    """Sends one callback, once. An answer of any status is an outcome, and so is none."""

    def __init__(self, http: aiohttp.ClientSession, receivers: Receivers) -> None:
        self._http = http
        self._receivers = receivers

    async def send(self, callback: Mapping[str, Any]) -> Outcome:
        began = time.monotonic()
        outcome = await self._attempt(callback)
        milliseconds = round((time.monotonic() - began) * 1000)
        return {"id": callback["id"], "lease": callback["lease"], "milliseconds": milliseconds, **outcome}

    async def _attempt(self, callback: Mapping[str, Any]) -> Outcome:
        body = _encoded(callback["body"]).encode()
        headers = signed_headers(callback["message_id"], callback["secrets"], body, time.time())
        try:
            url = self._receivers.checked(callback["url"])
            async with self._http.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                wait = seconds_to_wait(answer.headers.get("Retry-After"))
                return {"status_code": answer.status, "retry_after": wait}
        except (Unwanted, aiohttp.ClientError, TimeoutError, OSError) as error:
            return {"error": _why(error)}


def _why(error: Exception) -> str:
    """One word, which says nothing of what stands behind the address."""
    match error:
        case Unwanted():
            return "refused_address"
        case TimeoutError():
            return "timeout"
        case aiohttp.ClientSSLError() | ssl.SSLError():
            return "tls"
        case aiohttp.ClientConnectorDNSError():
            return "unknown_host"
        case aiohttp.ClientConnectorError():
            return "unreachable"
        case aiohttp.ClientConnectionError():
            return "disconnected"
        case _:
            return "no_answer"


@asynccontextmanager
async def open_sender(
    receivers: Receivers, timeout_seconds: float = TIMEOUT_SECONDS
) -> AsyncIterator[CallbackSender]:
    """Follows no redirects, keeps no cookies, reads no environment."""
    connector = aiohttp.TCPConnector(
        resolver=PublicResolver(receivers), use_dns_cache=False, limit=AT_ONCE, limit_per_host=AT_ONCE_TO_ONE
    )
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=timeout_seconds),
        headers={"User-Agent": USER_AGENT},
        auto_decompress=False,
        trust_env=False,
    ) as http:
        yield CallbackSender(http, receivers)


class CallbackCarrier:
    """Carries what is due, many at once, and claims more as soon as one is done."""

    def __init__(self, store: Store, sender: CallbackSender) -> None:
        self._store = store
        self._sender = sender
        self._under_way: set[asyncio.Task[Outcome]] = set()

    async def carry(self, stop: asyncio.Event) -> int:
        """Until nothing is due, or `stop` is set; how many were sent. Raises StorageError."""
        sent = 0
        try:
            while True:
                if not stop.is_set():
                    await self._claim()
                if not self._under_way:
                    return sent
                sent += await self._record()
        finally:
            await self._let_go()

    async def _claim(self) -> None:
        free = AT_ONCE - len(self._under_way)
        if not free:
            return
        claimed = await self._store.call(
            "claim_callbacks", batch=free, per_subscriber=AT_ONCE_TO_ONE, lease_seconds=LEASE_SECONDS
        )
        self._under_way |= {asyncio.create_task(self._sender.send(callback)) for callback in claimed}

    async def _record(self) -> int:
        done, self._under_way = await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        outcomes = [task.result() for task in done]
        for outcome in outcomes:
            log.debug("callback_sent", **{key: outcome.get(key) for key in ("id", "status_code", "error")})
        await self._store.call("record_callbacks", outcomes=outcomes)
        return len(outcomes)

    async def _let_go(self) -> None:
        """Of what was not recorded the leases run out, and it is sent again."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._under_way.clear()


# Made once, and the same bytes for the same callback.
_encoded = json.JSONEncoder(separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode
