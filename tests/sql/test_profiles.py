"""How somebody learns is told by what they do, the more surely the more they do; what they choose wins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from engagement.profile import FIELDS, configure_profile, load_profile
from sequences.filters import BadFilter, check_filter
from storage.store import Invalid, NotFound
from tests.sql.conftest import World, step

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def configured(world: World) -> None:
    await configure_profile(world.store, load_profile())


async def profile(world: World, user_id: str) -> dict[str, Any]:
    fields = (await world.call("get_profile", reference=user_id))["fields"]
    return {field["name"]: field for field in fields}


async def did_on(
    world: World, user_id: str, type_: str, *days_ago: int, hour: int = 7, **metadata: Any
) -> None:
    for days in days_ago:
        moment = (NOW - timedelta(days=days)).replace(hour=hour)
        await world.did(user_id, type_, metadata=metadata, source="api", occurred_at=moment.isoformat())


async def test_of_whom_nothing_is_known_the_profile_says_nothing(world: World) -> None:
    ada = await profile(world, await world.person())

    assert list(ada) == list(FIELDS)
    assert {field["value"] for field in ada.values()} == {None}
    assert {field["source"] for field in ada.values()} == {None}


async def test_what_is_done_often_enough_speaks_for_how_somebody_learns(world: World) -> None:
    ada = await world.person()
    await did_on(world, ada, "lesson_complete", *range(1, 13), format="video")

    told = await profile(world, ada)

    assert told["learning_style"]["value"] == "visual"
    assert told["formats"]["value"] == ["video"]
    assert told["study_time"]["value"] == "morning"
    # twelve days, and of four more that nothing is known of a fifth
    assert told["learning_style"]["confidence"] == pytest.approx((12 + 4 / 5) / 16, abs=0.001)


async def test_little_evidence_is_not_believed(world: World) -> None:
    ada = await world.person()
    await did_on(world, ada, "lesson_complete", 1, 2, format="video")

    assert (await profile(world, ada))["learning_style"]["value"] is None


async def test_ten_on_one_evening_are_one_day(world: World) -> None:
    ada = await world.person()
    await did_on(world, ada, "lesson_complete", *[1] * 10, format="video")

    assert (await profile(world, ada))["learning_style"]["value"] is None


async def test_confidence_only_grows_with_more_of_the_same(world: World) -> None:
    ada = await world.person()
    confidences = []
    for days in range(3, 30, 5):
        await did_on(world, ada, "exercise_complete", *range(days - 5, days))
        confidences.append((await profile(world, ada))["learning_style"]["confidence"] or 0)

    assert confidences == sorted(confidences)
    assert 0.8 < confidences[-1] < 1


async def test_several_formats_may_stand_out_together(world: World) -> None:
    ada = await world.person()
    await did_on(world, ada, "lesson_complete", *range(1, 21), format="video")
    await did_on(world, ada, "lesson_complete", *range(1, 18), format="text")
    await did_on(world, ada, "lesson_complete", 3, format="audio")

    assert (await profile(world, ada))["formats"]["value"] == ["video", "text"]


@pytest.mark.parametrize(("days", "pace"), [((1,), "slow"), ((1, 3, 5), "steady"), ((0, 1, 2, 3, 5), "fast")])
async def test_the_pace_is_how_many_days_of_a_week_somebody_comes(
    world: World, days: tuple[int, ...], pace: str
) -> None:
    ada = await world.person()
    monday = 7  # 23 February, a Monday, is seven days before
    await did_on(
        world, ada, "lesson_complete", *(monday + 7 * week - day for week in range(5) for day in days)
    )

    assert (await profile(world, ada))["pace"]["value"] == pace


async def test_the_time_of_day_is_the_one_where_somebody_lives(world: World) -> None:
    ada = await world.person()
    await world.call("set_preferences", user_id=ada, changes={"timezone": "Asia/Tokyo"})
    await did_on(world, ada, "lesson_complete", *range(1, 13), hour=10)

    assert (await profile(world, ada))["study_time"]["value"] == "evening"


async def test_what_somebody_chose_wins_until_they_take_it_back(world: World) -> None:
    ada = await world.person()
    await did_on(world, ada, "lesson_complete", *range(1, 13), format="video")

    await world.call("set_profile", reference=ada, chosen={"learning_style": "reading"})
    chosen = (await profile(world, ada))["learning_style"]
    await world.call("set_profile", reference=ada, chosen={"learning_style": None})

    assert (chosen["value"], chosen["source"], chosen["inferred"]) == ("reading", "chosen", "visual")
    back = (await profile(world, ada))["learning_style"]
    assert (back["value"], back["source"]) == ("visual", "inferred")


@pytest.mark.parametrize(
    ("chosen", "field", "known"),
    [
        ({"mood": "good"}, "chosen.mood", "learning_style, pace, difficulty"),
        ({"pace": "warp"}, "chosen.pace", "slow, steady, fast"),
        ({"pace": ["slow"]}, "chosen.pace", "slow, steady, fast"),
        ({"formats": "video"}, "chosen.formats", "a list of some of video"),
        ({"formats": ["video", "smell"]}, "chosen.formats", "video, text, audio"),
        ({"formats": []}, "chosen.formats", "video, text, audio"),
    ],
)
async def test_what_a_profile_does_not_have_is_refused_with_what_it_has(
    world: World, chosen: dict[str, Any], field: str, known: str
) -> None:
    ada = await world.person()

    with pytest.raises(Invalid) as refused:
        await world.call("set_profile", reference=ada, chosen={"difficulty": "easy"} | chosen)

    assert refused.value.detail == field
    assert known in refused.value.message
    assert (await profile(world, ada))["difficulty"]["value"] is None


async def test_nobody_has_no_profile(world: World) -> None:
    with pytest.raises(NotFound):
        await world.call("get_profile", reference="nobody")


async def test_profiles_are_kept_for_those_who_did_something_the_day_before(
    world: World, connection: asyncpg.Connection
) -> None:
    people = [await world.person() for _ in range(3)]
    for person in people[:2]:
        await did_on(world, person, "lesson_complete", *range(1, 13), format="video")
    await did_on(world, people[2], "lesson_complete", *range(12), format="video")

    rounds = [await world.call("look_after_profiles", batch=2) for _ in range(3)]

    assert rounds == [2, 1, 0]
    kept = await connection.fetch("select known ->> 'learning_style' as style from tendril.profiles")
    assert [row["style"] for row in kept] == ["visual"] * 3


async def test_a_profile_that_nothing_has_changed_is_not_written_again(world: World) -> None:
    ada = await world.person()
    await did_on(world, ada, "lesson_complete", *range(1, 13), format="video")

    assert [await world.call("refresh_profiles", users=[ada]) for _ in range(2)] == [1, 0]


async def test_two_who_turn_out_to_be_one_have_what_both_chose_and_did(
    world: World, connection: asyncpg.Connection
) -> None:
    ada, other = await world.person(), await world.person(telegram=False)
    await did_on(world, ada, "lesson_complete", *range(1, 7), format="video")
    await did_on(world, other, "lesson_complete", *range(7, 13), format="video")
    await world.call("set_profile", reference=ada, chosen={"pace": "slow"})
    await world.call("set_profile", reference=other, chosen={"pace": "fast", "difficulty": "easy"})

    await connection.execute("select tendril.merge_users($1::uuid, $2::uuid)", other, ada)

    told = {name: field["value"] for name, field in (await profile(world, ada)).items()}
    assert (told["pace"], told["difficulty"], told["learning_style"]) == ("slow", "easy", "visual")
    assert await connection.fetchval("select known ->> 'difficulty' from tendril.profiles") == "easy"


@pytest.mark.parametrize(
    ("filter_", "means"),
    [
        ({"profile.learning_style": "visual"}, (True, False)),
        ({"profile.learning_style": {"$ne": "visual"}}, (False, True)),
        ({"profile.formats": {"$in": ["video", "audio"]}}, (True, False)),
        ({"profile.formats": {"$all": ["video", "audio"]}}, (False, False)),
        ({"profile.difficulty": {"$exists": False}}, (True, True)),
        ({"profile.difficulty": "easy"}, (False, False)),
    ],
)
async def test_a_filter_goes_by_what_is_kept_of_a_profile(
    world: World, filter_: dict[str, Any], means: tuple[bool, bool]
) -> None:
    check_filter(filter_)
    ada, bob = await world.person(), await world.person()
    await did_on(world, ada, "lesson_complete", *range(1, 13), format="video")
    await world.call("refresh_profiles", users=[ada])

    found = {row["user_id"] for row in await world.call("list_users", filter=filter_)}

    assert (ada in found, bob in found) == means


def test_a_filter_names_the_values_that_a_profile_can_have() -> None:
    with pytest.raises(BadFilter, match=r"profile\.pace.*is never 'warp'; it is one of: slow, steady, fast"):
        check_filter({"profile.pace": {"$in": ["slow", "warp"]}})
    with pytest.raises(BadFilter, match=r"profile has no 'mood'|learning_style"):
        check_filter({"profile.mood": "good"})


async def test_a_message_is_written_by_what_its_reader_chose(world: World) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.call("set_profile", reference=ada, chosen={"pace": "fast", "formats": ["video", "audio"]})
    await world.enroll(ada)

    (row,) = await world.claim()

    assert row["user"]["profile"] == {"pace": "fast", "formats": ["video", "audio"]}
