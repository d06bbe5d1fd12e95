"""`python -m bot`, as somebody at a terminal meets it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import pytest

import sandbox
from tests.fixtures.process import EMAIL_FROM, Tendril
from tests.fixtures.sandbox import Control, until

ROOT = Path(__file__).parents[2]
Environment = dict[str, str]


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


@pytest.fixture
def bare(tmp_path: Path) -> Environment:
    """An environment in which nothing is set but where things are kept."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT), "DATA_DIR": str(tmp_path / "var"), "PORT": "0"}


@pytest.fixture
def complete(bare: Environment, box_on_database: sandbox.Box, database_url: str) -> Environment:
    return bare | {
        "TELEGRAM_BOT_TOKEN": box_on_database.telegram_token,
        "TELEGRAM_API_URL": box_on_database.telegram_url,
        "RESEND_API_KEY": box_on_database.resend_api_key,
        "RESEND_API_URL": box_on_database.resend_url,
        "RESEND_WEBHOOK_SECRET": box_on_database.webhook_secret,
        "EMAIL_FROM": EMAIL_FROM,
        "DATABASE_URL": database_url,
        "TICK_SECONDS": "0.05",
    }


async def begin(environment: Mapping[str, str], folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", *arguments),
        cwd=folder,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def tendril_says(environment: Mapping[str, str], folder: Path, *arguments: str) -> Answer:
    process = await begin(environment, folder, *arguments)
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return Answer(process.returncode or 0, out.decode(), err.decode())


async def test_help_lists_the_commands(bare: Environment, tmp_path: Path) -> None:
    answer = await tendril_says(bare, tmp_path, "--help")

    assert answer.code == 0
    for command in ("run", "migrate", "doctor", "test-email", "explain"):
        assert f"\n    {command}" in answer.out


async def test_a_malformed_setting_ends_it_with_one_line_and_code_2(
    bare: Environment, tmp_path: Path
) -> None:
    answer = await tendril_says(bare | {"PORT": "many"}, tmp_path, "run")

    assert answer.code == 2
    assert answer.err.startswith("tendril: PORT must be")
    assert answer.err.count("\n") == 1


async def test_a_taken_port_is_said_in_one_line(
    complete: Environment, tmp_path: Path, tendril: Tendril
) -> None:
    taken = tendril.url.rsplit(":", 1)[1]

    answer = await tendril_says(complete | {"PORT": taken}, tmp_path, "run")

    assert answer.code == 2
    assert f"PORT {taken}" in answer.err
    assert answer.err.count("\n") == 1


async def test_migrate_prints_its_sql(bare: Environment, tmp_path: Path) -> None:
    answer = await tendril_says(bare, tmp_path, "migrate", "--sql")

    assert answer.code == 0
    assert "create table tendril.message_deliveries" in answer.out


async def test_a_stranger_is_said_in_one_line(complete: Environment, tmp_path: Path) -> None:
    answer = await tendril_says(complete, tmp_path, "explain", "nobody@example.com")

    assert answer.code == 1
    assert answer.err.startswith('tendril: no user "nobody@example.com". Give a user id')
    assert answer.err.count("\n") == 1


async def test_a_database_that_is_away_is_said_in_one_line(bare: Environment, tmp_path: Path) -> None:
    nowhere = bare | {"DATABASE_URL": "postgresql://tendril:placeholder@127.0.0.1:9/tendril"}

    answer = await tendril_says(nowhere, tmp_path, "migrate")

    assert answer.code == 1
    assert answer.err.startswith("tendril: the database cannot be reached")
    assert answer.err.count("\n") == 1


@dataclass(frozen=True)
class Running:
    """What it printed and logged; all of it once it has ended."""

    printed: list[str]
    logged: list[str]


async def lines_until(word: str, stream: asyncio.StreamReader) -> list[str]:
    """Up to the line that has the word, or to the end."""
    lines = [""]
    while word not in lines[-1] and (line := await stream.readline()):
        lines.append(line.decode())
    return lines


@asynccontextmanager
async def running(environment: Environment, folder: Path) -> AsyncIterator[Running]:
    """`run`, from ready on; told to stop at the end, as `docker stop` does, and expected to end well."""
    process = await begin(environment | {"LOG_FORMAT": "json"}, folder, "run")
    assert process.stdout is not None and process.stderr is not None
    async with asyncio.timeout(60):
        logged = await lines_until("ready", process.stderr)
    assert "ready" in logged[-1], "".join(logged)
    printed: list[str] = []
    try:
        yield Running(printed, logged)
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = await asyncio.wait_for(process.communicate(), 60)
        printed += out.decode().splitlines()
        logged += err.decode().splitlines()
    assert process.returncode == 0, logged


async def test_stopping_stops_the_database_server_too(bare: Environment, tmp_path: Path) -> None:
    async with running(bare, tmp_path):
        pid_file = tmp_path / "var" / "postgres" / "postmaster.pid"
        server = int(pid_file.read_text().splitlines()[0])

    assert not pid_file.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(server, 0)


async def test_a_second_run_continues_where_the_first_stopped(
    complete: Environment, tmp_path: Path, people: Control
) -> None:
    ada = await people.person("Ada")
    async with running(complete, tmp_path):
        await ada.writes("/start")
        await ada.receives(1)

    await ada.writes("/help")
    async with running(complete, tmp_path):
        await ada.hears("This is what I understand")

    assert len(await ada.messages()) == 2


async def test_the_admin_key_is_shown_once(complete: Environment, tmp_path: Path) -> None:
    async with running(complete, tmp_path) as first:
        pass
    async with running(complete, tmp_path) as second:
        pass

    key = (tmp_path / "var" / "admin_api_key").read_text().strip()
    assert any(key in line for line in first.printed)
    assert not any(key in line for line in second.printed)


async def test_neither_a_token_nor_an_address_is_logged(
    complete: Environment, tmp_path: Path, people: Control
) -> None:
    ada = await people.person("Ada", username="countess")
    async with running(complete, tmp_path) as process:
        await ada.writes("/start")
        await ada.receives(1)
        await people.fail("telegram", "server_error", count=3)
        await ada.writes("/email ada@example.com")
        await people.mail("ada@example.com")

    logged = "\n".join(process.logged)
    assert len(process.logged) > 3
    for secret in ("placeholder", "ada@", "countess", str(ada.id)):
        assert secret not in logged


async def test_two_processes_at_once_send_nothing_twice(
    complete: Environment, tmp_path: Path, people: Control, connection: asyncpg.Connection
) -> None:
    worker = complete | {"DATA_DIR": str(tmp_path / "elsewhere")}
    async with running(complete, tmp_path), running(worker, tmp_path):
        crowd = [await people.person(f"Ada {number}") for number in range(20)]
        for each in crowd:
            await each.writes("/start")
        for each in crowd:
            await each.receives(1)

    assert [len(await each.messages()) for each in crowd] == [1] * 20


async def test_a_command_that_is_told_to_end_takes_its_own_database_along(
    bare: Environment, tmp_path: Path
) -> None:
    log, kept = tmp_path / "log.csv", tmp_path / "kept"
    kept.mkdir()
    log.write_text("user,time,event_type\nada,2026-03-02T09:00:00,lesson\n", encoding="utf-8")
    evaluating = await begin(bare | {"TMPDIR": str(kept)}, tmp_path, "risk", "evaluate", str(log))

    async def has_begun() -> bool:
        return any(kept.glob("*/*/postmaster.pid"))

    await until(has_begun)
    evaluating.terminate()
    await evaluating.communicate()

    assert evaluating.returncode == 130
    assert list(kept.iterdir()) == []
