"""What Telegram tells us is kept once, and taken in the order of each account."""

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.sql.conftest import Row, World


def said(update_id: int, telegram_id: int = 7) -> Row:
    return {"update_id": update_id, "message": {"from": {"id": telegram_id}, "text": f"{update_id}"}}


async def receive(world: World, *updates: Row) -> int:
    new: int = await world.call("receive_updates", updates=list(updates))
    return new


async def take(world: World, worker: str = "worker", **more: Any) -> list[int]:
    rows = await world.call("take_updates", worker=worker, **more)
    return sorted(row["update_id"] for row in rows)


async def test_an_update_is_kept_once_however_often_it_comes(world: World) -> None:
    assert await receive(world, said(1), said(2), said(1)) == 2
    assert await receive(world, said(2), said(3)) == 1


async def test_an_update_that_was_handled_does_not_come_again(world: World) -> None:
    await receive(world, said(1))
    assert await take(world) == [1]
    await world.call("finish_update", update_id=1)
    assert await receive(world, said(1)) == 0
    assert await take(world) == []


async def test_what_an_update_said_is_forgotten_once_it_is_handled(
    world: World, connection: asyncpg.Connection
) -> None:
    await receive(world, said(1))
    await take(world)
    await world.call("finish_update", update_id=1)
    assert await connection.fetchval("select payload::text from tendril.telegram_updates") == "{}"


async def test_the_updates_of_an_account_are_taken_one_after_the_other(world: World) -> None:
    await receive(world, said(1, 7), said(2, 7), said(3, 8), said(4, 7))
    assert await take(world) == [1, 3]
    assert await take(world) == []
    await world.call("finish_update", update_id=1)
    assert await take(world) == [2]


@pytest.mark.parametrize(
    "update",
    [
        {"callback_query": {"id": "1", "from": {"id": 7}, "data": "x"}},
        {"my_chat_member": {"from": {"id": 7}, "chat": {"id": 7}}},
        {"edited_message": {"from": {"id": 7}, "text": "x"}},
    ],
)
async def test_updates_of_each_kind_keep_to_the_order_of_their_account(world: World, update: Row) -> None:
    await receive(world, said(1), {"update_id": 2} | update, said(3))
    assert await take(world) == [1]


async def test_workers_do_not_take_the_same_update(world: World) -> None:
    await receive(world, *(said(number, number) for number in range(1, 41)))
    taken = await asyncio.gather(*(take(world, f"worker-{number}", batch=10) for number in range(6)))
    flat = [update_id for batch in taken for update_id in batch]
    assert len(flat) == len(set(flat))


async def test_an_update_whose_worker_died_is_taken_by_another(world: World) -> None:
    await receive(world, said(1))
    await take(world, lease_seconds=60)
    assert await take(world, "other") == []
    await world.clock.advance("61 seconds")
    assert await take(world, "other") == [1]


async def test_what_was_leased_in_an_answer_that_got_lost_is_given_again_at_once(world: World) -> None:
    await receive(world, said(1, 7), said(2, 8))
    assert await take(world, batch=1, in_hand=[]) == [1]
    assert await take(world, in_hand=[]) == [1, 2]
    assert await take(world, "other", in_hand=[]) == []


async def test_what_a_worker_has_in_hand_is_not_given_again_when_its_lease_runs_out(world: World) -> None:
    await receive(world, said(1))
    await take(world, in_hand=[])
    await world.clock.advance("61 seconds")
    assert await take(world, in_hand=[1]) == []


async def test_what_is_to_be_repeated_waits_for_its_time(world: World) -> None:
    await receive(world, said(1))
    await take(world, in_hand=[])
    await world.call("retry_update", update_id=1, error="TimedOut")
    assert await take(world, in_hand=[]) == []
    await world.clock.advance("2 seconds")
    assert await take(world, in_hand=[]) == [1]


async def test_a_worker_that_stops_gives_back_what_it_took(world: World) -> None:
    await receive(world, said(1))
    await take(world)
    await world.call("release_updates", worker="worker")
    assert await take(world, "other") == [1]


async def test_an_update_that_fails_five_times_is_given_up_and_the_next_gets_its_turn(
    world: World, connection: asyncpg.Connection
) -> None:
    await receive(world, said(1), said(2))
    for day in range(3, 8):
        at = f"2026-03-{day:02}T12:00:00+00:00"
        assert await take(world, at=at) == [1]
        await world.call("retry_update", update_id=1, error="ValueError: no", at=at)
        assert await take(world, at=at) in ([], [2])
    await world.clock.set("2026-03-08T12:00:00+00:00")
    assert await take(world) == [2]
    assert (
        await connection.fetchval("select error from tendril.telegram_updates where update_id = 1")
        == "ValueError: no"
    )
