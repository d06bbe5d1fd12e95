"""Templates: versions that never change, words looked up by name, and an archive that breaks nothing."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from storage.store import Conflict, NotFound
from tests.sql.conftest import Row, World, step

WORDS = {"default": {"subject": "Still there?", "body": "A seat is kept for you."}}
OTHER = {"default": {"subject": "Hello again", "body": "A seat is kept for you."}}


async def create(world: World, name: str = "reminder", **more: Any) -> Row:
    given = {"title": "A reminder", "type": "gentle_reminder", "content": WORDS, "author": "ada"} | more
    created: Row = await world.call("create_template", name=name, **given)
    return created


async def change(world: World, template: Row, **changes: Any) -> Row:
    changed: Row = await world.call(
        "change_template", template_id=template["id"], changes=changes, author="bob"
    )
    return changed


async def numbers(world: World, template: Row) -> list[int]:
    return [v["number"] for v in await world.call("template_versions_of", template_id=template["id"])]


async def use(world: World, template: Row, name: str = "course") -> Row:
    kept = {"name": template["name"], "number": template["version"], "version_id": template["version_id"]}
    return await world.publish(step(template=kept), name=name)


async def campaign(connection: asyncpg.Connection[asyncpg.Record], status: str) -> None:
    await connection.execute(
        """
        insert into tendril.campaigns
            (name, title, kind, status, sequence, schedule, created_by, created_at, changed_at)
        values ('spring', 'Spring', 'one_time', $1, 'course', '{}', 'ada', tendril.clock(), tendril.clock())
        """,
        status,
    )


async def test_new_words_are_a_new_version_and_the_old_one_stays(world: World) -> None:
    created = await create(world)

    changed = await change(world, created, content=OTHER)

    assert (created["version"], changed["version"], changed["content"]) == (1, 2, OTHER)
    first, second = sorted(
        await world.call("template_versions_of", template_id=created["id"]), key=lambda v: v["number"]
    )
    assert (first["content"], first["created_by"], second["created_by"]) == (WORDS, "ada", "bob")


async def test_the_same_words_make_no_new_version(world: World) -> None:
    created = await create(world)

    await change(world, created, content=WORDS, title="Another title")

    assert await numbers(world, created) == [1]


async def test_fields_that_an_enrollment_has_to_bring_belong_to_the_version(world: World) -> None:
    created = await create(world, context=["days"])

    await change(world, created, context=["days", "name?"])

    versions = await world.call("template_versions_of", template_id=created["id"])
    assert [v["context"] for v in versions] == [["days", "name?"], ["days"]]


async def test_a_name_is_taken_once(world: World) -> None:
    await create(world)

    with pytest.raises(Conflict, match="there is a template named reminder"):
        await create(world)


async def test_whoever_means_another_revision_changes_nothing(world: World) -> None:
    created = await create(world)
    await change(world, created, title="First come")

    with pytest.raises(Conflict, match="somebody else"):
        await world.call(
            "change_template", template_id=created["id"], changes={"title": "x"}, author="b", revision=1
        )
    assert (await world.call("describe_template", template_id=created["id"]))["title"] == "First come"


async def test_a_copy_begins_with_what_the_original_says_now(world: World) -> None:
    created = await create(world, context=["days"])
    await change(world, created, content=OTHER)

    copy = await world.call("duplicate_template", template_id=created["id"], name="copy", author="eve")

    assert (copy["content"], copy["context"], copy["version"], copy["created_by"]) == (
        OTHER,
        ["days"],
        1,
        "eve",
    )


async def test_an_archived_template_is_not_found_by_name_until_it_is_restored(world: World) -> None:
    created = await create(world)

    await world.call("archive_template", template_id=created["id"])
    away = await world.call("templates_named", names=["reminder"])
    with pytest.raises(Conflict, match="cannot be changed"):
        await change(world, created, title="x")
    await world.call("restore_template", template_id=created["id"])

    assert away == []
    (found,) = await world.call("templates_named", names=["reminder", "other"])
    assert (found["number"], found["content"], found["version_id"]) == (1, WORDS, created["version_id"])


async def test_a_template_says_which_sequences_have_its_words(world: World) -> None:
    created = await create(world)
    await use(world, created)
    await use(world, created, name="former")
    await world.publish(step(), name="former")

    used = (await world.call("describe_template", template_id=created["id"]))["used_by"]

    assert used == {"sequences": ["course"], "campaigns": []}


@pytest.mark.parametrize("status", ["active", "paused"])
async def test_a_template_of_a_campaign_under_way_stays(
    world: World, connection: asyncpg.Connection[asyncpg.Record], status: str
) -> None:
    created = await create(world)
    await use(world, created)
    await campaign(connection, status)

    with pytest.raises(Conflict, match="the template reminder is in use by: spring"):
        await world.call("archive_template", template_id=created["id"])


async def test_a_template_of_a_campaign_that_is_over_can_be_put_away(
    world: World, connection: asyncpg.Connection[asyncpg.Record]
) -> None:
    created = await create(world)
    await use(world, created)
    await campaign(connection, "completed")

    archived = await world.call("archive_template", template_id=created["id"])

    assert [c["name"] for c in archived["used_by"]["campaigns"]] == ["spring"]


async def test_lists_come_in_pages_and_by_type(world: World) -> None:
    made = [await create(world, name) for name in ("a", "b", "c")]
    await create(world, "d", type="achievement")
    await world.call("archive_template", template_id=made[1]["id"])

    reminders = await world.call("list_templates", type="gentle_reminder")
    page = await world.call("list_templates", limit_to=1, after_id=made[0]["id"])
    archived = await world.call("list_templates", is_archived=True)

    assert [[t["name"] for t in found] for found in (reminders, page, archived)] == [["a", "c"], ["c"], ["b"]]


async def test_a_template_of_the_catalogue_follows_its_file_until_an_admin_writes_it(world: World) -> None:
    given = {"name": "streak", "title": "Streak", "type": "streak_warning"}
    assert await world.call("publish_template", **given, content=WORDS)
    assert not await world.call("publish_template", **given, content=WORDS)
    assert await world.call("publish_template", **given, content=OTHER)
    (template,) = await world.call("list_templates")

    await change(world, template, content=WORDS)

    assert not await world.call("publish_template", **given, content=OTHER)
    assert (await world.call("describe_template", template_id=template["id"]))["content"] == WORDS


async def test_what_is_not_there_is_not_found(world: World) -> None:
    created = await create(world)
    for operation, arguments in (
        ("describe_template", {"template_id": 0}),
        ("describe_template", {"template_id": created["id"], "number": 9}),
        ("archive_template", {"template_id": 0}),
        ("change_template", {"template_id": 0, "changes": {}, "author": "a"}),
    ):
        with pytest.raises(NotFound):
            await world.call(operation, **arguments)


@pytest.mark.parametrize(
    ("body", "expected"), [("{% if engagement == 'low' %}a{% endif %}", "low"), ("Hello", None)]
)
async def test_only_words_that_ask_learn_how_engaged_their_reader_is(
    world: World, body: str, expected: str | None
) -> None:
    await world.publish(step(content={"default": {"body": body}}))
    await world.enroll(await world.person())

    (row,) = await world.claim()

    assert row["user"]["engagement"] == expected


async def test_whoever_does_much_is_highly_engaged(world: World) -> None:
    ada = await world.person()
    for day in range(1, 29):
        await world.did(ada, "lesson", occurred_at=f"2026-02-{day:02}T10:00:00+00:00")
    await world.did(ada, "lesson")
    await world.rescore()

    assert await world.call("engagement_level", user_id=ada) == "high"
    assert await world.call("engagement_level", user_id=await world.person()) == "low"
