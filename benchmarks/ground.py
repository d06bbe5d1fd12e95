"""What all measurements stand on: a PostgreSQL of their own, and a bare provider in another process."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import asyncpg

from benchmarks.pipeline import Bench
from benchmarks.processes import process
from engagement.achievements import publish_achievements
from engagement.game import load_game
from storage.embedded import embedded
from storage.migrations import migrate
from storage.postgres import PostgresStore


class Ground:
    def __init__(self, bench: Bench, provider: str, session: aiohttp.ClientSession, folder: Path) -> None:
        self.bench = bench
        self.provider = provider
        self.folder = folder
        self._session = session

    @property
    def dsn(self) -> str:
        return self.bench.dsn

    @property
    def connection(self) -> asyncpg.Connection:
        return self.bench.connection

    async def fresh(self, channel: str, messages: int) -> None:
        """So many users with a message that is due, and nothing else; the provider has counted nothing, and
        nobody's budget is left from another measurement.
        """
        await self.connection.execute("truncate tendril.users cascade")
        await self.bench.unlimited()
        await self.bench.plan(channel, messages)
        await self.ask("reset")

    async def ask(self, what: str) -> float:
        async with self._session.get(f"{self.provider}/{what}") as response:
            return float(await response.text())

    @asynccontextmanager
    async def another_database(self) -> AsyncIterator[str]:
        """For a peer: on the same server, with nothing of ours in it."""
        await self.connection.execute("create database peer")
        try:
            yield self.dsn.replace("/tendril?", "/peer?")
        finally:
            await self.connection.execute("drop database peer with (force)")


@asynccontextmanager
async def ground() -> AsyncIterator[Ground]:
    with tempfile.TemporaryDirectory() as folder:
        async with (
            embedded(Path(folder)) as dsn,
            process("-m", "benchmarks.receiver") as receiver,
            aiohttp.ClientSession() as session,
        ):
            await migrate(dsn)
            store = PostgresStore(dsn, connections=8)
            # As a process does at its start: what people do earns XP, a click in a mail too.
            await publish_achievements(store)
            await store.call("configure_game", rules=load_game().as_json())
            connection = await asyncpg.connect(dsn)
            bench = Bench(dsn, store, connection)
            try:
                provider = f"http://127.0.0.1:{receiver.first_line}"
                yield Ground(bench, provider, session, Path(folder))
            finally:
                await connection.close()
                await store.aclose()
