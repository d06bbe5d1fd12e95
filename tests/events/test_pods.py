"""Pods: who is in them, how their week goes, and who has fallen silent."""

import asyncio
from typing import Any

import asyncpg
import pytest

from storage.store import Conflict, Invalid, NotFound
from tests.events.conftest import Gathering


async def invitation(gathering: Gathering, code: str, user: str) -> str:
    return str((await gathering.call("describe_invitation", code=code, user_id=user))["status"])


async def test_whoever_makes_a_pod_is_its_host_and_has_two_meetings_ahead(gathering: Gathering) -> None:
    host = await gathering.person()

    pod = await gathering.pod(host)

    assert [(each["user_id"], each["role"]) for each in pod["members"]] == [(host, "host")]
    assert pod["next_meeting"]["status"] == "registered"
    assert len(await gathering.meetings(pod)) == 2


async def test_the_same_pod_of_the_same_founder_is_made_once(gathering: Gathering) -> None:
    host = await gathering.person()

    numbers = {(await gathering.pod(host))["id"] for _ in range(2)}

    assert len(numbers) == 1


async def test_whoever_joins_comes_to_the_next_meetings(gathering: Gathering) -> None:
    pod, guest = await gathering.pod(await gathering.person()), await gathering.person()

    assert [await gathering.join(pod, guest), await gathering.join(pod, guest)] == ["joined", "already"]

    assert len(await gathering.planned(guest)) == 2


async def test_whose_time_zone_nobody_knows_is_taken_to_live_where_the_pod_meets(
    gathering: Gathering,
) -> None:
    pod = await gathering.pod(await gathering.person())
    unknown, told = await gathering.person(), await gathering.person(timezone="Asia/Tokyo")
    in_utc = await gathering.person()
    await gathering.world.did(in_utc, "introduction_answered", metadata={"question": "zone"})
    people = (unknown, told, in_utc)

    for each in people:
        await gathering.join(pod, each)

    zones = [(await gathering.call("get_preferences", user_id=each))["timezone"] for each in people]
    assert zones == ["Europe/Berlin", "Asia/Tokyo", "UTC"]


async def test_a_pod_takes_no_more_people_than_it_has_room_for(gathering: Gathering) -> None:
    pod = await gathering.pod(await gathering.person(), capacity=3)
    people = [await gathering.person() for _ in range(5)]

    answers = await asyncio.gather(*(gathering.join(pod, each) for each in people))

    assert sorted(answers) == ["full", "full", "full", "joined", "joined"]


async def test_strangers_do_not_come_to_the_meetings_of_a_pod(gathering: Gathering) -> None:
    pod, stranger = await gathering.pod(await gathering.person()), await gathering.person()

    with pytest.raises(Conflict, match="only members"):
        await gathering.register(pod["next_meeting"]["id"], stranger)


async def test_an_invitation_ends_after_a_month_and_when_a_fresh_one_is_made(gathering: Gathering) -> None:
    pod, guest = await gathering.pod(await gathering.person()), await gathering.person()
    old = pod["invitation_code"]

    fresh = (await gathering.call("invite_to_pod", pod_id=pod["id"], fresh=True))["code"]
    assert [await invitation(gathering, code, guest) for code in (old, fresh)] == ["unknown", "open"]
    await gathering.world.clock.advance("30 days")

    assert await invitation(gathering, fresh, guest) == "expired"
    renewed = (await gathering.call("invite_to_pod", pod_id=pod["id"]))["code"]
    assert await invitation(gathering, renewed, guest) == "open"
    assert (await gathering.call("invite_to_pod", pod_id=pod["id"]))["code"] == renewed


async def test_whoever_leaves_is_reminded_no_more_and_can_come_back(
    gathering: Gathering, connection: asyncpg.Connection
) -> None:
    pod, guest = await gathering.pod(await gathering.person()), await gathering.person()
    await gathering.join(pod, guest)

    for _ in range(2):
        await gathering.call("leave_pod", pod_id=pod["id"], user_id=guest)
    assert await gathering.planned(guest) == []
    assert await gathering.join(pod, guest) == "joined"

    assert len(await gathering.planned(guest)) == 2
    rows = await connection.fetch(
        "select type from tendril.behavior_events where type like 'pod_%' order by id"
    )
    assert [row["type"] for row in rows] == ["pod_joined", "pod_left", "pod_joined"]


async def test_an_archived_pod_cancels_its_meetings_and_lets_nobody_in(gathering: Gathering) -> None:
    host, guest = await gathering.person(), await gathering.person()
    pod = await gathering.pod(host)

    await gathering.call("archive_pod", pod_id=pod["id"])

    assert await gathering.meetings(pod) == []
    assert await gathering.call("plan_pod_meetings") == 0
    assert await gathering.join(pod, guest) == "unknown"
    assert await gathering.call("list_pods") == []
    assert await gathering.news() == [(host, "ended")]
    assert await gathering.news() == []
    with pytest.raises(NotFound):
        await gathering.call("describe_pod", pod_id=pod["id"])


