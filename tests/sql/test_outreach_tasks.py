"""What only a person can say becomes a task: few at a time, told, reminded of, done, and never lost."""

from __future__ import annotations

import asyncpg
import pytest

from tests.fixtures.database import Clock
from tests.sql.conftest import World, step
from tests.sql.watching import Watch, watched


@pytest.fixture
async def watch(world: World, connection: asyncpg.Connection) -> Watch:
    return await watched(world, connection)


async def test_what_was_not_answered_is_not_said_again_and_then_a_person_is_asked(
    watch: Watch, clock: Clock
) -> None:
    await watch.admin()
    ada = await watch.at_risk()
    for _ in range(5):
        await watch.rises(ada)
        await watch.look()
        await clock.advance("8 days")

    kinds = [made["type"] for made in reversed(await watch.of(ada))]

    assert len(set(kinds)) == len(kinds) == 3
    assert kinds[2] == "human_outreach"


async def test_people_get_no_more_tasks_than_they_can_do(watch: Watch) -> None:
    await watch.configure(most_tasks=1)
    await watch.admin()
    people = [await watch.world.person() for _ in range(3)]
    for user in people:
        await watch.rises(user, 90, ["human_outreach"])

    await watch.look()

    kinds = [(await watch.of(user))[0]["type"] for user in people]
    assert kinds.count("human_outreach") == 1
    assert len(await watch.world.call("list_outreach")) == 1


async def test_a_task_is_told_reminded_of_and_done(watch: Watch, clock: Clock) -> None:
    await watch.world.publish(
        step(channels=["telegram"]), name="outreach_task", message_class="transactional"
    )
    boss = await watch.admin()
    ada = await watch.world.person()
    await watch.rises(ada, 90, ["human_outreach"])
    await watch.look([])

    told = [await watch.world.call("tell_outreach"), await watch.world.call("tell_outreach")]
    (message,) = await watch.world.deliver()
    await clock.advance("25 hours")
    reminded = await watch.world.call("tell_outreach")
    answer = {"metadata": {"tracking_id": message["tracking_id"]}}
    await watch.world.call(
        "heed_outreach_answers", events=[{"user_id": boss, "type": "outreach_done"} | answer]
    )

    (task,) = await watch.world.call("list_outreach", is_open=False)
    assert (told, reminded, message["user_id"]) == ([1, 0], 1, boss)
    assert (task["status"], task["decided_by"]) == ("done", "telegram:1")


async def test_a_tap_of_somebody_who_is_no_admin_changes_no_task(watch: Watch) -> None:
    await watch.world.publish(
        step(channels=["telegram"]), name="outreach_task", message_class="transactional"
    )
    boss = await watch.admin()
    await watch.rises(await watch.world.person(), 90, ["human_outreach"])
    await watch.look([])
    await watch.world.call("tell_outreach")
    (message,) = await watch.world.deliver()
    await watch.world.call("set_roles", user_id=boss, roles=[], actor="owner")

    answer = {"metadata": {"tracking_id": message["tracking_id"]}}
    await watch.world.call(
        "heed_outreach_answers", events=[{"user_id": boss, "type": "outreach_done"} | answer]
    )

    assert [task["status"] for task in await watch.world.call("list_outreach")] == ["open"]


async def test_without_an_admin_there_is_a_message_and_no_task(watch: Watch) -> None:
    ada = await watch.world.person()
    await watch.rises(ada, 90, ["human_outreach", "gentle_reminder"])

    await watch.look()

    assert (await watch.of(ada))[0]["type"] == "gentle_reminder"
    assert await watch.world.call("list_outreach") == []


async def test_a_task_whose_last_admin_has_gone_is_an_alert_at_once_and_waits(watch: Watch) -> None:
    boss = await watch.admin()
    await watch.rises(await watch.world.person(), 90, ["human_outreach"])
    await watch.look([])
    await watch.world.call("set_roles", user_id=boss, roles=[], actor="owner")

    # it is over after a week
    assert (await watch.world.call("next_intervention"))[:10] == "2026-03-09"
    assert [each["kind"] for each in await watch.world.call("alert_causes")] == ["outreach_waiting"]
