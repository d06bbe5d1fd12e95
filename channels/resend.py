"""Resend's API over httpx: requests, answers, and what its errors mean for a sender."""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

import httpx

from channels.errors import Busy, DeliveryError, Misconfigured, Refused, Unknown, Unreachable
from channels.transport import WHOLE_REQUEST_SECONDS, seconds_to_wait

# What Resend says in `name`, and what that means for us. The name is also our reason.
NAMES: Mapping[str, type[DeliveryError]] = {
    "missing_api_key": Misconfigured,
    "invalid_api_key": Misconfigured,
    "restricted_api_key": Misconfigured,
    "suspended_api_key": Misconfigured,
    "invalid_permission": Misconfigured,
    "invalid_access": Misconfigured,
    "invalid_region": Misconfigured,
    "invalid_from_address": Misconfigured,
    "email_above_quota": Misconfigured,
    "monthly_quota_exceeded": Misconfigured,
    "not_found": Misconfigured,
    "method_not_allowed": Misconfigured,
    "invalid_to_address": Unreachable,
    "invalid_idempotency_key": Refused,
    "invalid_attachment": Refused,
    "invalid_parameter": Refused,
    "missing_required_field": Refused,
    "missing_required_parameter": Refused,
    "security_error": Refused,
    "rate_limit_exceeded": Busy,
    "daily_quota_exceeded": Busy,
    "concurrent_idempotent_requests": Busy,
    "resource_locked": Busy,
    "application_error": Busy,
    "internal_server_error": Busy,
    "service_unavailable": Busy,
    "invalid_idempotent_request": Unknown,
}
# Some errors are told apart by their text only (a part of it, in lower case).
MESSAGES: Mapping[str, tuple[type[DeliveryError], str]] = {
    "invalid `to` field": (Unreachable, "invalid_to_address"),
}
# For names that are not listed above; for `validation_error`, which means too many things (a sender that is
# not verified is a 403); and for answers that are not Resend's but those of what stands before it.
STATUSES: Mapping[int, type[DeliveryError]] = {
    401: Misconfigured,
    403: Misconfigured,
    404: Misconfigured,
    405: Misconfigured,
    408: Busy,
    409: Busy,
    425: Busy,
    429: Busy,
}
WHOLE_CHANNEL = frozenset({"rate_limit_exceeded", "daily_quota_exceeded", "http_429"})
# Where Resend does not say how long to wait, in seconds. The daily quota begins anew at midnight UTC.
WAITS = {
    "rate_limit_exceeded": 1.0,
    "concurrent_idempotent_requests": 2.0,
    "resource_locked": 2.0,
    "http_429": 1.0,
}

CONNECTION_RETRY_SECONDS = 5.0


def _now() -> datetime:
    return datetime.now(UTC)


class Resend:
    """`patience`, in seconds, is for a whole request; the client's own time-outs are for each part of it."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        api_url: str,
        api_key: str,
        *,
        patience: float = WHOLE_REQUEST_SECONDS,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._client = client
        self._api_url = api_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._patience = patience
        self._now = now

    async def get(self, path: str) -> dict[str, Any]:
        """The JSON object that is the answer. Raises DeliveryError."""
        return _json_object(await self._request("GET", path, headers={}))

    async def post(self, path: str, body: Any, idempotency_key: str | None = None) -> dict[str, Any]:
        """The same `body` is always sent as the same bytes. Raises DeliveryError."""
        headers = {"Content-Type": "application/json"}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        return _json_object(await self._request("POST", path, headers=headers, content=_as_bytes(body)))

    async def _request(
        self, method: str, path: str, *, headers: Mapping[str, str], content: bytes | None = None
    ) -> httpx.Response:
        try:
            async with asyncio.timeout(self._patience):
                response = await self._client.request(
                    method, self._api_url + path, content=content, headers=self._headers | dict(headers)
                )
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as failure:
            raise _what_became_of_it(failure) from failure
        if not response.is_success:
            self._raise_for(response)
        return response

    def _raise_for(self, response: httpx.Response) -> NoReturn:
        error, reason, message = _meaning(response)
        if error is Busy:
            wait = self._wait(reason, response)
            raise Busy(reason, message, retry_after=wait, whole_channel=reason in WHOLE_CHANNEL)
        if error is Unknown:
            raise Unknown(reason, message, may_repeat=False)
        raise error(reason, message)

    def _wait(self, reason: str, response: httpx.Response) -> float | None:
        said = seconds_to_wait(response.headers.get("retry-after"))
        # Every answer may carry this header for the rate limit, which is a matter of seconds; a quota is not.
        if reason == "daily_quota_exceeded" and (said is None or said < 60):
            return _seconds_until_midnight(self._now())
        return WAITS.get(reason) if said is None else said


def _what_became_of_it(failure: Exception) -> DeliveryError:
    """Before the connection stood nothing was sent; after that nobody knows."""
    text = str(failure) or type(failure).__name__
    match failure:
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout() | httpx.ProxyError():
            return Busy("not_connected", text, retry_after=CONNECTION_RETRY_SECONDS, whole_channel=True)
        case httpx.UnsupportedProtocol() | httpx.InvalidURL():
            return Misconfigured("bad_api_url", text)
        case httpx.LocalProtocolError():
            return Misconfigured("bad_api_key", "it cannot stand in an HTTP header")
        case httpx.TimeoutException() | TimeoutError():
            return Unknown("no_answer", text)
    return Unknown("connection_lost", text)


def _meaning(response: httpx.Response) -> tuple[type[DeliveryError], str, str]:
    name, message = _name_and_message(response)
    for words, (error, reason) in MESSAGES.items():
        if words in message.lower():
            return error, reason, message
    error = NAMES.get(name) or _by_status(response.status_code)
    return error, name or f"http_{response.status_code}", message


def _name_and_message(response: httpx.Response) -> tuple[str, str]:
    """An empty name when the answer is not one of Resend's."""
    match _parsed(response):
        case {"name": str(name), "message": str(message)} if re.fullmatch(r"[a-z_]{1,64}", name):
            return name, message
    return "", ""


def _by_status(status: int) -> type[DeliveryError]:
    if status >= 500:
        return Busy
    # A redirect: this is not the address of the API.
    return STATUSES.get(status, Refused if status >= 400 else Misconfigured)


def _json_object(response: httpx.Response) -> dict[str, Any]:
    answer = _parsed(response)
    if not isinstance(answer, dict):
        raise Unknown("unreadable_answer", f"HTTP {response.status_code} without a JSON object")
    return answer


def _parsed(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _as_bytes(body: Any) -> bytes:
    # Sorted, because what was stored may come back from the database with its keys in another order.
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _seconds_until_midnight(now: datetime) -> float:
    tomorrow = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return (tomorrow - now).total_seconds()
