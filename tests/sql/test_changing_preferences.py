"""Each preference is kept, one that cannot be is refused by name, and what is planned follows."""

from typing import Any

import pytest

from storage.store import Invalid, NotFound
from tests.sql.conftest import Row, World, step
from tests.sql.people import due


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("preferred_channel", "email", "email"),
        ("preferred_channel", None, None),
        ("preferred_time", "evening", "evening"),
        ("timezone", "Pacific/Chatham", "Pacific/Chatham"),
        ("locale", "es", "es"),
        ("quiet_from", "21:30", "21:30:00"),
        ("quiet_until", "09:15", "09:15:00"),
        ("paused_until", "2026-03-09T12:00:00+00:00", "2026-03-09T12:00:00+00:00"),
        ("paused_until", None, None),
        ("max_per_day", 0, 0),
        ("max_per_day", 100, 100),
    ],
)
async def test_each_preference_is_kept_and_the_others_stay(
    world: World, key: str, value: Any, kept: Any
) -> None:
    ada = await world.person()
    before = await world.call("get_preferences", user_id=ada)
    after = await world.call("set_preferences", user_id=ada, changes={key: value})
    following = {
        "preferred_channel": {"channel_order"},
        "max_per_day": {"frequency"},
        "preferred_time": {"time_is_chosen"},
    }
    follows = following.get(key, set())
    assert after | {each: before[each] for each in follows} == before | {key: kept}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("preferred_channel", "pigeon"),
        ("preferred_time", "midnight"),
        ("timezone", "Europe/Atlantis"),
        ("quiet_from", "25:00"),
        ("quiet_until", "soon"),
        ("paused_until", "tomorrow-ish"),
        ("max_per_day", -1),
        ("max_per_day", 101),
        ("max_per_day", "many"),
        ("max_per_day", 2.5),
        ("stopped_at", None),
        ("favourite_color", "green"),
    ],
)
async def test_a_preference_that_cannot_be_is_refused_by_name_and_nothing_changes(
    world: World, key: str, value: Any
) -> None:
    ada = await world.person()
    before = await world.call("get_preferences", user_id=ada)
    with pytest.raises(Invalid) as refused:
        await world.call("set_preferences", user_id=ada, changes={"locale": "es", key: value})
    assert refused.value.detail == key
    assert await world.call("get_preferences", user_id=ada) == before


@pytest.mark.parametrize(
    ("operation", "more"), [("get_preferences", {}), ("set_preferences", {"changes": {"locale": "es"}})]
)
async def test_there_are_no_preferences_of_nobody(world: World, operation: str, more: Row) -> None:
    with pytest.raises(NotFound):
        await world.call(operation, user_id="00000000-0000-0000-0000-000000000000", **more)


@pytest.mark.parametrize(
    ("held_by", "released_by"),
    [
        ({"quiet_from": "11:00", "quiet_until": "13:00"}, {"quiet_from": "22:00", "quiet_until": "08:00"}),
        ({"paused_until": "2026-04-01T00:00:00+00:00"}, {"paused_until": None}),
        ({"max_per_day": 0}, {"max_per_day": 3}),
    ],
)
async def test_what_was_held_is_looked_at_again_when_its_reason_goes(
    world: World, held_by: Row, released_by: Row
) -> None:
    await world.publish(step())
    ada = await world.person(**held_by)
    await world.enroll(ada)
    assert await world.claim() == []
    await world.call("set_preferences", user_id=ada, changes=released_by)
    assert len(await world.claim()) == 1


async def test_a_new_time_zone_moves_the_step_that_is_planned(world: World) -> None:
    await world.publish(step(after="1 day", at="09:30"))
    ada = await world.person()
    await world.enroll(ada)
    assert await due(world, ada) == "2026-03-03T09:30"
    await world.call("set_preferences", user_id=ada, changes={"timezone": "America/New_York"})
    assert await due(world, ada) == "2026-03-03T14:30"


async def test_a_new_time_of_day_moves_the_step_that_is_planned(world: World) -> None:
    await world.publish(step(after="1 day", at="preferred"))
    ada = await world.person()
    await world.enroll(ada)
    await world.call("set_preferences", user_id=ada, changes={"preferred_time": "evening"})
    assert await due(world, ada) == "2026-03-03T19:00"


async def test_a_step_without_a_time_of_day_stays_where_it_is(world: World) -> None:
    await world.publish(step(after="5 hours"))
    ada = await world.person()
    await world.enroll(ada)
    await world.call(
        "set_preferences", user_id=ada, changes={"timezone": "Asia/Tokyo", "preferred_time": "evening"}
    )
    assert await due(world, ada) == "2026-03-02T17:00"
