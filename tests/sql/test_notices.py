"""What the passing of time brings about is noticed once, also after a time in which no process ran."""

from __future__ import annotations

from datetime import datetime, timedelta

from storage.store import Store
from tests.fixtures.database import Clock
from tests.sql.conftest import World, step


async def inactive(store: Store) -> int:
    return int((await store.call("notice_time")).get("inactive", 0))


async def test_a_week_of_silence_is_noticed_once(world: World, clock: Clock) -> None:
    await world.call("notice_time")
    await world.person()

    await clock.advance("6 days 23 hours")
    before = await inactive(world.store)
    await clock.advance("2 hours")

    assert (before, await inactive(world.store), await inactive(world.store)) == (0, 1, 0)


async def test_the_second_week_is_noticed_too_and_nothing_after_it(world: World, clock: Clock) -> None:
    await world.call("notice_time")
    await world.person()
    counts = []

    for _ in range(5):
        await clock.advance("7 days")
        counts.append(await inactive(world.store))

    assert counts == [1, 1, 0, 0, 0]


async def test_whoever_did_something_begins_a_new_silence(world: World, clock: Clock) -> None:
    await world.call("notice_time")
    ada = await world.person()
    await clock.advance("5 days")
    await world.did(ada, "lesson")

    await clock.advance("5 days")
    after_ten_days = await inactive(world.store)
    await clock.advance("2 days 1 hour")

    assert (after_ten_days, await inactive(world.store)) == (0, 1)


async def test_a_silence_that_passed_while_nobody_ran_is_noticed_afterwards(
    world: World, clock: Clock
) -> None:
    await world.call("notice_time")
    await world.person()

    await clock.advance("30 days")

    assert await inactive(world.store) == 2  # the seventh and the fourteenth day


async def test_being_noticed_is_nothing_that_somebody_did(world: World, clock: Clock) -> None:
    await world.call("notice_time")
    ada = await world.person()
    before = (await world.call("find_user", reference=ada))["last_active_at"]
    await clock.advance("8 days")
    await world.call("notice_time")

    assert (await world.call("find_user", reference=ada))["last_active_at"] == before


async def test_the_clock_says_when_it_has_something_to_notice(world: World, clock: Clock) -> None:
    await world.call("notice_time")
    ada = await world.person()
    (work,) = await world.call("upcoming_work")

    came = datetime.fromisoformat((await world.call("find_user", reference=ada))["last_active_at"])
    assert datetime.fromisoformat(work["next_at"]) == came + timedelta(days=7)


async def test_a_silence_enrolls_whom_the_trigger_waits_for(world: World, clock: Clock) -> None:
    await world.publish(
        step(), name="calling", trigger={"event": "inactive_7_days", "again_after": "30 days"}
    )
    await world.call("notice_time")
    ada = await world.person()

    await clock.advance("8 days")
    await world.call("notice_time")

    assert await world.states(ada) == [("telegram", "pending", None)]


async def test_whom_a_pod_calls_back_is_not_called_twice(world: World, clock: Clock) -> None:
    calling = {"behavior.pod_member_inactive": {"$count": {"$eq": 0}, "$within": "2d"}}
    await world.publish(step(), name="calling", trigger={"event": "inactive_7_days", "filter": calling})
    await world.publish(step(), name="pod", trigger={"event": "pod_member_inactive"})
    ada, eve = await world.person(), await world.person()
    pod = await world.call(
        "create_pod", name="Early birds", weekday=2, local_time="18:00", timezone="UTC", created_by=eve
    )
    invitation = await world.call("invite_to_pod", pod_id=pod["id"])
    await world.call("join_pod", code=invitation["code"], user_id=ada)
    await world.call("notice_time")
    await clock.advance("3 days")
    await world.did(eve, "lesson")

    await clock.advance("4 days 1 hour")
    await world.call("notice_time")

    runs = (await world.call("explain_user", reference=ada))["enrollments"]
    assert {run["sequence"] for run in runs} & {"calling", "pod"} == {"pod"}
