"""What repeats weekly is at the same time of the clocks, all year round."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.events.conftest import Gathering


async def test_a_series_keeps_its_hour_when_the_clocks_change(gathering: Gathering) -> None:
    await gathering.event("2026-03-20T17:00:00+00:00", weeks=3)

    found = await gathering.call("list_events", kind="webinar")

    assert [each["starts_at"][:16] for each in found] == [
        "2026-03-20T17:00",
        "2026-03-27T17:00",
        "2026-04-03T16:00",
    ]


@pytest.mark.parametrize(
    ("zone", "now", "local_time", "expected"),
    [
        # the clocks go forward between the two, and back
        ("Europe/Berlin", "2026-03-25T12:00", "18:00", ["2026-03-28 18:00", "2026-04-04 18:00"]),
        ("America/New_York", "2026-10-30T12:00", "18:00", ["2026-10-31 18:00", "2026-11-07 18:00"]),
        ("Australia/Sydney", "2026-04-01T12:00", "09:30", ["2026-04-04 09:30", "2026-04-11 09:30"]),
        # Saturday has begun already in the zone of the pod, and its hour has passed
        ("Pacific/Auckland", "2026-03-06T23:00", "08:00", ["2026-03-14 08:00", "2026-03-21 08:00"]),
        # it is still Friday there
        ("America/Los_Angeles", "2026-03-07T05:00", "18:00", ["2026-03-07 18:00", "2026-03-14 18:00"]),
    ],
)
async def test_a_pod_meets_at_its_hour_whatever_the_clocks_do(
    gathering: Gathering, zone: str, now: str, local_time: str, expected: list[str]
) -> None:
    await gathering.world.clock.set(now)
    pod = await gathering.pod(await gathering.person(), timezone=zone, weekday=6, local_time=local_time)

    starts = [datetime.fromisoformat(each["starts_at"]) for each in await gathering.meetings(pod)]

    assert [f"{each.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" for each in starts] == expected


async def test_an_hour_that_the_clocks_skip_is_the_next_one(gathering: Gathering) -> None:
    await gathering.world.clock.set("2026-03-25T12:00")
    pod = await gathering.pod(await gathering.person(), weekday=7, local_time="02:30")

    assert (await gathering.meetings(pod))[0]["starts_at"][:16] == "2026-03-29T01:30"


async def test_there_are_always_two_meetings_ahead(gathering: Gathering) -> None:
    pod = await gathering.pod(await gathering.person())

    assert await gathering.call("plan_pod_meetings") == 0
    await gathering.world.clock.set("2026-03-03T17:00:01")
    assert await gathering.call("plan_pod_meetings") == 1
    assert await gathering.call("plan_pod_meetings") == 0

    days = [each["starts_at"][:10] for each in await gathering.meetings(pod)]
    assert days == ["2026-03-03", "2026-03-10", "2026-03-17"]


async def test_a_meeting_that_was_cancelled_or_moved_is_not_made_again(gathering: Gathering) -> None:
    pod = await gathering.pod(await gathering.person())
    first, second = await gathering.meetings(pod)
    await gathering.call("cancel_event", event_id=first["event_id"])
    await gathering.call(
        "change_event", event_id=second["event_id"], changes={"starts_at": "2026-03-11T17:00:00+00:00"}
    )

    assert await gathering.call("plan_pod_meetings") == 0

    assert [each["starts_at"][:10] for each in await gathering.meetings(pod)] == ["2026-03-11"]


async def test_members_are_registered_for_each_meeting_by_themselves(gathering: Gathering) -> None:
    host, guest = await gathering.person(), await gathering.person()
    pod = await gathering.pod(host)
    await gathering.join(pod, guest)
    await gathering.world.clock.set("2026-03-03T18:30")

    await gathering.call("plan_pod_meetings")

    assert [each["registered"] for each in await gathering.meetings(pod)] == [2, 2, 2]
    assert len(await gathering.planned(guest)) == 3


async def test_whoever_cannot_come_is_not_registered_again(gathering: Gathering) -> None:
    host = await gathering.person()
    pod = await gathering.pod(host)
    first = (await gathering.meetings(pod))[0]["event_id"]
    await gathering.leave(first, host)

    await gathering.call("plan_pod_meetings")

    assert (await gathering.call("describe_event", event_id=first, user_id=host))["status"] == "cancelled"
