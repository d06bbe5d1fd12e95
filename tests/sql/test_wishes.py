"""Less, not this, stop: told by one tap under a message, once per message, and taken back as easily."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from storage.store import Invalid, NotFound
from tests.sql.conftest import Row, World, step


@pytest.fixture
async def told(world: World) -> Row:
    """A message of a course that has more to say, sent to somebody."""
    await world.publish(step(), step(name="second", after="1 day"))
    await world.enroll(await world.person())
    (row,) = await world.deliver()
    return row


async def wish(world: World, row: Row, name: str, operation: str = "express_wish", **more: Any) -> Any:
    return await world.call(operation, tracking_id=row["tracking_id"], wish=name, source="telegram", **more)


async def preferences(world: World, row: Row) -> Any:
    return await world.call("get_preferences", user_id=row["user_id"])


async def test_less_is_one_step_less(world: World, told: Row) -> None:
    answer = await wish(world, told, "less")

    assert (answer["status"], answer["frequency"]) == ("granted", "less")
    assert (await preferences(world, told))["max_per_day"] == 1


async def test_less_under_the_same_message_is_granted_once(world: World, told: Row) -> None:
    await asyncio.gather(*(wish(world, told, "less") for _ in range(4)))

    assert (await wish(world, told, "less"))["status"] == "already"
    assert (await preferences(world, told))["frequency"] == "less"


async def test_less_than_the_rarest_changes_nothing(world: World, told: Row) -> None:
    await world.call("set_preferences", user_id=told["user_id"], changes={"frequency": "rare"})

    assert (await wish(world, told, "less"))["status"] == "rarest"


async def test_less_is_taken_back_to_what_it_was(world: World, told: Row) -> None:
    await world.call("set_preferences", user_id=told["user_id"], changes={"max_per_day": 7})
    await wish(world, told, "less")

    answer = await wish(world, told, "less", "take_back_wish")

    assert answer["status"] == "taken_back"
    assert (await preferences(world, told))["max_per_day"] == 7
    assert (await wish(world, told, "less", "take_back_wish"))["status"] == "already"


async def test_not_this_declines_the_sequence_and_is_taken_back(world: World, told: Row) -> None:
    await wish(world, told, "not")
    declined = [each["sequence"] for each in (await preferences(world, told))["declined"]]
    await wish(world, told, "not", "take_back_wish")

    assert declined == ["course"]
    assert [row["delivery_status"] for row in await world.deliveries(told["user_id"])] == ["sent", "pending"]


async def test_not_this_under_an_announcement_means_no_more_announcements(world: World) -> None:
    await world.publish(step(), name="news", message_class="announcement")
    ada = await world.person(**{"email.announcements": "false"})
    await world.enroll(ada, "news")
    (row,) = await world.deliver()

    await wish(world, row, "not")
    silent = [point["wants"]["announcements"] for point in (await preferences(world, row))["contact_points"]]
    await wish(world, row, "not", "take_back_wish")
    again = [point["wants"]["announcements"] for point in (await preferences(world, row))["contact_points"]]

    assert (silent, again) == ([False, False], [True, False])


async def test_stop_stops_everything_and_is_taken_back(world: World, told: Row) -> None:
    await wish(world, told, "stop")
    stopped = (await preferences(world, told))["stopped_at"]
    await wish(world, told, "stop", "take_back_wish")

    assert stopped is not None
    assert (await preferences(world, told))["stopped_at"] is None
    assert [row["delivery_status"] for row in await world.deliveries(told["user_id"])] == ["sent", "pending"]


async def test_taking_back_a_stop_does_not_start_who_had_stopped_before(world: World, told: Row) -> None:
    await world.call("stop_everything", user_id=told["user_id"], source="telegram")
    await wish(world, told, "stop")

    await wish(world, told, "stop", "take_back_wish")

    assert (await preferences(world, told))["stopped_at"] is not None


async def test_a_wish_under_somebody_elses_message_is_refused(world: World, told: Row) -> None:
    bob = await world.person()

    with pytest.raises(NotFound):
        await wish(world, told, "stop", user_id=bob)


async def test_a_wish_that_there_is_not_is_refused(world: World, told: Row) -> None:
    with pytest.raises(Invalid):
        await wish(world, told, "more")


async def test_why_tells_the_last_message_and_what_holds_the_next(world: World) -> None:
    await world.publish(
        step(), step(name="second", after="1 day"), trigger={"event": "goal_set"}, title="The course"
    )
    ada = await world.person()
    await world.did(ada, "goal_set")
    await world.deliver()
    await world.clock.set("2026-03-03T23:00:00+00:00")
    await world.claim()

    why = await world.call("why", user_id=ada)

    assert (why["last"]["title"], why["last"]["step"], why["last"]["event"]) == (
        "The course",
        "hello",
        "goal_set",
    )
    assert (why["next"]["reason"], why["next"]["at"]) == ("quiet_hours", "2026-03-04T08:00:00+00:00")


async def test_why_has_nothing_to_tell_who_got_nothing(world: World) -> None:
    why = await world.call("why", user_id=await world.person())

    assert (why["last"], why["next"], why["stopped"]) == (None, None, False)


@pytest.mark.parametrize(
    ("name", "operation", "arguments"),
    [
        ("stop", "start_again", {"source": "telegram"}),
        ("not", "accept_sequence", {"sequence": "course"}),
        ("less", "set_preferences", {"changes": {"frequency": "normal"}}),
    ],
)
async def test_who_changed_their_mind_elsewhere_may_wish_it_again(
    world: World, told: Row, name: str, operation: str, arguments: dict[str, Any]
) -> None:
    await wish(world, told, name)
    await world.call(operation, user_id=told["user_id"], **arguments)

    assert (await wish(world, told, name))["status"] == "granted"
    assert (await wish(world, told, name))["status"] == "already"
