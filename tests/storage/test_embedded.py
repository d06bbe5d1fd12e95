"""The embedded server: started by the first, shared, stopped by the last, whatever happened before."""

import asyncio
import os
import pwd
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import psutil
import pytest

from storage.connecting import open_store
from storage.embedded import CannotStart, embedded
from storage.migrations import migrate
from storage.postgres import connect
from storage.store import Store, Unavailable
from tests.fixtures.database import memory_or_disk

ROOT = Path(__file__).parents[2]
# What a process that uses the server looks like from outside.
USER = """
import asyncio, signal, sys
from pathlib import Path
from storage.embedded import embedded

async def main():
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with embedded(Path(sys.argv[1]), {"fsync": "off"}) as dsn:
        print("ready", flush=True)
        await stop.wait()
        connection = await __import__("asyncpg").connect(dsn)
        print("still", await connection.fetchval("select 'there'"), flush=True)
        await connection.close()

asyncio.run(main())
"""
QUICK = {"fsync": "off"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """Outside of pytest's own folder, which is closed to other accounts, and short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="tendril-e-", dir=memory_or_disk()) as name:
        Path(name).chmod(0o755)
        yield Path(name) / "data"


@pytest.fixture
async def start(folder: Path) -> AsyncIterator[Callable[[], "subprocess.Popen[str]"]]:
    """Starts a process that uses the server and waits until it does."""
    started: list[subprocess.Popen[str]] = []

    def begin() -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", USER, str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        assert "ready\n" in process.stdout  # and before it that a closed folder was opened, where one is
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()
    async with embedded(folder):
        """Adopts and stops what a killed process left."""


def _server_pid(folder: Path) -> int | None:
    file = folder / "postgres" / "postmaster.pid"
    return int(file.read_text().splitlines()[0]) if file.exists() else None


async def _ask(dsn: str, query: str) -> object:
    connection = await connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_what_was_written_is_there_at_the_next_start(folder: Path) -> None:
    async with embedded(folder, QUICK) as dsn:
        await _ask(dsn, "create table kept as select 42 as number")

    assert _server_pid(folder) is None
    async with embedded(folder, QUICK) as dsn:
        assert await _ask(dsn, "select number from kept") == 42


async def test_only_the_files_of_its_owner_are_made(folder: Path) -> None:
    async with embedded(folder, QUICK):
        assert stat.S_IMODE((folder / "postgres").stat().st_mode) == 0o700


async def test_it_listens_nowhere_but_at_its_socket(folder: Path) -> None:
    async with embedded(folder, QUICK):
        server = psutil.Process(_server_pid(folder))

        assert server.net_connections("inet") == []


async def test_texts_compare_and_change_case_as_unicode_says(folder: Path) -> None:
    async with embedded(folder, QUICK) as dsn:
        assert await _ask(dsn, "select upper('grüße, žluťoučký')") == "GRÜSSE, ŽLUŤOUČKÝ".replace("SS", "ß")
        assert await _ask(dsn, "show timezone") == "UTC"


async def test_the_last_one_out_stops_it(folder: Path) -> None:
    async with embedded(folder, QUICK):
        async with embedded(folder, QUICK) as dsn:
            assert await _ask(dsn, "select 1") == 1
        assert _server_pid(folder) is not None

    assert _server_pid(folder) is None


async def test_two_may_start_at_once(folder: Path) -> None:
    async def use() -> object:
        async with embedded(folder, QUICK) as dsn:
            return await _ask(dsn, "select pg_postmaster_start_time()::text")

    first, second = await asyncio.gather(use(), use())

    assert first and second
    assert _server_pid(folder) is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_process_and_then_the_server(
    start: Callable[[], "subprocess.Popen[str]"], folder: Path, number: signal.Signals
) -> None:
    process = start()

    process.send_signal(number)
    output, _ = process.communicate(timeout=60)

    assert (output, process.returncode) == ("still there\n", 0)
    assert _server_pid(folder) is None


def test_ctrl_c_reaches_the_process_and_not_its_server(
    start: Callable[[], "subprocess.Popen[str]"], folder: Path
) -> None:
    """A terminal sends it to everybody in the group; the process still needs its database to end well."""
    process = start()
    server = _server_pid(folder)

    assert server is not None
    assert os.getpgid(server) != os.getpgid(process.pid)


async def test_what_a_killed_process_left_running_is_adopted_and_stopped(
    start: Callable[[], "subprocess.Popen[str]"], folder: Path
) -> None:
    process = start()
    left = _server_pid(folder)
    process.kill()
    process.wait()

    async with embedded(folder) as dsn:
        assert _server_pid(folder) == left
        assert await _ask(dsn, "select 1") == 1
    assert _server_pid(folder) is None


async def test_a_number_that_means_another_process_by_now_is_no_obstacle(folder: Path) -> None:
    """As in a container that was restarted with its old data: small numbers are used again."""
    async with embedded(folder, QUICK):
        lines = (folder / "postgres" / "postmaster.pid").read_text().splitlines()
    lines[0] = str(os.getpid())
    (folder / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")

    async with embedded(folder, QUICK) as dsn:
        assert await _ask(dsn, "select 1") == 1


async def test_a_server_that_was_killed_recovers(folder: Path) -> None:
    async with embedded(folder) as dsn:
        await _ask(dsn, "create table kept as select 42 as number")
        server = _server_pid(folder)
        assert server is not None
        os.kill(server, signal.SIGKILL)

    async with embedded(folder) as dsn:
        assert await _ask(dsn, "select number from kept") == 42


async def test_a_server_that_dies_while_it_is_used_is_started_again(folder: Path) -> None:
    async with embedded(folder) as dsn, open_store(database_url=dsn) as store:
        await migrate(dsn)
        for _ in range(2):
            server = _server_pid(folder)
            assert server is not None
            os.kill(server, signal.SIGKILL)
            async with asyncio.timeout(60):
                await _until_answered(store)


async def test_a_server_that_dies_is_started_again_by_one_of_its_users(
    start: Callable[[], "subprocess.Popen[str]"], folder: Path
) -> None:
    start()
    server = _server_pid(folder)
    assert server is not None
    async with embedded(folder) as dsn, open_store(database_url=dsn) as store:
        await migrate(dsn)
        os.kill(server, signal.SIGKILL)
        async with asyncio.timeout(60):
            await _until_answered(store)
        assert len(_servers(folder)) == 1


async def _until_answered(store: Store) -> None:
    while True:
        try:
            await store.call("clock")
            return
        except Unavailable:
            continue


def _servers(folder: Path) -> list[psutil.Process]:
    return [
        each
        for each in psutil.process_iter(["cmdline"])
        if each.info["cmdline"] and str(folder / "postgres") in each.info["cmdline"][:3]
    ]


async def test_an_interrupted_first_start_leaves_nothing_in_the_way(folder: Path) -> None:
    (folder / "postgres.new").mkdir(parents=True)
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")

    async with embedded(folder, QUICK) as dsn:
        assert await _ask(dsn, "select 1") == 1


async def test_a_cancelled_start_leaves_no_server(folder: Path) -> None:
    async with embedded(folder, QUICK):
        """Laid out, so that the next start is short."""

    async def use() -> None:
        async with embedded(folder, QUICK):
            raise AssertionError("not to be reached")

    task = asyncio.create_task(use())
    async with asyncio.timeout(60):
        while not (folder / "postgres" / "postmaster.pid").exists():  # noqa: ASYNC110
            await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert _server_pid(folder) is None


async def test_a_path_too_long_for_a_socket_works(folder: Path) -> None:
    deep = folder / ("a-very-long-name-" * 6)

    async with embedded(deep, QUICK) as dsn:
        assert await _ask(dsn, "select 1") == 1


async def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    with pytest.raises(CannotStart, match="no_such_setting"):
        async with embedded(folder, {"no_such_setting": "1"}):
            raise AssertionError("not to be reached")


async def test_data_of_another_version_is_left_alone(folder: Path) -> None:
    (folder / "postgres").mkdir(parents=True)
    (folder / "postgres" / "PG_VERSION").write_text("12\n")

    with pytest.raises(CannotStart, match="written by PostgreSQL 12"):
        async with embedded(folder):
            raise AssertionError("not to be reached")


async def test_closed_folders_above_are_opened_for_passing_through_at_most(folder: Path) -> None:
    """Only root needs that, whom PostgreSQL refuses to run as."""
    folder.parent.chmod(0o700)

    async with embedded(folder, QUICK):
        mode = stat.S_IMODE(folder.parent.stat().st_mode)

    assert mode == (0o701 if os.geteuid() == 0 else 0o700)


async def test_the_server_never_runs_as_root(folder: Path) -> None:
    async with embedded(folder, QUICK):
        account = pwd.getpwuid(psutil.Process(_server_pid(folder)).uids().effective)

    assert account.pw_name != "root"
