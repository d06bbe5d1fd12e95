"""The fixtures that every other test trusts."""

from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from storage.postgres import PostgresStore
from tests.fixtures.database import Clock
from tests.fixtures.requirements import require


async def test_the_clock_goes_where_it_is_told(clock: Clock) -> None:
    monday = await clock.set("2026-03-02T09:00Z")

    assert monday == datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert (await clock.advance("1 day") - monday).days == 1
    assert (await clock.now() - monday).days == 1


async def test_the_operations_live_in_the_time_of_the_clock(clock: Clock, store: PostgresStore) -> None:
    await clock.set("2031-01-01")

    assert (await store.call("clock")).startswith("2031-01-01T00:00")


@pytest.mark.parametrize("time", [1, 2])
async def test_each_test_has_a_database_of_its_own(time: int, connection: asyncpg.Connection) -> None:
    await connection.execute("create table tendril.left_behind (number int)")


def test_what_is_missing_on_a_bare_machine_is_a_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="Moonbeam is not installed"):
        require("Moonbeam", [None, Path("/nowhere/moonbeam")])


def test_what_is_missing_in_ci_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="Moonbeam is not installed"):
        require("Moonbeam", [None, Path("/nowhere/moonbeam")])
