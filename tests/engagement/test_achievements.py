"""Achievements: read from a file, earned once, told once, and counted on the way."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from engagement.achievements import BadAchievements, load_achievements, publish_achievements
from engagement.leaderboards import look_after_leaderboards, look_through_achievements
from sequences.filters import check_filter
from storage.store import NotFound, Store
from tests.fixtures.database import Clock

ADA = {"external_id": "ada", "first_name": "Ada", "locale": "de"}
MEANT = """
[lessons]
icon = "📖"
title = { en = "Lessons", de = "Lektionen" }
description = { en = "Three lessons.", de = "Drei Lektionen." }
filter = { "behavior.lesson_complete" = { "$count" = { "$gte" = 3 } } }

[german]
icon = "🥨"
title = { en = "German" }
description = { en = "Speaks German and says so." }
filter = { "$and" = [{ "user.locale" = "de" }, { "behavior.said_so" = { "$exists" = true } }] }
"""


@pytest.fixture
async def ada(store: Store, clock: Clock) -> str:
    await clock.set("2026-03-02T12:00:00+00:00")
    return str((await store.call("create_user", **ADA))["user_id"])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "achievements.toml"
    file.write_text(MEANT, encoding="utf-8")
    return file


async def did(store: Store, user_id: str, *types: str) -> None:
    events = [
        {"event_id": f"{user_id}:{type_}:{place}", "user_id": user_id, "type": type_, "source": "api"}
        for place, type_ in enumerate(types)
    ]
    await store.call("record_behavior_events", events=events)


async def listed(store: Store, user_id: str) -> dict[str, Any]:
    rows = await store.call("list_achievements", user_id=user_id)
    return {row["name"]: row for row in rows}


async def told(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch(
        "select metadata ->> 'achievement' as name from tendril.behavior_events "
        "where type = 'achievement_earned' order by id"
    )
    return [row["name"] for row in rows]


def test_there_are_many_to_earn_and_all_can_be_asked_in_two_languages() -> None:
    achievements = load_achievements()

    for each in achievements.values():
        check_filter(each.filter, steps=(), context=())
        assert set(each.title.model_dump()) == set(each.description.model_dump()) == {"en", "de"}
    assert len(achievements) >= 20
    assert len({each.icon for each in achievements.values()}) == len(achievements)


async def test_the_database_can_ask_all_of_them_and_a_second_start_changes_nothing(store: Store) -> None:
    first = await publish_achievements(store)

    assert (first >= 20, await publish_achievements(store)) == (True, 0)


async def test_what_is_earned_is_had_once_and_told_once(
    store: Store, connection: asyncpg.Connection, ada: str, file: Path
) -> None:
    await publish_achievements(store, file)
    while await look_through_achievements(store):
        pass

    await did(store, ada, "lesson_complete", "lesson_complete", "said_so")
    await look_after_leaderboards(store)
    before = await listed(store, ada)
    await did(store, ada, *["lesson_complete"] * 7)
    is_told = await look_after_leaderboards(store)
    await look_after_leaderboards(store)

    assert (before["lessons"]["earned_at"], before["lessons"]["progress"]) == (None, {"have": 2, "need": 3})
    after = (await listed(store, ada))["lessons"]
    assert (after["title"], after["progress"], is_told) == ("Lektionen", None, True)
    assert after["earned_at"].startswith("2026-03-02T12:00")
    assert sorted(await told(connection)) == ["german", "lessons"]


async def test_a_filter_that_counts_nothing_has_no_progress_and_other_languages_read_english(
    store: Store, ada: str, file: Path
) -> None:
    await publish_achievements(store, file)

    german = (await listed(store, ada))["german"]

    assert (german["title"], german["progress"], german["icon"]) == ("German", None, "🥨")


async def test_a_quiet_one_is_had_and_nobody_is_told(
    store: Store, connection: asyncpg.Connection, ada: str, file: Path
) -> None:
    file.write_text(MEANT.replace("[lessons]", "[lessons]\nquiet = true"), encoding="utf-8")
    await publish_achievements(store, file)

    await did(store, ada, *["lesson_complete"] * 3)
    await look_after_leaderboards(store)

    assert (await listed(store, ada))["lessons"]["earned_at"] is not None
    assert await told(connection) == []


async def test_many_processes_give_it_once(
    store: Store, connection: asyncpg.Connection, ada: str, file: Path
) -> None:
    await publish_achievements(store, file)
    for _ in range(3):
        people = [
            (await store.call("create_user", external_id=f"{n}", first_name="Bo"))["user_id"]
            for n in range(20)
        ]
        for user_id in people:
            await did(store, user_id, *["lesson_complete"] * 3)
        await asyncio.gather(*(store.call("award_achievements", batch=2) for _ in range(30)))
    await look_after_leaderboards(store)

    assert await told(connection) == ["lessons"] * 20


async def test_whoever_met_a_new_one_already_has_it_without_a_word(
    store: Store, connection: asyncpg.Connection, ada: str, file: Path
) -> None:
    await did(store, ada, *["lesson_complete"] * 3)
    await publish_achievements(store, file)

    while await look_through_achievements(store):
        pass

    assert (await listed(store, ada))["lessons"]["earned_at"] is not None
    assert await told(connection) == []


async def test_what_the_file_has_no_longer_stays_with_those_who_earned_it(
    store: Store, ada: str, file: Path
) -> None:
    await publish_achievements(store, file)
    await did(store, ada, *["lesson_complete"] * 3)
    await look_after_leaderboards(store)
    bob = str((await store.call("create_user", external_id="bob"))["user_id"])
    file.write_text(MEANT.replace("[lessons]", "[classes]"), encoding="utf-8")

    await publish_achievements(store, file)

    assert set(await listed(store, ada)) == {"lessons", "classes", "german"}
    assert set(await listed(store, bob)) == {"classes", "german"}


async def test_what_no_achievement_asks_for_leaves_nothing_to_look_at(
    store: Store, connection: asyncpg.Connection, ada: str, file: Path
) -> None:
    file.write_text(MEANT.split("[german]")[0], encoding="utf-8")
    await publish_achievements(store, file)
    while await look_through_achievements(store):
        pass

    await did(store, ada, "opened", "clicked")

    assert await connection.fetchval("select count(*) from tendril.achievement_marks") == 0
    assert await store.call("next_standing_work") is None


async def test_a_merged_user_has_what_both_earned(store: Store, ada: str, file: Path) -> None:
    await publish_achievements(store, file)
    bob = str((await store.call("create_user", external_id="bob", locale="de"))["user_id"])
    await did(store, ada, *["lesson_complete"] * 3)
    await did(store, bob, "said_so")
    await look_after_leaderboards(store)

    await store.call("merge_users", from_user=bob, into_user=ada)

    assert all(row["earned_at"] for row in (await listed(store, ada)).values())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('filter = { "behavior.lesson_complete" =', "filter = 3 #"),
        ("lessons.icon", 'icon = "📖"'),
        ("lessons.title.en", "en = "),
    ],
)
def test_a_mistake_in_the_file_names_its_place(tmp_path: Path, wrong: str, said: str) -> None:
    file = tmp_path / "achievements.toml"
    replaced = {"lessons.icon": "", "lessons.title.en": "fr = "}.get(wrong)
    written = MEANT.replace(said, replaced, 1) if replaced is not None else MEANT.replace(wrong, said, 1)
    file.write_text(written, encoding="utf-8")

    with pytest.raises(BadAchievements, match=r"^lessons\.(filter|icon|title\.en)"):
        load_achievements(file)


async def test_a_filter_that_cannot_be_asked_is_refused_and_nothing_is_changed(
    store: Store, connection: asyncpg.Connection, tmp_path: Path
) -> None:
    file = tmp_path / "achievements.toml"
    file.write_text(MEANT.replace("behavior.said_so", "weather.rain"), encoding="utf-8")

    with pytest.raises(BadAchievements, match=r"german.*weather\.rain"):
        await publish_achievements(store, file)

    assert await connection.fetchval("select count(*) from tendril.achievements") == 0


async def test_an_admins_own_is_no_matter_of_the_file(store: Store, ada: str, file: Path) -> None:
    await publish_achievements(store, file)
    await store.call(
        "store_achievement",
        name="lessons",
        title={"en": "Ours"},
        description={"en": "Ours."},
        icon="⭐",
        filter={"behavior.lesson_complete": {"$exists": True}},
        created_by="admin",
    )
    await store.call("retire_achievement", name="german", source="admin")

    changed = await publish_achievements(store, file)

    found = await listed(store, ada)
    assert (changed, list(found), found["lessons"]["title"]) == (0, ["lessons"], "Ours")
    with pytest.raises(NotFound):
        await store.call("retire_achievement", name="german", source="admin")