@pytest.mark.parametrize(
    "wrong", [{"weekday": 8}, {"timezone": "Mars"}, {"name": " "}, {"join_url": "meet"}, {"capacity": 61}]
)
async def test_what_no_pod_can_be_is_refused(gathering: Gathering, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        await gathering.pod(await gathering.person(), **wrong)


async def test_the_week_counts_what_was_kept_of_what_was_due(gathering: Gathering) -> None:
    host, guest = await gathering.person(), await gathering.person()
    pod = await gathering.pod(host)
    await gathering.join(pod, guest)
    for due, done in [
        ("2026-03-04", None),
        ("2026-03-04", "2026-03-02T08:00:00+00:00"),
        ("2026-03-20", "2026-03-02T09:00:00+00:00"),  # kept before its time
        ("2026-02-28", "2026-02-28T09:00:00+00:00"),  # last week's
        ("2026-03-09", None),  # next week's
    ]:
        await promise(gathering, host, due, done)

    described = await gathering.call("describe_pod", pod_id=pod["id"])

    week = {each["user_id"]: (each["kept"], each["of_all"]) for each in described["members"]}
    assert week == {host: (2, 3), guest: (0, 0)}


async def promise(gathering: Gathering, user: str, due: str, done: str | None) -> None:
    made = await gathering.call(
        "create_commitment", user_id=user, text="walk", due_day=due, at="2026-02-27T12:00:00+00:00"
    )
    if done is not None:
        await gathering.call("complete_commitment", user_id=user, commitment_id=made["id"], at=done)


# ---- silence ----


async def silent(connection: asyncpg.Connection) -> list[str]:
    rows = await connection.fetch(
        "select user_id::text from tendril.behavior_events where type = 'pod_member_inactive' order by id"
    )
    return [row["user_id"] for row in rows]


async def test_who_is_silent_while_others_are_not_is_noticed_once(
    gathering: Gathering, connection: asyncpg.Connection
) -> None:
    host, guest = await gathering.person(), await gathering.person()
    await gathering.join(await gathering.pod(host), guest)
    await gathering.world.clock.advance("7 days 1 minute")
    await gathering.world.did(host, "command_used")

    assert [await gathering.call("notice_pod_inactivity") for _ in range(2)] == [1, 0]
    await gathering.world.clock.advance("3 days")
    assert await gathering.call("notice_pod_inactivity") == 0

    assert await silent(connection) == [guest]


async def test_a_second_silence_is_noticed_again(
    gathering: Gathering, connection: asyncpg.Connection
) -> None:
    host, guest = await gathering.person(), await gathering.person()
    await gathering.join(await gathering.pod(host), guest)
    for _ in range(2):
        await gathering.world.did(guest, "command_used")
        await gathering.world.clock.advance("8 days")
        await gathering.world.did(host, "command_used")
        await gathering.call("notice_pod_inactivity")

    assert await silent(connection) == [guest, guest]


@pytest.mark.parametrize("days", ["7 days", "30 days"])
async def test_a_pod_that_is_silent_as_a_whole_disturbs_nobody(gathering: Gathering, days: str) -> None:
    host, guest = await gathering.person(), await gathering.person()
    await gathering.join(await gathering.pod(host), guest)
    await gathering.world.clock.advance("20 hours")
    await gathering.world.did(host, "command_used")
    await gathering.world.clock.advance(days)

    assert await gathering.call("notice_pod_inactivity") == 0


async def test_who_has_left_is_not_missed(gathering: Gathering) -> None:
    host, guest = await gathering.person(), await gathering.person()
    pod = await gathering.pod(host)
    await gathering.join(pod, guest)
    await gathering.call("leave_pod", pod_id=pod["id"], user_id=guest)
    await gathering.world.clock.advance("8 days")
    await gathering.world.did(host, "command_used")

    assert await gathering.call("notice_pod_inactivity") == 0


# ---- two accounts become one ----


async def test_two_accounts_that_become_one_keep_their_pods_and_places(gathering: Gathering) -> None:
    host, old, new = [await gathering.person() for _ in range(3)]
    pod = await gathering.pod(host)
    await gathering.join(pod, old)
    await gathering.join(pod, new)
    event = await gathering.event()
    await gathering.register(event, old)

    await gathering.call("merge_users", from_user=old, into_user=new)

    described = await gathering.call("describe_pod", pod_id=pod["id"])
    assert {each["user_id"] for each in described["members"]} == {host, new}
    assert (await gathering.call("describe_event", event_id=event, user_id=new))["status"] == "registered"
    assert len(await gathering.planned(new)) == 3
