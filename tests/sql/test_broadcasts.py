"""Broadcasts: planned page by page, stopped at once, and counted."""

from __future__ import annotations

from typing import Any

import pytest

from storage.store import Conflict, Invalid
from tests.fixtures.database import Clock
from tests.sql.conftest import Row, World

NEWS = {"default": {"subject": "News", "body": "We moved."}}


async def drafted(world: World, **changes: Any) -> Row:
    given: Row = {"audience": "everybody", "filter": {}, "content": NEWS} | changes
    return dict(await world.call("draft_broadcast", **given))


async def started(world: World, **changes: Any) -> int:
    broadcast = await drafted(world, **changes)
    await world.call("start_broadcast", broadcast_id=broadcast["id"])
    return int(broadcast["id"])


async def carried(world: World, batch: int = 2) -> int:
    """How many calls it took until there was nothing more to do."""
    calls = 0
    while await world.call("carry_broadcasts", batch=batch) is not None:
        calls += 1
    return calls


async def described(world: World, broadcast: int) -> Row:
    return dict(await world.call("describe_broadcast", broadcast_id=broadcast))


async def test_everybody_in_the_audience_is_planned_page_by_page(world: World) -> None:
    for _ in range(5):
        await world.person()
    broadcast = await started(world)

    await carried(world)

    now = await described(world, broadcast)
    assert (now["planned"], now["waiting"], now["status"]) == (5, 5, "sending")


async def test_a_broadcast_ends_with_its_last_message(world: World) -> None:
    await world.person()
    broadcast = await started(world)
    await carried(world)
    await world.deliver()

    await carried(world)

    now = await described(world, broadcast)
    assert (now["status"], now["sent"], now["channels"]) == ("sent", 1, {"telegram": 1})


async def test_what_is_stopped_sends_nothing_more(world: World) -> None:
    for _ in range(5):
        await world.person()
    broadcast = await started(world)
    await world.call("carry_broadcasts", batch=3)

    await world.call("stop_broadcast", broadcast_id=broadcast)
    await carried(world)

    now = await described(world, broadcast)
    assert await world.claim() == []
    assert (now["status"], now["planned"], now["left_out"]) == ("stopped", 3, 3)
    assert now["reasons"] == {"broadcast_stopped": 3}


async def test_the_rest_of_a_large_broadcast_is_cancelled_afterwards(world: World) -> None:
    for _ in range(5):
        await world.person()
    broadcast = await started(world)
    await carried(world)
    await world.call(
        "cancel_broadcast_messages", version_ids=[(await described(world, broadcast))["version_id"]], batch=2
    )

    await world.call("stop_broadcast", broadcast_id=broadcast)
    await carried(world)

    assert (await described(world, broadcast))["left_out"] == 5


async def test_stopping_twice_changes_nothing(world: World) -> None:
    broadcast = await started(world)
    first = await world.call("stop_broadcast", broadcast_id=broadcast)

    again = await world.call("stop_broadcast", broadcast_id=broadcast)

    assert again | {"at": None} == first | {"at": None}


async def test_a_draft_is_started_once(world: World) -> None:
    broadcast = await started(world)

    with pytest.raises(Conflict, match="sending already"):
        await world.call("start_broadcast", broadcast_id=broadcast)


async def test_two_broadcasts_that_say_the_same_are_counted_apart(world: World) -> None:
    await world.person()
    first, second = await started(world), await started(world)
    await carried(world)

    assert [(await described(world, each))["planned"] for each in (first, second)] == [1, 1]
    assert [(await described(world, each))["waiting"] for each in (first, second)] == [1, 1]


async def test_a_scheduled_broadcast_begins_at_its_time(world: World, clock: Clock) -> None:
    await world.person()
    broadcast = await drafted(world)
    await world.call("start_broadcast", broadcast_id=broadcast["id"], starts_at="2026-03-03T09:00:00+00:00")
    before = await carried(world)
    (work,) = await world.call("upcoming_work")

    await clock.set("2026-03-03T09:00:00+00:00")

    assert (before, work["next_at"]) == (0, "2026-03-03T09:00:00+00:00")
    assert await carried(world) > 0
    assert (await described(world, broadcast["id"]))["waiting"] == 1


async def test_only_the_audience_is_planned(world: World) -> None:
    ada, _bob = await world.person(), await world.person()
    await world.did(ada, "lesson")

    broadcast = await started(world, filter={"behavior.lesson": {"$exists": True}})
    await carried(world)

    assert (await described(world, broadcast))["planned"] == 1
    assert await world.states(ada) == [("telegram", "pending", None)]


async def test_a_message_without_a_text_is_refused(world: World) -> None:
    with pytest.raises(Invalid, match="needs a text"):
        await drafted(world, content={"default": {"subject": "News"}})
