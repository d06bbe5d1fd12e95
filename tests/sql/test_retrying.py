"""Sending once more: what failed or was parked, once, and not what another channel has said."""

import pytest

from storage.store import NotFound
from tests.sql.conftest import World, step


async def failed(world: World, outcome: str = "refused", **changes: str) -> tuple[str, int]:
    """Somebody, and the delivery to them that came to nothing."""
    await world.publish(step(**{"fallback": "none", **changes}))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver(outcome=outcome, reason="bad_markup")
    delivery, *_ = await world.deliveries(ada)
    return ada, delivery["delivery_id"]


async def test_what_failed_is_rendered_anew_and_sent_although_its_sequence_is_over(world: World) -> None:
    ada, delivery = await failed(world)

    answer = await world.call("retry_delivery", delivery_id=delivery)

    assert (answer["retried"], answer["delivery_status"]) == (True, "pending")
    (row,) = await world.deliver()
    assert (row["message_content"], row["attempt_count"]) == (None, 1)
    assert await world.states(ada) == [("telegram", "sent", None)]


async def test_a_second_retry_changes_nothing(world: World) -> None:
    _, delivery = await failed(world)
    await world.call("retry_delivery", delivery_id=delivery)

    again = await world.call("retry_delivery", delivery_id=delivery)

    assert (again["retried"], again["delivery_status"]) == (False, "pending")


async def test_a_parked_one_goes_on_with_its_sequence(world: World) -> None:
    await world.publish(step(), step(name="second"))
    ada = await world.person()
    await world.enroll(ada)
    for _ in range(3):
        await world.record(await world.claim(), "unrenderable", reason="missing_value")
        await world.clock.advance("20 minutes")
    (parked,) = await world.deliveries(ada)
    assert parked["delivery_status"] == "parked"

    assert await world.call("retry_all", since=(await world.clock.now()).isoformat()) == 1
    await world.deliver()

    assert [status for _, status, _ in await world.states(ada)] == ["sent", "pending"]


async def test_what_nobody_knows_of_is_sent_again_only_when_told_so(world: World) -> None:
    _, delivery = await failed(world, "unknown")

    asked = await world.call("retry_delivery", delivery_id=delivery)
    assert (asked["retried"], asked["is_retryable"], asked["delivery_status"]) == (False, True, "unknown")
    assert await world.call("retry_all", since=(await world.clock.now()).isoformat()) == 0

    told = await world.call("retry_delivery", delivery_id=delivery, even_if_unknown=True)
    assert (told["retried"], told["possibly_duplicate"]) == (True, True)
    assert len(await world.claim()) == 1


async def test_what_another_channel_has_said_is_not_said_again(world: World) -> None:
    _, delivery = await failed(world, fallback="on_failure")
    assert len(await world.deliver("email")) == 1

    answer = await world.call("retry_delivery", delivery_id=delivery)

    assert (answer["retried"], answer["delivery_status"]) == (False, "failed")


async def test_a_run_that_was_ended_stays_so(world: World) -> None:
    await world.publish(step(fallback="none"), step(name="second", after="1 day"))
    ada = await world.person()
    run = await world.enroll(ada)
    await world.deliver(outcome="refused", reason="bad_markup")
    await world.call("cancel_enrollment", enrollment_id=run["enrollment_id"])

    assert await world.call("count_retryable") == {"failed": 0, "parked": 0, "oldest": None}


async def test_all_that_failed_is_tried_once_and_not_again_when_it_fails_again(world: World) -> None:
    await failed(world)
    since = (await world.clock.now()).isoformat()
    assert (await world.call("count_retryable"))["failed"] == 1

    assert await world.call("retry_all", since=since) == 1
    await world.deliver(outcome="refused", reason="bad_markup")

    assert await world.call("retry_all", since=since) == 0


async def test_what_was_told_of_the_first_attempt_does_not_judge_the_second(world: World) -> None:
    await world.publish(step(channels=["email"], fallback="none"))
    ada = await world.person(telegram=False)
    await world.enroll(ada)
    (row,) = await world.deliver("email")
    await world.tell(row, "failed", reason="reached_daily_quota")
    assert await world.states(ada) == [("email", "failed", "reached_daily_quota")]

    await world.call("retry_delivery", delivery_id=row["id"])
    await world.deliver("email")
    await world.tell(row, "delivered")

    assert [status for _, status, _ in await world.states(ada)] == ["delivered"]


async def test_what_bounced_is_not_tried_again(world: World) -> None:
    await world.publish(step(channels=["email"], fallback="none"))
    await world.enroll(await world.person(telegram=False))
    (row,) = await world.deliver("email")
    await world.tell(row, "bounced")

    answer = await world.call("retry_delivery", delivery_id=row["id"])

    assert (answer["retried"], answer["delivery_status"]) == (False, "bounced")


async def test_a_message_that_is_not_there_cannot_be_tried_again(world: World) -> None:
    with pytest.raises(NotFound):
        await world.call("retry_delivery", delivery_id=404)


async def test_deliveries_are_listed_by_what_became_of_them(world: World) -> None:
    _, delivery = await failed(world)

    listed = await world.call("list_deliveries", kind="failed")

    (found,) = listed["deliveries"]
    assert (listed["count"], found["delivery_id"], found["name"], found["is_retryable"]) == (
        1,
        delivery,
        "Ada",
        True,
    )
    for kind in ("parked", "unknown", "held", "sent"):
        assert (await world.call("list_deliveries", kind=kind))["deliveries"] == []


async def test_an_address_can_be_written_to_again_once_its_bounce_is_lifted(world: World) -> None:
    await world.publish(step(channels=["email"], fallback="none"))
    ada = await world.person(telegram=False)
    await world.enroll(ada)
    (row,) = await world.deliver("email")
    await world.tell(row, "bounced")
    address = "USER1@example.org"
    described = await world.call("describe_suppression", channel="email", address=address)
    assert described["reason"] == "hard_bounce"

    assert await world.call("lift_suppression", channel="email", address=address) is True
    assert await world.call("lift_suppression", channel="email", address=address) is False
    assert await world.call("describe_suppression", channel="email", address=address) is None
    await world.enroll(ada, key="again")

    assert len(await world.claim("email")) == 1


async def test_who_was_deleted_is_not_lifted_by_an_admin(world: World) -> None:
    ada = await world.person()
    await world.call("delete_user", user_id=ada, source="telegram")

    assert await world.call("lift_suppression", channel="email", address="user1@example.org") is False


async def test_a_sequence_tells_what_became_of_each_step(world: World) -> None:
    await world.publish(step(channels=["email"]), step(name="second", after="1 day"))
    await world.enroll(await world.person())
    (row,) = await world.deliver("email")
    await world.tell(row, "delivered", "clicked")

    (line,) = await world.call("sequence_overview")
    story = await world.call("describe_sequence", reference=str(line["version_id"]))

    assert (line["running"], line["completed"], line["sent"]) == (1, 0, 1)
    figures = [[each[name] for name in ("sent", "opened", "clicked", "failed")] for each in story["steps"]]
    assert figures == [[1, 1, 1, 0], [0, 0, 0, 0]]
