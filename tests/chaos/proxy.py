"""A TCP proxy that does to a connection what networks do: the toxics of toxiproxy, in asyncio."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from types import TracebackType

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[], Awaitable[Streams]]

CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class Toxics:
    """Seconds and bytes; they hold for both directions of each connection, `None` and 0 are off.

    `timeout`: nothing passes, and the connection is closed after so long. `reset`: it is reset after so long.
    `limit`: it is closed after so many bytes. `slice_size`: data arrives in pieces of this size.
    """

    latency: float = 0.0
    jitter: float = 0.0
    bandwidth: float | None = None
    slow_close: float = 0.0
    timeout: float | None = None
    reset: float | None = None
    slice_size: int | None = None
    slice_delay: float = 0.0
    limit: int | None = None


NONE = Toxics()


class Proxy:
    """`async with` it; `toxics` may be changed at any time, `down` and `up` close and open the door."""

    def __init__(self, dial: Dial) -> None:
        self.toxics = NONE
        self.host = "127.0.0.1"
        self.port = 0
        self._dial = dial
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()

    @classmethod
    def to_unix(cls, path: str) -> Proxy:
        return cls(lambda: asyncio.open_unix_connection(path))

    @classmethod
    def to_port(cls, port: int) -> Proxy:
        return cls(lambda: asyncio.open_connection("127.0.0.1", port))

    async def __aenter__(self) -> Proxy:
        await self.up()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.down()

    async def up(self) -> None:
        """On the same port as before."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, self.host, self.port, limit=CHUNK)
            self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Nobody gets in, and who is in is thrown out."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset_all()
        await asyncio.gather(*(each.ended.wait() for each in list(self._connections)))

    def reset_all(self) -> None:
        for connection in list(self._connections):
            connection.reset()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream = await self._dial()
        except OSError:
            abort(writer)
            return
        connection = _Connection(self, (reader, writer), upstream)
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)


class _Connection:
    def __init__(self, proxy: Proxy, client: Streams, upstream: Streams) -> None:
        self.ended = asyncio.Event()
        self._proxy = proxy
        self._client, self._upstream = client, upstream
        self._tasks: list[asyncio.Task[None]] = []
        self._passed = 0

    async def run(self) -> None:
        self._tasks = [
            asyncio.create_task(self._pass(self._client[0], self._upstream[1])),
            asyncio.create_task(self._pass(self._upstream[0], self._client[1])),
            asyncio.create_task(self._expire()),
        ]
        try:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(self._proxy.toxics.slow_close)
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for writer in (self._client[1], self._upstream[1]):
                with suppress(OSError, RuntimeError):
                    writer.close()
            self.ended.set()

    def reset(self) -> None:
        """As if a cable were cut by somebody who says so."""
        abort(self._client[1])
        abort(self._upstream[1])
        for task in self._tasks:
            task.cancel()

    async def _expire(self) -> None:
        """Returns, which ends the connection, when a toxic says that its time is over."""
        began = asyncio.get_running_loop().time()
        while True:
            toxics, lived = self._proxy.toxics, asyncio.get_running_loop().time() - began
            if toxics.reset is not None and lived >= toxics.reset:
                self.reset()
                return
            if toxics.timeout is not None and lived >= toxics.timeout:
                return
            await asyncio.sleep(0.02)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Delays do not add up: what was read together arrives together, only later."""
        late: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        both = [
            asyncio.create_task(self._read(reader, late)),
            asyncio.create_task(self._write(late, writer)),
        ]
        try:
            # The reader only ends by an error: the end of what it read goes through the queue.
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _read(self, reader: asyncio.StreamReader, late: asyncio.Queue[tuple[float, bytes]]) -> None:
        async for due, chunk in self._delayed(reader):
            late.put_nowait((due, chunk))
        late.put_nowait((0.0, b""))
        await asyncio.Event().wait()

    async def _delayed(self, reader: asyncio.StreamReader) -> AsyncIterator[tuple[float, bytes]]:
        while chunk := await reader.read(CHUNK):
            toxics = self._proxy.toxics
            delay = max(0.0, toxics.latency + random.uniform(-toxics.jitter, toxics.jitter))
            yield asyncio.get_running_loop().time() + delay, chunk

    async def _write(self, late: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        while True:
            due, chunk = await late.get()
            if not chunk:
                return
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            for piece in sliced(chunk, self._proxy.toxics.slice_size):
                if not await self._write_piece(piece, writer):
                    return

    async def _write_piece(self, piece: bytes, writer: asyncio.StreamWriter) -> bool:
        toxics = self._proxy.toxics
        while self._proxy.toxics.timeout is not None:  # noqa: ASYNC110  (toxics change without telling)
            await asyncio.sleep(0.02)
        if toxics.limit is not None:
            piece = piece[: max(0, toxics.limit - self._passed)]
        self._passed += len(piece)
        writer.write(piece)
        await writer.drain()
        if toxics.bandwidth:
            await asyncio.sleep(len(piece) / toxics.bandwidth)
        if toxics.slice_size:
            await asyncio.sleep(toxics.slice_delay)
        return toxics.limit is None or self._passed < toxics.limit


def sliced(chunk: bytes, size: int | None) -> Iterator[bytes]:
    if size is None:
        yield chunk
        return
    for start in range(0, len(chunk), size):
        yield chunk[start : start + size]


def abort(writer: asyncio.StreamWriter) -> None:
    """A reset instead of a farewell."""
    connected = writer.get_extra_info("socket")
    if connected is not None and connected.family != socket.AF_UNIX:
        with suppress(OSError):
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def toxic(proxy: Proxy, toxics: Toxics) -> AsyncIterator[None]:
    """For as long as the block lasts."""
    proxy.toxics = toxics
    try:
        yield
    finally:
        proxy.toxics = NONE
