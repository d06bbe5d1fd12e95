"""A backup that was brought back does not know what was sent since, and nobody gets it twice for that."""

import pytest

from tests.sql.conftest import Row, World, step

DAILY: list[Row] = [step(name=f"day {day}", after="1 day", channels=["email"]) for day in range(1, 6)]


@pytest.fixture
async def mira(world: World) -> str:
    """In the backup her first mail waits for tomorrow noon, and the next ones follow a day apart."""
    await world.publish(*DAILY)
    mira = await world.person(telegram=False)
    await world.enroll(mira)
    return mira


async def test_what_was_due_since_the_backup_is_not_sent_again(world: World, mira: str) -> None:
    stopped_at = await world.clock.advance("3 days 1 hour")

    assert await world.call("after_restore", stopped_at=stopped_at.isoformat()) == 3

    assert await world.claim("email") == []
    assert await world.states(mira) == [("email", "unknown", "restored")] * 3 + [("email", "pending", None)]


async def test_the_sequence_goes_on_after_it(world: World, mira: str) -> None:
    stopped_at = await world.clock.advance("3 days 1 hour")
    await world.call("after_restore", stopped_at=stopped_at.isoformat())

    await world.clock.advance("23 hours")

    assert [row["message_step"] for row in await world.claim("email")] == [4]


async def test_what_became_due_after_the_stop_is_sent(world: World, mira: str) -> None:
    stopped_at = await world.clock.advance("1 hour")
    await world.clock.advance("1 day")

    assert await world.call("after_restore", stopped_at=stopped_at.isoformat()) == 0
    assert [row["message_step"] for row in await world.claim("email")] == [1]


async def test_a_request_that_was_under_way_is_not_repeated(world: World, mira: str) -> None:
    await world.clock.advance("25 hours")
    await world.claim("email")
    await world.clock.advance("5 minutes")

    await world.call("after_restore")

    assert await world.claim("email") == []
    assert (await world.states(mira))[0] == ("email", "unknown", "restored")


async def test_nobody_is_asked_over_a_second_channel_once_more(world: World) -> None:
    await world.publish(step(fallback="no_engagement", fallback_after="24 hours"))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver()
    await world.clock.advance("25 hours")

    await world.call("after_restore")

    assert (await world.call("follow_up"))["fell_back"] == 0
    assert await world.states(ada) == [("telegram", "sent", None)]


async def test_a_repeated_webhook_tells_what_became_of_it(world: World, mira: str) -> None:
    await world.clock.advance("1 day")
    (row,) = await world.claim("email")
    await world.call("after_restore")

    await world.tell(row, "delivered")

    assert (await world.states(mira))[0][1] == "delivered"


async def test_who_is_paused_stays_so(world: World, mira: str) -> None:
    (running,) = await world.call("list_active_enrollments")
    await world.call("pause_enrollment", enrollment_id=running["enrollment_id"])
    await world.clock.advance("3 days")

    assert await world.call("after_restore") == 0
