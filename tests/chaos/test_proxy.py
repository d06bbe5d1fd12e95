import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from tests.chaos.proxy import NONE, Proxy, Toxics, toxic


@pytest.fixture
async def echo() -> AsyncIterator[Proxy]:
    """A proxy before a server that says what it hears."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(65536):
                writer.write(chunk)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, Proxy.to_port(server.sockets[0].getsockname()[1]) as proxy:
        yield proxy


async def said(proxy: Proxy, words: bytes = b"hello", expected: int | None = None) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        writer.write(words)
        return await asyncio.wait_for(reader.readexactly(expected or len(words)), 5)
    finally:
        writer.close()


async def seconds(proxy: Proxy, words: bytes = b"hello") -> float:
    began = time.monotonic()
    assert await said(proxy, words) == words
    return time.monotonic() - began


async def test_without_toxics_everything_passes(echo: Proxy) -> None:
    assert await said(echo, b"x" * 300_000) == b"x" * 300_000


async def test_latency_holds_for_both_directions(echo: Proxy) -> None:
    echo.toxics = Toxics(latency=0.05, jitter=0.01)
    assert await seconds(echo) >= 0.08


async def test_bandwidth_is_bounded(echo: Proxy) -> None:
    echo.toxics = Toxics(bandwidth=100_000, slice_size=1_000)
    # The last of ten pieces delays nobody.
    assert await seconds(echo, b"x" * 10_000) >= 0.09


async def test_slices_arrive_in_order(echo: Proxy) -> None:
    echo.toxics = Toxics(slice_size=3)
    assert await said(echo, b"0123456789") == b"0123456789"


async def test_a_limit_ends_the_connection_in_the_middle(echo: Proxy) -> None:
    echo.toxics = Toxics(limit=7)
    with pytest.raises(asyncio.IncompleteReadError):
        await said(echo, b"hello", expected=5)


async def test_a_reset_is_heard_as_one(echo: Proxy) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", echo.port)
    writer.write(b"hello")
    await reader.readexactly(5)
    echo.reset_all()
    with pytest.raises(ConnectionResetError):
        await reader.readexactly(1)
    writer.close()


@pytest.mark.parametrize("toxics", [Toxics(timeout=0.05), Toxics(reset=0.05)])
async def test_a_connection_ends_when_its_time_is_over(echo: Proxy, toxics: Toxics) -> None:
    async with toxic(echo, toxics):
        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await said(echo, b"hello", expected=6)
    assert echo.toxics == NONE


async def test_nobody_gets_in_while_it_is_down_and_the_address_stays(echo: Proxy) -> None:
    port = echo.port
    await echo.down()
    with pytest.raises(ConnectionError):
        await said(echo)
    await echo.up()
    assert (echo.port, await said(echo)) == (port, b"hello")


async def test_a_slow_close_keeps_the_other_side_waiting(echo: Proxy) -> None:
    echo.toxics = Toxics(limit=5, slow_close=0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", echo.port)
    began = time.monotonic()
    writer.write(b"hello")
    await asyncio.wait_for(reader.read(-1), 5)
    assert time.monotonic() - began >= 0.1
    writer.close()
