"""The road to Supabase: the same operations as remote procedure calls of PostgREST."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
import stamina

from storage.reachability import Reachability
from storage.store import (
    CONNECTION_FAILED,
    StorageError,
    Unavailable,
    as_json,
    closed,
    storage_error,
    unknown_operation,
)

if TYPE_CHECKING:
    from supabase import AsyncClient

TIMEOUT = httpx.Timeout(60.0, connect=5.0)
RETRY_SECONDS = 5.0
# Shorter than the gateway keeps an idle connection: it closes them without a word.
KEEPALIVE_SECONDS = 15.0

# PostgREST cannot reach its database, or the gateway before it is busy.
_AWAY = {"PGRST000", "PGRST001", "PGRST002", "PGRST003", "429", "500", "502", "503", "504", "520", "522"}
_UNKNOWN_FUNCTION = "PGRST202"


class SupabaseStore:
    """Needs the schema `tendril` among the exposed schemas of the project, and a secret key of it."""

    def __init__(
        self,
        url: str,
        secret_key: str,
        *,
        connections: int = 10,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url
        self._secret_key = secret_key
        # The pool has none: it never gives back the place of a call that is cancelled at an unlucky moment.
        self._turns = asyncio.Semaphore(connections)
        limits = httpx.Limits(
            max_connections=None,
            max_keepalive_connections=connections,
            keepalive_expiry=KEEPALIVE_SECONDS,
        )
        # HTTP/1.1: over HTTP/2 an idle connection that the gateway has left fails the next call.
        inner = transport or httpx.AsyncHTTPTransport(http2=False, limits=limits)
        self._http = httpx.AsyncClient(transport=_Wire(inner, secret_key), timeout=TIMEOUT)
        self._client: AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._reachability = Reachability()

    async def call(self, operation: str, /, **arguments: Any) -> Any:
        if self._http.is_closed:
            raise closed()
        client = self._client or await self._open()
        params = json.loads(as_json(arguments))
        try:
            answer = await self._call_patiently(client, operation, params)
        except Unavailable as error:
            self._reachability.missed(error)
            raise
        self._reachability.answered()
        return answer

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _call_patiently(self, client: "AsyncClient", operation: str, params: dict[str, Any]) -> Any:
        """Operations may be repeated without harm, which the client cannot know: it repeats no POST."""
        async for attempt in stamina.retry_context(
            on=Unavailable, attempts=4, timeout=RETRY_SECONDS, wait_initial=0.1, wait_max=2.0
        ):
            with attempt:
                async with self._turns:
                    return await _call_once(client, operation, params)

    async def _open(self) -> "AsyncClient":
        # Here and not above: this import takes most of a second, which nobody else should pay.
        from supabase import AsyncClientOptions, acreate_client

        async with self._opening:
            if self._client is None:
                options = AsyncClientOptions(
                    schema="tendril", httpx_client=self._http, auto_refresh_token=False, persist_session=False
                )
                self._client = await acreate_client(self._url, self._secret_key, options)
            return self._client


class _Wire(httpx.AsyncBaseTransport):
    """Two things that the client leaves to us."""

    def __init__(self, inner: httpx.AsyncBaseTransport, secret_key: str) -> None:
        self._inner = inner
        self._is_opaque_key = secret_key.startswith("sb_")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._is_opaque_key:
            # The new keys are no JWT and belong in `apikey` alone; the old ones need both headers.
            request.headers.pop("Authorization", None)
        response = await self._inner.handle_async_request(request)
        if response.status_code == 204:
            await response.aclose()  # else its connection would never be free again
            # Without a body the client would answer [], as for a function that returns rows and found none.
            return httpx.Response(200, content=b"null", request=request)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _call_once(client: "AsyncClient", operation: str, params: dict[str, Any]) -> Any:
    from supabase import PostgrestAPIError

    try:
        return (await client.rpc(operation, params).execute()).data
    except PostgrestAPIError as error:
        raise _translated(operation, error) from error
    except httpx.TransportError as error:
        reason = str(error) or type(error).__name__
        raise Unavailable(CONNECTION_FAILED, f"Supabase cannot be reached: {reason}") from error


def _translated(operation: str, error: Any) -> StorageError:
    code = error.code or "XX000"
    if code == _UNKNOWN_FUNCTION:
        return unknown_operation(operation)
    if code in _AWAY:
        return Unavailable(CONNECTION_FAILED, f"Supabase cannot answer now: {error.message} ({code})")
    return storage_error(code, error.message or code, error.hint, error.details)
