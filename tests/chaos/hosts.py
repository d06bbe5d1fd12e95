"""Hosts for workers: network namespaces where we may make them, and loopback where not.

Each has its own way to the database and to the providers, and can be cut off as by a pulled cable: nobody
is told, nothing passes.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.chaos.arena import Arena
from tests.chaos.proxy import NONE, Proxy, Toxics

FOR_EVER = Toxics(timeout=3600.0)


@dataclass
class Host:
    """`link` is the end of its cable on our side; without one, the proxies stand for the cable."""

    place: Arena
    database: Proxy
    providers: Proxy
    enter: Sequence[str] = ()
    link: str | None = None

    @contextmanager
    def here(self) -> Iterator[None]:
        """Whatever the arena begins meanwhile runs on this host."""
        place = self.place
        before = place.database_url, place.telegram_url, place.resend_url, place.enter
        providers = f"http://{self.providers.host}:{self.providers.port}"
        place.database_url = (
            f"postgresql://postgres@{self.database.host}:{self.database.port}/{self.place.name}"
        )
        place.telegram_url, place.resend_url = f"{providers}/telegram", f"{providers}/resend"
        place.enter = self.enter
        try:
            yield
        finally:
            place.database_url, place.telegram_url, place.resend_url, place.enter = before

    async def cut(self) -> None:
        if self.link is not None:
            await _ip("link", "set", self.link, "down")
        else:
            self.database.toxics = self.providers.toxics = FOR_EVER

    async def join(self) -> None:
        if self.link is not None:
            await _ip("link", "set", self.link, "up")
        else:
            self.database.toxics = self.providers.toxics = NONE


@asynccontextmanager
async def hosts(place: Arena, count: int) -> AsyncIterator[list[Host]]:
    """Behind each the arena's database, and the providers where the arena says that they are."""
    await _sweep()
    async with AsyncExitStack() as opened:
        yield [await opened.enter_async_context(_host(place, number)) for number in range(count)]


@asynccontextmanager
async def _host(place: Arena, number: int) -> AsyncIterator[Host]:
    async with AsyncExitStack() as opened:
        cable = await opened.enter_async_context(_cable(place, number))
        providers = Proxy.to_port(urlsplit(place.telegram_url).port or 0)
        database = Proxy.to_unix(place.server.socket)
        for proxy in (database, providers):
            proxy.host = cable.address
            await opened.enter_async_context(proxy)
        yield Host(place, database, providers, cable.enter, cable.link)


@dataclass(frozen=True, slots=True)
class _Cable:
    """`address` is ours, as the host sees us."""

    address: str = "127.0.0.1"
    enter: tuple[str, ...] = ()
    link: str | None = None


@asynccontextmanager
async def _cable(place: Arena, number: int) -> AsyncIterator[_Cable]:
    name = f"t{os.getpid()}{place.name[:1]}{number}"
    if not await _may_make(name):
        yield _Cable()
        return
    # A net of two addresses for each of them, most likely apart from those of other runs.
    net = f"10.{200 + ord(place.name[0]) % 50}.{os.getpid() % 256}"
    ours, theirs = f"{net}.{4 * number + 1}", f"{net}.{4 * number + 2}"
    try:
        await _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name)
        await _ip("address", "add", f"{ours}/30", "dev", name)
        await _ip("link", "set", name, "up")
        await _ip("-n", name, "address", "add", f"{theirs}/30", "dev", "eth0")
        await _ip("-n", name, "link", "set", "eth0", "up")
        await _ip("-n", name, "link", "set", "lo", "up")
        yield _Cable(ours, ("ip", "netns", "exec", name), name)
    finally:
        await _ip("netns", "delete", name)


async def _sweep() -> None:
    """What runs have left that were killed themselves."""
    for namespace in Path("/run/netns").glob("t*"):
        owner = re.fullmatch(r"t(\d+)[a-z]\d", namespace.name)
        if owner is not None and not Path(f"/proc/{owner[1]}").exists():
            await _succeeds("ip", "netns", "delete", namespace.name)


async def _may_make(name: str) -> bool:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    return await _succeeds("ip", "netns", "add", name)


async def _ip(*arguments: str) -> None:
    if not await _succeeds("ip", *arguments):
        raise RuntimeError(f"ip {' '.join(arguments)} failed")


async def _succeeds(*command: str) -> bool:
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
    return await process.wait() == 0
