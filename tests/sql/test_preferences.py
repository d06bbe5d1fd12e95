"""What people choose: an order of channels, kinds of messages for each, how often, what not at all."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from storage.store import Invalid, NotFound
from tests.sql.conftest import World, step


async def choose(world: World, user_id: str, **changes: Any) -> Any:
    named = {key.replace("__", "."): value for key, value in changes.items()}
    return await world.call("set_preferences", user_id=user_id, changes=named)


def wants(preferences: Any, channel: str) -> Any:
    (point,) = (each for each in preferences["contact_points"] if each["channel"] == channel)
    return point["wants"]


# The order of channels


async def test_the_preferred_channel_is_the_first_of_the_order(world: World) -> None:
    ada = await world.person()

    chosen = await choose(world, ada, channel_order=["email", "telegram"])

    assert (chosen["preferred_channel"], chosen["channel_order"]) == ("email", ["email", "telegram"])


async def test_preferring_a_channel_moves_it_to_the_front(world: World) -> None:
    ada = await world.person(channel_order=["email", "telegram"])

    assert (await choose(world, ada, preferred_channel="telegram"))["channel_order"] == ["telegram", "email"]


async def test_no_preference_means_no_order(world: World) -> None:
    ada = await world.person(channel_order=["email", "telegram"])

    assert (await choose(world, ada, preferred_channel=None))["channel_order"] == []


async def test_an_order_of_channels_that_do_not_exist_is_refused(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        await world.person(channel_order=["email", "pigeon"])

    assert refused.value.detail == "channel_order"


# Kinds of messages per channel


async def test_a_kind_is_switched_off_on_one_channel_only(world: World) -> None:
    ada = await world.person()

    chosen = await choose(world, ada, email__announcements="false")

    assert wants(chosen, "email") == {"sequences": True, "announcements": False, "reminders": True}
    assert all(wants(chosen, "telegram").values())


async def test_a_kind_that_is_not_wanted_on_a_channel_goes_over_the_other(world: World) -> None:
    await world.publish(step())
    ada = await world.person(**{"telegram.sequences": "false"})
    await world.enroll(ada)

    await world.claim("telegram")

    assert len(await world.claim("email")) == 1


async def test_who_left_a_channel_comes_back_for_the_one_kind_that_they_ask_for(world: World) -> None:
    await world.publish(step(channels=["email"]))
    ada = await world.person()
    await world.enroll(ada)
    (row,) = await world.deliver("email")
    await world.call("unsubscribe", tracking_id=row["tracking_id"], scope="channel", source="page")

    chosen = await choose(world, ada, email__reminders="true")

    assert wants(chosen, "email") == {"sequences": False, "announcements": False, "reminders": True}


async def test_consent_for_a_channel_without_an_address_is_refused_by_name(world: World) -> None:
    ada = await world.person(email=False)

    with pytest.raises(Invalid) as refused:
        await choose(world, ada, email__reminders="true")

    assert refused.value.detail == "email.reminders"


# How often


@pytest.mark.parametrize(
    ("frequency", "a_day", "a_week"), [("normal", 3, None), ("less", 1, None), ("few", 1, 3), ("rare", 1, 1)]
)
async def test_a_frequency_has_a_name_and_two_limits(
    world: World, frequency: str, a_day: int, a_week: int | None
) -> None:
    chosen = await choose(world, await world.person(), frequency=frequency)

    assert (chosen["frequency"], chosen["max_per_day"], chosen["max_per_week"]) == (frequency, a_day, a_week)


async def test_limits_that_have_no_name_are_shown_without_one(world: World) -> None:
    assert (await choose(world, await world.person(), max_per_day=2))["frequency"] is None


@pytest.mark.parametrize("key", ["frequency", "locale", "max_per_week"])
async def test_a_choice_that_makes_no_sense_is_refused_by_name(world: World, key: str) -> None:
    with pytest.raises(Invalid) as refused:
        await choose(world, await world.person(), **{key: "-not so-"})

    assert refused.value.detail == key


# A pause


async def test_a_pause_until_a_day_ends_at_midnight_where_they_are(world: World) -> None:
    ada = await world.person(timezone="Asia/Tokyo")

    chosen = await choose(world, ada, paused_until="2026-03-10")

    assert chosen["paused_until"] == "2026-03-09T15:00:00+00:00"


async def test_a_pause_that_is_over_is_refused(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        await world.person(paused_until="2026-03-02")

    assert refused.value.detail == "paused_until"


# Declined sequences


async def test_declining_a_sequence_ends_what_runs_of_it_and_nothing_else(world: World) -> None:
    await world.publish(step())
    await world.publish(step(), name="other")
    ada = await world.person()
    await world.enroll(ada)
    await world.enroll(ada, "other")

    await world.call("decline_sequence", user_id=ada, sequence="course")

    assert [row["sequence_type"] for row in await world.claim()] == ["other"]
    declined = (await world.call("get_preferences", user_id=ada))["declined"]
    assert [(each["sequence"], each["title"]) for each in declined] == [("course", "Course")]


async def test_accepting_it_again_goes_on_where_it_was(world: World) -> None:
    await world.publish(step(), step(name="second", after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    await world.deliver()
    await world.call("decline_sequence", user_id=ada, sequence="course")
    await world.clock.advance("7 days")

    await world.call("accept_sequence", user_id=ada, sequence="course")
    await world.clock.advance("25 hours")

    assert [row["message_step"] for row in await world.claim()] == [2]


async def test_declining_and_accepting_twice_changes_nothing_more(world: World) -> None:
    await world.publish(step())
    ada = await world.person()
    for operation in ("decline_sequence", "decline_sequence", "accept_sequence", "accept_sequence"):
        await world.call(operation, user_id=ada, sequence="course")

    assert (await world.call("get_preferences", user_id=ada))["declined"] == []


async def test_preferences_of_nobody_are_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        await choose(world, "00000000-0000-4000-8000-000000000000", frequency="less")


async def test_a_declined_sequence_does_not_begin_again_by_itself(world: World) -> None:
    await world.publish(step(), trigger={"event": "goal_set"})
    ada = await world.person()
    await world.call("decline_sequence", user_id=ada, sequence="course")

    triggered = await world.did(ada, "goal_set")
    asked = await world.enroll(ada)
    campaign = await world.call("enroll_audience", sequence="course", key="spring")

    assert (triggered["enrolled"], campaign["enrolled"]) == (0, 0)
    assert (asked["created"], asked["status"]) == (False, "cancelled")
    assert await world.claim() == []


async def test_what_would_have_begun_while_declined_does_not_begin_late(world: World) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.call("decline_sequence", user_id=ada, sequence="course")
    await world.clock.advance("1 hour")
    await world.enroll(ada)

    await world.call("accept_sequence", user_id=ada, sequence="course")

    assert await world.claim() == []


async def test_what_one_account_declined_the_other_declines_after_joining(world: World) -> None:
    await world.publish(step())
    ada, chat = await world.person(telegram=False), await world.person(email=False)
    await world.call("decline_sequence", user_id=chat, sequence="course")

    await world.call("merge_users", from_user=chat, into_user=ada)

    declined = (await world.call("get_preferences", user_id=ada))["declined"]
    assert [each["sequence"] for each in declined] == ["course"]


# One's own data


async def test_the_way_to_ones_data_that_is_asked_for_several_times_at_once_is_sent_once(
    world: World, connection: asyncpg.Connection
) -> None:
    await world.publish(step(), name="privacy_link", message_class="transactional")
    ada = await world.person()

    await asyncio.gather(
        *(
            world.call("request_privacy", user_id=ada, at=f"2026-03-02T12:00:{second:02}+00:00")
            for second in range(8)
        )
    )

    assert await connection.fetchval("select count(*) from tendril.enrollments") == 1
