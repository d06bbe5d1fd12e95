"""The last days in figures: what was sent and what became of it, who was there, who came and who left."""

import pytest

from storage.store import Invalid
from tests.fixtures.database import Clock
from tests.sql.conftest import World, step


async def test_nothing_at_all_is_said_as_zeros(world: World) -> None:
    figures = await world.call("statistics", days=3)

    assert [each["day"] for each in figures["days"]] == ["2026-02-28", "2026-03-01", "2026-03-02"]
    assert figures["channels"] == {}
    assert [figures[name] for name in ("active", "new", "unsubscribed")] == [0, 0, 0]


async def test_messages_are_counted_by_day_and_channel_with_what_people_did(
    world: World, clock: Clock
) -> None:
    await world.publish(step(), step(name="second", after="1 day", channels=["email"]))
    await world.enroll(await world.person())
    await world.deliver()
    await clock.advance("1 day")
    (row,) = await world.deliver("email")
    await world.tell(row, "delivered", "opened")

    figures = await world.call("statistics", days=2)

    assert [each["sent"] for each in figures["days"]] == [{"telegram": 1}, {"email": 1}]
    assert figures["channels"] == {
        "telegram": {"sent": 1, "delivered": 1, "opened": 0, "clicked": 0},
        "email": {"sent": 1, "delivered": 1, "opened": 1, "clicked": 0},
    }


async def test_a_machine_opens_nothing_and_what_bounced_was_not_delivered(world: World) -> None:
    await world.publish(step(channels=["email"], fallback="none"))
    for _ in range(2):
        await world.enroll(await world.person(telegram=False))
    opened, bounced = await world.deliver("email")
    await world.tell(opened, "delivered")
    await world.tell(opened, "opened", actor="machine")
    await world.tell(bounced, "bounced")

    figures = await world.call("statistics", days=1)

    assert figures["channels"]["email"] == {"sent": 2, "delivered": 1, "opened": 0, "clicked": 0}


async def test_whoever_is_active_on_two_days_is_one_person(world: World, clock: Clock) -> None:
    ada = await world.person()
    await world.did(ada, "lesson_complete")
    await clock.advance("1 day")
    await world.did(ada, "lesson_complete")
    await world.did(ada, "inactive_7_days", source="clock")
    bob = await world.person()
    await world.did(bob, "inactive_7_days", source="clock")
    await world.call("stop_everything", user_id=bob, source="telegram")

    figures = await world.call("statistics", days=2)

    assert [(each["active"], each["new"], each["unsubscribed"]) for each in figures["days"]] == [
        (1, 1, 0),
        (2, 1, 1),
    ]
    assert [figures[name] for name in ("active", "new", "unsubscribed")] == [2, 2, 1]


async def test_days_are_those_of_the_one_who_asks(world: World, clock: Clock) -> None:
    await clock.set("2026-03-02T23:30:00+00:00")
    await world.person()

    there = await world.call("statistics", days=1, zone="Pacific/Auckland")
    here = await world.call("statistics", days=1, zone="America/Lima")

    assert [each["days"][-1]["day"] for each in (there, here)] == ["2026-03-03", "2026-03-02"]
    assert [each["new"] for each in (there, here)] == [1, 1]


@pytest.mark.parametrize("days", [0, -1, 366])
async def test_other_numbers_of_days_are_refused(world: World, days: int) -> None:
    with pytest.raises(Invalid):
        await world.call("statistics", days=days)
