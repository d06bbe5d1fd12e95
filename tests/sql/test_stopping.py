"""Who stops gets nothing more, and who starts again goes on."""

from tests.sql.conftest import World, step
from tests.sql.people import due


async def test_a_stop_ends_what_runs_and_a_start_continues_it(world: World) -> None:
    await world.publish(step(), step(name="second", after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver()
    assert await world.call("stop_everything", user_id=ada, source="telegram") == {"cancelled": 1}
    await world.clock.advance("3 days")
    assert await world.claim() == []

    again = await world.call("start_again", user_id=ada, source="telegram")
    assert again == {"was_stopped": True, "resumed": 1}
    assert await world.claim() == []
    await world.clock.advance("1 day")
    assert [row["message_step"] for row in await world.claim()] == [2]


async def test_stopping_twice_and_starting_twice_changes_nothing_more(world: World) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    stops = [await world.call("stop_everything", user_id=ada, source="telegram") for _ in range(2)]
    starts = [await world.call("start_again", user_id=ada, source="telegram") for _ in range(2)]
    assert [stop["cancelled"] for stop in stops] == [1, 0]
    assert [start["was_stopped"] for start in starts] == [True, False]


async def test_who_stopped_two_runs_of_one_sequence_goes_on_with_the_later(world: World) -> None:
    await world.publish(step(after="1 day"))
    ada = await world.person()
    for _ in range(2):
        await world.enroll(ada)
        await world.call("stop_everything", user_id=ada, source="telegram")
    assert (await world.call("start_again", user_id=ada, source="telegram"))["resumed"] == 1
    runs = (await world.call("explain_user", reference=ada))["enrollments"]
    assert [run["status"] for run in runs] == ["active", "cancelled"]


async def test_who_stopped_while_the_last_message_was_on_its_way_has_nothing_to_go_on_with(
    world: World,
) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)
    rows = await world.claim()
    await world.call("stop_everything", user_id=ada, source="telegram")
    await world.record(rows)
    await world.call("start_again", user_id=ada, source="telegram")
    (run,) = (await world.call("explain_user", reference=ada))["enrollments"]
    assert run["status"] == "completed"


async def test_a_start_does_not_bring_back_what_ended_long_ago(world: World) -> None:
    await world.publish(step(after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    await world.call("stop_everything", user_id=ada, source="telegram")
    await world.clock.advance("31 days")
    assert (await world.call("start_again", user_id=ada, source="telegram"))["resumed"] == 0


async def test_a_start_on_telegram_does_not_take_back_an_unsubscription_by_email(world: World) -> None:
    await world.publish(step(channels=["email"]))
    ada = await world.person()
    await world.enroll(ada)
    (mail,) = await world.deliver("email")
    await world.call("unsubscribe", tracking_id=mail["tracking_id"], scope="everything", source="email")
    await world.call("start_again", user_id=ada, source="telegram")
    points = (await world.call("get_preferences", user_id=ada))["contact_points"]
    assert {point["channel"]: point["unsubscribed_at"] is not None for point in points} == {
        "telegram": False,
        "email": True,
    }


async def test_a_step_for_half_past_nine_still_comes_at_half_past_nine_after_a_stop(world: World) -> None:
    await world.publish(step(after="1 day", at="09:30"))
    ada = await world.person()
    await world.enroll(ada)
    await world.call("stop_everything", user_id=ada, source="telegram")
    await world.clock.advance("2 days 5 hours")
    await world.call("start_again", user_id=ada, source="telegram")
    assert await due(world, ada) == "2026-03-05T09:30"
