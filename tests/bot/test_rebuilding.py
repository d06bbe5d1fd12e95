"""`python -m bot analytics rebuild`, and the process that carries on what somebody began."""

import json
from datetime import UTC, datetime

import asyncpg
import pytest

from bot.__main__ import parser
from bot.rebuilding import told
from bot.settings import Settings
from sequences.rebuilding import Rebuild, begin_rebuild, carry_rebuild, latest_rebuild
from storage.store import Store
from tests.fixtures.process import RunTendril
from tests.fixtures.sandbox import until
from tests.sql.conftest import World, step, world

__all__ = ["world"]
THEN = datetime(2026, 3, 2, tzinfo=UTC)


def rebuild(**changes: object) -> Rebuild:
    fields = dict.fromkeys(Rebuild.__annotations__) | {
        "id": 1, "status": "running", "stage": "messages", "done": 0, "corrected": 0, "began_at": THEN,
        "carried_at": THEN, "attempts": 0,
    }  # fmt: skip
    return Rebuild(**fields | changes)  # type: ignore[arg-type]


async def typed(world: World) -> int:
    arguments = parser().parse_args(["analytics", "rebuild"])
    code: int = await arguments.command(Settings(database_url=world.clock.url), arguments)
    return code


async def test_the_command_counts_to_the_end_and_says_what_was_wrong(
    world: World, connection: asyncpg.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    await world.deliver()
    await world.rescore()
    await connection.execute("delete from tendril.folded_deliveries")

    assert await typed(world) == 0

    assert capsys.readouterr().out == (
        "1 messages were counted anew; 1 had been counted as something else.\n"
    )
    details = await connection.fetchval(
        "select details from tendril.audit_log where action = 'analytics.rebuild'"
    )
    assert json.loads(details) == {"id": 1}


async def test_the_command_goes_on_where_another_stopped(world: World) -> None:
    await begin_rebuild(world.store)
    for _ in range(3):
        await carry_rebuild(world.store)

    assert await typed(world) == 0

    ended = await latest_rebuild(world.store)
    assert ended is not None
    assert (ended.id, ended.status) == (1, "done")


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (rebuild(), "judging messages"),
        (
            rebuild(done=25_000, total=100_000, per_second=9_000),
            "judging messages: 25,000 of 100,000 (25%), 9,000 a second",
        ),
        (rebuild(stage="days"), "summing up days"),
        (rebuild(stage="days", error="disk full"), "summing up days; tried again soon: disk full"),
        (rebuild(status="failed", error="disk full"), "Given up: disk full"),
    ],
)
def test_how_far_it_is_is_said_in_a_line(seen: Rebuild, said: str) -> None:
    assert told(seen) == said


async def test_what_a_process_left_another_carries_to_its_end(store: Store, run_tendril: RunTendril) -> None:
    async with run_tendril(frozenset({"worker"}), tick_seconds=0.05):
        pass
    await begin_rebuild(store)
    await carry_rebuild(store)

    async with run_tendril(frozenset({"worker"}), tick_seconds=0.05):
        await until(lambda: _is_done(store))


async def _is_done(store: Store) -> bool:
    seen = await latest_rebuild(store)
    return seen is not None and seen.status == "done"
