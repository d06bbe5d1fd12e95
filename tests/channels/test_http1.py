"""The client for many small requests, against servers that break every promise of HTTP."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from channels.http1 import (
    MOST_BYTES,
    Answer,
    BadAddress,
    ConnectionLost,
    Endpoint,
    HTTPError,
    NoAnswer,
    NotConnected,
)
from tests.channels.conftest import PATIENCE, Provider, drips, hangs_up, resets, stalls
from tests.fixtures.requirements import require

FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nfi\r\n3\r\nne!\r\n0\r\nA: b\r\n\r\n"


@contextmanager
def endpoint(
    url: str, *, connections: int = 1, tls: ssl.SSLContext | None = None, patience: float = 30.0
) -> Iterator[Endpoint]:
    it = Endpoint(
        url,
        user_agent="tests",
        connections=connections,
        connect_seconds=30.0,
        answer_seconds=patience,
        tls=tls,
    )
    yield it
    it.close()


async def outcome(provider: Provider, patience: float = 30.0) -> Answer | type[HTTPError]:
    with endpoint(provider.url, patience=patience) as ours:
        try:
            return await ours.post(b"{}")
        except HTTPError as error:
            return type(error)


@asynccontextmanager
async def server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[int]:
    """Its port. `answer` is called once for each connection."""
    listening = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=tls)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


async def read_request(reader: asyncio.StreamReader) -> None:
    await reader.readuntil(b"\r\n\r\n{}")


async def test_a_request_says_where_it_goes_and_how_long_it_is(provider: Provider) -> None:
    provider.says(FINE)
    with endpoint(f"{provider.url}/bot/send") as ours:
        assert await ours.post(b'{"a": 1}') == Answer(200, b"ok")
    (request,) = provider.requests
    assert (request.method, request.path, request.body) == ("POST", "/bot/send", b'{"a": 1}')
    assert request.headers["host"] == provider.url.removeprefix("http://")
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("raw", [FINE, CHUNKED, b"HTTP/1.1 100 Continue\r\n\r\n" + FINE])
async def test_an_answer_may_be_cut_at_every_byte(raw: bytes) -> None:
    whole = Answer(200, b"fine!" if raw == CHUNKED else b"ok")
    cut = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal cut
        while True:
            await read_request(reader)
            cut += 1
            for part in (raw[:cut], raw[cut:]):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)

    async with server(answer) as port:
        with endpoint(f"http://127.0.0.1:{port}") as ours:
            assert {await ours.post(b"{}") for _ in raw} == {whole}


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (FINE.replace(b" 2\r\n", b" 3\r\n"), 200),
        (CHUNKED[:-5], 200),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\nok", 502),
        (b"HTTP/1.0 200 OK\r\n\r\nok", 200),
    ],
)
@pytest.mark.parametrize("ends", [hangs_up, resets])
async def test_what_was_read_before_the_end_is_the_answer(
    provider: Provider, raw: bytes, status: int, ends: Callable[..., Awaitable[None]]
) -> None:
    provider.says(raw, then=ends)
    told = await outcome(provider)
    assert isinstance(told, Answer)
    assert told.status == status
    assert told.body in (b"", b"ok", b"fine!")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * MOST_BYTES,
        b"HTTP/1.1 100 Continue\r\n\r\n" * (MOST_BYTES // 25 + 1),
    ],
)
async def test_what_is_not_an_answer_loses_the_connection(provider: Provider, raw: bytes) -> None:
    provider.says(raw, then=hangs_up)
    assert await outcome(provider) is ConnectionLost


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n" + b"x" * MOST_BYTES, 200),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 200),
    ],
)
async def test_a_body_that_is_too_large_or_broken_is_not_read_on(
    provider: Provider, raw: bytes, told: int
) -> None:
    provider.says(raw, then=stalls)
    answer = await outcome(provider)
    assert isinstance(answer, Answer)
    assert answer.status == told
    assert len(answer.body) <= MOST_BYTES


@pytest.mark.parametrize("raw", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"])
@pytest.mark.parametrize("then", [stalls, drips])
async def test_who_does_not_answer_in_time_has_not_answered(
    provider: Provider, raw: bytes, then: Callable[..., Awaitable[None]]
) -> None:
    provider.says(raw, then=then)
    assert await outcome(provider, PATIENCE) in (NoAnswer, ConnectionLost)


async def test_a_request_goes_once_whatever_becomes_of_it(provider: Provider) -> None:
    provider.says(b"", then=resets)
    assert await outcome(provider) is ConnectionLost
    assert len(provider.requests) == 1


async def counting(answers: list[bytes]) -> tuple[Callable[..., Awaitable[None]], list[int]]:
    """A server that gives these answers, one after the other, and how many requests each connection had."""
    had: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = len(had)
        had.append(0)
        while answers:
            await read_request(reader)
            had[number] += 1
            raw = answers.pop(0)
            writer.write(raw)
            if b"close" in raw:
                writer.close()
                return

    return answer, had


@pytest.mark.parametrize(
    ("first", "connections"),
    [
        (FINE, [2]),
        (CHUNKED, [2]),
        (FINE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), [1, 1]),
        (FINE.replace(b"1.1", b"1.0"), [1, 1]),
        (FINE + FINE, [1, 1]),
        (FINE + b"nonsense", [1, 1]),
    ],
)
async def test_a_connection_is_used_again_only_after_a_clean_answer(
    first: bytes, connections: list[int]
) -> None:
    answer, had = await counting([first, FINE])
    async with server(answer) as port:
        with endpoint(f"http://127.0.0.1:{port}") as ours:
            await ours.post(b"{}")
            assert await ours.post(b"{}") == Answer(200, b"ok")
    assert had == connections


@pytest.mark.parametrize("ends", [hangs_up, resets])
async def test_a_connection_that_ended_while_idle_is_not_written_to(
    provider: Provider, ends: Callable[..., Awaitable[None]]
) -> None:
    """Not even when the event loop has not come to hear of it."""
    done = asyncio.Event()

    async def ends_later(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0)
        await ends(writer)
        done.set()

    provider.says(FINE, then=ends_later)
    provider.says(FINE)
    with endpoint(provider.url) as ours:
        await ours.post(b"{}")
        await done.wait()
        assert await ours.post(b"{}") == Answer(200, b"ok")


async def test_who_gives_up_waiting_leaves_no_half_used_connection(provider: Provider) -> None:
    provider.says(b"", then=stalls)
    provider.says(FINE)
    with endpoint(provider.url) as ours:
        asking = asyncio.create_task(ours.post(b"{}"))
        await provider.asked.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert await ours.post(b"{}") == Answer(200, b"ok")


async def test_no_more_connections_are_open_than_allowed(provider: Provider) -> None:
    provider.says(FINE)
    open_at_once: list[int] = []
    busy = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal busy
        busy += 1
        open_at_once.append(busy)
        while not reader.at_eof():
            await read_request(reader)
            await asyncio.sleep(0)
            writer.write(FINE)

    async with server(answer) as port:
        with endpoint(f"http://127.0.0.1:{port}", connections=3) as ours:
            answers = await asyncio.gather(*(ours.post(b"{}") for _ in range(50)))
    assert set(answers) == {Answer(200, b"ok")}
    assert max(open_at_once) == 3


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nowhere",
        "ftp://127.0.0.1",
        "http://",
        "http://a:b",
        "http://a@127.0.0.1",
        "http://127.0.0.1/\r\nX: y",
    ],
)
async def test_what_is_no_address_is_not_written_to(url: str) -> None:
    with endpoint(url) as ours, pytest.raises(BadAddress):
        await ours.post(b"{}")


async def test_where_nobody_listens_nothing_was_sent(nobody_listens: str) -> None:
    with endpoint(nobody_listens) as ours, pytest.raises(NotConnected):
        await ours.post(b"{}")


# TLS


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Of `localhost`, signed by itself."""
    openssl = require("openssl", [shutil.which("openssl")])
    folder = tmp_path_factory.mktemp("tls")
    proof, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", key, "-out", proof],
        check=True, capture_output=True,
    )  # fmt: skip
    return proof, key


@asynccontextmanager
async def secure_server(certificate: tuple[Path, Path]) -> AsyncIterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    answer, _ = await counting([FINE] * 3)
    async with server(answer, context) as port:
        yield port


async def test_a_server_that_proves_its_name_is_talked_to(certificate: tuple[Path, Path]) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    async with secure_server(certificate) as port:
        with endpoint(f"https://localhost:{port}", tls=trusting) as ours:
            assert [await ours.post(b"{}") for _ in range(3)] == [Answer(200, b"ok")] * 3


async def test_a_server_of_another_name_is_told_nothing(certificate: tuple[Path, Path]) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    async with secure_server(certificate) as port:
        with endpoint(f"https://127.0.0.1:{port}", tls=trusting) as ours, pytest.raises(NotConnected):
            await ours.post(b"{}")


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificate: tuple[Path, Path]) -> None:
    async with secure_server(certificate) as port:
        with endpoint(f"https://localhost:{port}") as ours, pytest.raises(NotConnected):
            await ours.post(b"{}")
