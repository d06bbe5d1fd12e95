"""The short form gives a scenario that was late another chance."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.chaos.__main__ import SCENARIOS, run
from tests.chaos.oracle import Row
from tests.chaos.server import Server
from tests.chaos.setting import Setting
from tests.chaos.waiting import NeverHappened


async def test_a_scenario_that_was_late_finds_nothing_of_its_first_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[Server] = []

    async def late_at_first(server: Server, setting: Setting) -> AsyncIterator[Row]:
        (server.folder / "late").mkdir()
        await server.database("late")
        begun.append(server)
        if len(begun) == 1:
            raise NeverHappened("it came: not within a second")
        yield Row("late", n=1)

    monkeypatch.setitem(SCENARIOS, "late", late_at_first)

    (row,) = await run(["late"], Setting(is_short=True))

    assert (row.has_passed, row.n) == (True, 1)
