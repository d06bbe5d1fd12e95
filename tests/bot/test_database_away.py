"""The database goes away, at the start or in the middle: nothing ends, health says so, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

import aiohttp
import asyncpg
import pytest
from pydantic import SecretStr

from bot.build import assembled
from bot.kept_secrets import Secrets
from bot.settings import Settings
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Control, until


@dataclass(frozen=True)
class Door:
    """A way to the database that can be closed: a link to the server's socket."""

    url: str
    link: Path
    socket: Path

    def open(self) -> None:
        self.link.symlink_to(self.socket)

    def close(self) -> None:
        self.link.unlink(missing_ok=True)


@contextmanager
def door_to(database_url: str) -> Iterator[Door]:
    folder = parse_qs(urlsplit(database_url).query)["host"][0]
    (socket,) = Path(folder).glob(".s.PGSQL.*[0-9]")
    with TemporaryDirectory(prefix="door") as place:
        yield Door(database_url.replace(folder, place), Path(place) / socket.name, socket)


@pytest.fixture
def door(database_url: str) -> Iterator[Door]:
    with door_to(database_url) as door:
        yield door


async def hang_up(connection: asyncpg.Connection) -> None:
    """Ends everybody's connections to the database but this one."""
    await connection.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and pid <> pg_backend_pid()"
    )


async def is_away(tendril: Tendril) -> bool:
    status, health = await tendril.api("GET", "/")
    return status == 503 and health["database"]["status"] == "away"


async def test_a_process_that_starts_before_its_database_waits_for_it(
    settings: Settings, door: Door, people: Control
) -> None:
    ada = await people.person("Ada")
    waiting = settings.model_copy(update={"database_url": SecretStr(door.url)})
    stop = asyncio.Event()
    async with (
        aiohttp.ClientSession() as http,
        assembled(waiting, Secrets.of(waiting)) as process,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(process.run(stop))
        tendril = Tendril(waiting, process.url or "", people, http, process)
        await until(lambda: is_away(tendril))

        door.open()
        await ada.writes("/start")
        await until(lambda: has_messages(people, ada.id))
        stop.set()


async def test_a_process_that_waits_for_its_database_can_be_stopped(settings: Settings, door: Door) -> None:
    waiting = settings.model_copy(update={"database_url": SecretStr(door.url)})
    stop = asyncio.Event()
    async with assembled(waiting, Secrets.of(waiting)) as process, asyncio.timeout(60):
        running = asyncio.create_task(process.run(stop))
        stop.set()
        await running


async def test_what_comes_in_while_the_database_is_away_is_handled_later(
    run_tendril: RunTendril, door: Door, connection: asyncpg.Connection
) -> None:
    door.open()
    async with run_tendril(database_url=SecretStr(door.url)) as tendril:
        ada = await tendril.started("Ada")
        await tendril.settled()

        door.close()
        await hang_up(connection)
        await ada.writes("/help")
        await until(lambda: is_away(tendril))
        door.open()

        await until(lambda: has_messages(tendril.control, ada.id, count=2))
        assert len(await ada.messages()) == 2


async def has_messages(people: Control, user_id: int, count: int = 1) -> bool:
    return len(await people.get(f"/users/{user_id}/messages")) >= count
