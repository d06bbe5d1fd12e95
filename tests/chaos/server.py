"""A durable PostgreSQL that scenarios crash and start again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from storage.embedded import PORT, embedded
from storage.migrations import migrate
from storage.postgres import connect
from tests.chaos.waiting import until

TEMPLATE = "template_chaos"
SETTINGS = {"max_connections": "300"}


@dataclass
class Server:
    """An embedded PostgreSQL with its durability on; `stack` keeps it open over restarts."""

    folder: Path
    address: str
    stack: AsyncExitStack
    _numbers: Iterable[int] = field(default_factory=count)

    @property
    def socket(self) -> str:
        (folder,) = parse_qs(urlsplit(self.address).query)["host"]
        return f"{folder}/.s.PGSQL.{PORT}"

    async def database(self, name: str) -> str:
        connection = await connect(self.address)
        try:
            await connection.execute(f'create database "{name}" template {TEMPLATE}')
        finally:
            await connection.close()
        return self.address.replace("/tendril?", f"/{name}?")

    def pid(self) -> int:
        return int((self.folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    async def crash_and_restart(self) -> float:
        """`pg_ctl -m immediate restart`: no checkpoint, no farewell. Gives the seconds without a server."""
        began, pid = time.monotonic(), self.pid()
        os.kill(pid, signal.SIGQUIT)
        await until(lambda: _is_gone(self.folder, pid), "PostgreSQL stopped")
        await self.stack.enter_async_context(embedded(self.folder, SETTINGS))
        return time.monotonic() - began


async def _is_gone(folder: Path, pid: int) -> bool:
    """A zombie of ours counts as gone: it is only waiting to be asked how it ended."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # noqa: ASYNC222  (it does not wait)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{pid}/stat").exists() and ") Z " in Path(f"/proc/{pid}/stat").read_text()


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Server]:
    async with AsyncExitStack() as stack:
        address = await stack.enter_async_context(embedded(folder, SETTINGS))
        connection = await connect(address)
        await connection.execute(f"create database {TEMPLATE}")
        await connection.close()
        await migrate(address.replace("/tendril?", f"/{TEMPLATE}?"))
        yield Server(folder, address, stack)
