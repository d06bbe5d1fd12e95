"""One address that takes many small POSTs, over connections that stay open: HTTP/1.1 and nothing more.

A general client costs several times what all the rest of a message costs. The framing of answers is llhttp's
(httptools), TLS is the standard library's; here is who writes when, and what is known when it goes wrong:
whether anything of a request may have left. No error tells the address, because that may tell a secret.
"""

import asyncio
import select
import ssl
import time
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlsplit

from httptools import HttpParserError, HttpResponseParser

# We close an idle connection before the server does: one that ends just as a message is written to it leaves
# nobody knowing whether the message arrived.
KEPT_IDLE_SECONDS = 10.0
# Of one answer, with its headers.
MOST_BYTES = 1_000_000


class HTTPError(Exception):
    """What became of a request that has no answer."""


class BadAddress(HTTPError):
    """Nothing was sent, and nothing can be."""


class NotConnected(HTTPError):
    """Nothing was sent."""


class NoAnswer(HTTPError):
    """The request may have arrived: the answer did not come in time."""


class ConnectionLost(HTTPError):
    """The request may have arrived: the connection ended, or what came was not HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is what there was of it: an answer that breaks off after its headers is an answer too."""

    status: int
    body: bytes


class Endpoint:
    """`connections` is how many requests can be under way at once; who comes later waits for a place as long
    as for a connection.
    """

    def __init__(
        self,
        url: str,
        *,
        user_agent: str,
        connections: int,
        connect_seconds: float,
        answer_seconds: float,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._address = _Address.of(url)
        self._head = self._address.head(user_agent) if self._address else b""
        self._connect_seconds = connect_seconds
        self._answer_seconds = answer_seconds
        self._tls = tls
        self._places = asyncio.Semaphore(connections)
        self._idle: deque[_Connection] = deque()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    async def post(self, body: bytes) -> Answer:
        """Sent once, never repeated. Raises HTTPError."""
        await self._take_place()
        try:
            connection = self._quiet_one() or await self._connect()
            answer = await connection.ask(
                b"%b%d\r\n\r\n%b" % (self._head, len(body), body), self._answer_seconds
            )
            self._keep(connection)
            return answer
        finally:
            self._places.release()

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(self._connect_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise NotConnected from None

    def _quiet_one(self) -> "_Connection | None":
        """The connection that was used last, if it still stands."""
        while self._idle:
            connection = self._idle.pop()
            if connection.idle_for() < KEPT_IDLE_SECONDS and connection.is_quiet():
                return connection
            connection.close()
        return None

    def _keep(self, connection: "_Connection") -> None:
        if connection.is_open:
            connection.rest()
            self._idle.append(connection)
        else:
            connection.close()
        while self._idle and self._idle[0].idle_for() > KEPT_IDLE_SECONDS:
            self._idle.popleft().close()

    async def _connect(self) -> "_Connection":
        if self._address is None:
            raise BadAddress
        if self._address.is_tls and self._tls is None:
            self._tls = ssl.create_default_context()
        try:
            async with asyncio.timeout(self._connect_seconds):
                _, connection = await asyncio.get_running_loop().create_connection(
                    _Connection,
                    self._address.host,
                    self._address.port,
                    ssl=self._tls if self._address.is_tls else None,
                    happy_eyeballs_delay=0.25,
                )
        except (OSError, UnicodeError):
            # OSError is also a time-out, and a certificate that does not prove who is there.
            raise NotConnected from None
        return connection


@dataclass(frozen=True, slots=True)
class _Address:
    is_tls: bool
    host: str
    port: int
    named: str
    path: str

    @classmethod
    def of(cls, url: str) -> "_Address | None":
        """None if nothing can be sent there."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            return None
        if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or not _is_plain(url):
            return None
        is_tls = parts.scheme == "https"
        return cls(is_tls, host, port or (443 if is_tls else 80), parts.netloc, parts.path or "/")

    def head(self, user_agent: str) -> bytes:
        lines = (
            f"POST {self.path} HTTP/1.1",
            f"Host: {self.named}",
            f"User-Agent: {user_agent}",
            "Content-Type: application/json",
            "Content-Length: ",
        )
        return "\r\n".join(lines).encode("ascii")


def _is_plain(url: str) -> bool:
    """Whether it can stand in a request line."""
    return all("!" <= character <= "~" for character in url)


class _Connection(asyncio.Protocol):
    """Carries one request at a time."""

    def __init__(self) -> None:
        self.is_open = False
        self._parser = HttpResponseParser(self)
        self._answer: asyncio.Future[Answer] | None = None
        self._idle_since = 0.0
        self._status = 0
        self._body = b""
        self._received = 0
        self._poll = select.poll()

    # What the endpoint asks of it

    async def ask(self, request: bytes, seconds: float) -> Answer:
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        self._status, self._body, self._received = 0, b"", 0
        impatience = loop.call_later(seconds, self._end, NoAnswer)
        try:
            self._transport.write(request)
            return await self._answer
        except BaseException:
            self.close()
            raise
        finally:
            impatience.cancel()

    def rest(self) -> None:
        self._idle_since = time.monotonic()

    def idle_for(self) -> float:
        return time.monotonic() - self._idle_since

    def is_quiet(self) -> bool:
        """Nobody hung up and nothing was said unasked, not even what the event loop has not seen yet."""
        return self.is_open and not self._poll.poll(0)

    def close(self) -> None:
        self.is_open = False
        self._transport.abort()

    # What the event loop says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._poll.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        try:
            if self._answer is None or self._received > MOST_BYTES:
                raise HttpParserError
            self._parser.feed_data(data)
        except HttpParserError:
            self._end(ConnectionLost)

    def connection_lost(self, error: Exception | None) -> None:
        self._end(ConnectionLost)

    def _end(self, failure: type[HTTPError]) -> None:
        """Nothing more will come: what there is of an answer has to do."""
        self.close()
        if self._answer is not None and not self._answer.done():
            if self._status >= 200:
                self._answer.set_result(Answer(self._status, self._body))
            else:
                self._answer.set_exception(failure())

    # What the parser says

    def on_message_begin(self) -> None:
        if self._answer is None or self._answer.done():
            raise ConnectionLost

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()

    def on_body(self, part: bytes) -> None:
        self._body += part

    def on_message_complete(self) -> None:
        # An interim answer (100, 103) is followed by the real one.
        if self._status >= 200 and self._answer is not None and not self._answer.done():
            self.is_open = self._parser.should_keep_alive()
            self._answer.set_result(Answer(self._status, self._body))
