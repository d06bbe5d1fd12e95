"""A provider whose every answer is written by the test."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

PATIENCE = 0.2
"""Seconds until an impatient client gives up, in those tests that are about giving up."""
TAKEN_WITHIN = 2.0
"""The same, where the provider has to have taken the message, or begun its answer, before."""

Answering = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Provider:
    """Answers over a bare socket, so that it can also break off, stall or talk nonsense."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    answering: list[Answering] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)

    def answers(self, status: int, body: Any = b"", headers: Mapping[str, str] | None = None) -> None:
        """Queue one answer; the last one is repeated."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(raw)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.says("\r\n".join([*lines, "", ""]).encode() + raw)

    def says(self, raw: bytes, *, then: Answering | None = None) -> None:
        """Queue these bytes, and after them `then`, which ends the connection by default if they do not."""

        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(raw)
            await writer.drain()
            if then is not None:
                await then(writer)

        self.answering.append(answer)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await _read_request(reader):
                self.requests.append(request)
                self.asked.set()
                answer = self.answering.pop(0) if len(self.answering) > 1 else self.answering[0]
                await answer(writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = head[0].split(" ")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body)


async def hangs_up(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def resets(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def stalls(writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def drips(writer: asyncio.StreamWriter) -> None:
    """A byte now and then: no single read ever takes too long."""
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(PATIENCE / 10)


@asynccontextmanager
async def _serving(provider: Provider) -> AsyncIterator[Provider]:
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(provider.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    provider.url = f"http://127.0.0.1:{port}"
    try:
        yield provider
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with _serving(Provider()) as serving:
        yield serving


@pytest.fixture
async def nobody_listens() -> str:
    """An address at which no connection opens."""
    async with _serving(Provider()) as gone:
        return gone.url


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client
