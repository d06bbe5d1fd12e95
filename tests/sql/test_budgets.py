"""What a provider allows is one budget for all workers: shared, never exceeded, and given back."""

import asyncio
from datetime import UTC, datetime, timedelta

from tests.sql.conftest import World, step

AT = datetime(2030, 1, 1, tzinfo=UTC)


async def test_a_429_blocks_the_channel_for_everybody_and_costs_no_attempt(world: World) -> None:
    await world.publish(step())
    for _ in range(2):
        await world.enroll(await world.person())
    rows = await world.claim(batch=1)
    await world.record(rows, "busy", whole_channel=True, retry_after=30)
    assert await world.claim() == []
    await world.clock.advance("31 seconds")
    assert [row["attempt_count"] for row in await world.claim()] == [1, 1]


async def test_the_budget_is_shared_and_never_exceeded(world: World) -> None:
    await world.publish(step())
    for _ in range(20):
        await world.enroll(await world.person(email=False))
    await world.call("configure_budget", channel="telegram", per_second=5, burst=5)
    at = "2026-03-02T12:30:00+00:00"
    claims = await asyncio.gather(*(world.claim(batch=4, worker=f"{number}", at=at) for number in range(4)))
    assert sum(map(len, claims)) <= 6


async def test_no_second_has_room_for_more_requests_than_the_provider_allows(world: World) -> None:
    async def take(requests: int, after: float) -> list[int]:
        moment = AT + timedelta(seconds=after)
        places = (await world.call(
            "take_places", worker="one", channel="telegram", requests=requests, at=moment
        ))["places"]  # fmt: skip
        return sorted(places)

    assert await world.call("take_places", worker="one", channel="telegram") is None
    await world.call("configure_budget", channel="telegram", per_second=2, burst=2)
    assert await take(2, 0) == [1, 2]
    assert await take(2, 0) == [3]
    assert await take(1, 30) == []
    await world.call("leave_place", worker="two", channel="telegram", place=2, at=AT)
    await world.call("leave_place", worker="one", channel="telegram", place=3, at=AT)
    assert await take(3, 0.99) == []
    assert await take(3, 1) == [3]
    assert await take(3, 60) == [1, 2]


async def test_a_place_that_nobody_gives_back_is_free_after_a_second(world: World) -> None:
    await world.call("configure_budget", channel="telegram", per_second=1)

    assert [await _take_one(world, after) for after in (0, 0.9, 1)] == [[1], [], [1]]


async def test_a_worker_that_holds_nothing_leaves_its_places_no_later_than_they_are_free(
    world: World,
) -> None:
    await world.call("configure_budget", channel="telegram", per_second=2)

    assert [await _take_one(world, after) for after in (0, 0.5)] == [[1], [2]]
    await world.call("release_deliveries", worker="one", at=AT + timedelta(seconds=0.9))

    assert [await _take_one(world, after) for after in (1, 1.4, 1.5)] == [[1], [], [2]]


async def _take_one(world: World, after: float) -> list[int]:
    moment = AT + timedelta(seconds=after)
    taken = await world.call("take_places", worker="one", channel="telegram", until_answered=False, at=moment)
    return list(taken["places"])
