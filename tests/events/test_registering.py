"""Places in an event, the reminders that come with one, and what happens when plans change."""

import asyncio

import pytest

from storage.store import Conflict, Invalid, NotFound
from tests.events.conftest import TOMORROW, Gathering


async def test_whoever_registers_is_reminded_a_day_and_an_hour_before(gathering: Gathering) -> None:
    ada = await gathering.person()
    event = await gathering.event(join_url="https://meet.example.org/steps")

    assert await gathering.register(event, ada) == "registered"
    assert await gathering.planned(ada) == [(1, "2026-03-02T17:00")]
    await gathering.world.clock.set("2026-03-02T17:00")
    await gathering.got()
    assert await gathering.planned(ada) == [(2, "2026-03-03T16:00")]
    await gathering.world.clock.set("2026-03-03T16:00")
    ((user, _, context),) = await gathering.got()

    assert (user, context["join_url"]) == (ada, "https://meet.example.org/steps")


async def test_registering_twice_is_registering_once(gathering: Gathering) -> None:
    ada = await gathering.person()
    event = await gathering.event()

    await asyncio.gather(*(gathering.register(event, ada) for _ in range(4)))

    assert len(await gathering.planned(ada)) == 1
    assert (await gathering.call("describe_event", event_id=event))["registered"] == 1


async def test_a_full_event_has_a_waiting_list(gathering: Gathering) -> None:
    event = await gathering.event(capacity=1)
    first, second = await gathering.person(), await gathering.person()

    answers = [await gathering.register(event, each) for each in (first, second, second)]

    assert answers == ["registered", "waitlisted", "waitlisted"]
    assert await gathering.planned(second) == []


async def test_many_at_once_never_take_more_places_than_there_are(gathering: Gathering) -> None:
    event = await gathering.event(capacity=3)
    people = [await gathering.person() for _ in range(8)]

    answers = await asyncio.gather(*(gathering.register(event, each) for each in people))

    assert sorted(answers) == ["registered"] * 3 + ["waitlisted"] * 5


async def test_a_place_that_is_given_back_goes_to_who_waits_longest(gathering: Gathering) -> None:
    event = await gathering.event(capacity=1)
    first, second, third = [await gathering.person() for _ in range(3)]
    for each in (first, second, third):
        await gathering.register(event, each)

    assert await gathering.leave(event, first)

    assert await gathering.planned(first) == []
    assert len(await gathering.planned(second)) == 1
    assert await gathering.planned(third) == []
    assert await gathering.news() == [(second, "place")]


async def test_whoever_is_deleted_leaves_their_place_to_who_waits(gathering: Gathering) -> None:
    event = await gathering.event(capacity=1)
    first, second = await gathering.person(), await gathering.person()
    await gathering.register(event, first)
    await gathering.register(event, second)

    await gathering.call("delete_user", user_id=first, source="api")

    assert await gathering.news() == [(second, "place")]


async def test_giving_a_place_back_twice_changes_nothing_more(gathering: Gathering) -> None:
    event = await gathering.event()
    ada = await gathering.person()
    await gathering.register(event, ada)

    assert [await gathering.leave(event, ada), await gathering.leave(event, ada)] == [True, False]


async def test_whoever_comes_back_is_reminded_again(gathering: Gathering) -> None:
    event = await gathering.event()
    ada = await gathering.person()
    await gathering.register(event, ada)
    await gathering.leave(event, ada)

    assert await gathering.register(event, ada) == "registered"
    assert await gathering.planned(ada) == [(1, "2026-03-02T17:00")]


async def test_a_place_taken_at_the_last_minute_brings_only_the_link(gathering: Gathering) -> None:
    event = await gathering.event()
    ada = await gathering.person()
    await gathering.world.clock.set("2026-03-03T16:30")

    await gathering.register(event, ada)
    messages = [*await gathering.got(), *await gathering.got()]

    assert [name for _, name, _ in messages] == ["meeting_reminder"]
    steps = {row["message_step"]: row["delivery_status"] for row in await gathering.world.deliveries(ada)}
    assert steps == {1: "skipped", 2: "sent"}


async def test_an_event_that_is_cancelled_ends_everybodys_reminders_and_tells_them(
    gathering: Gathering,
) -> None:
    event = await gathering.event(capacity=1)
    registered, waiting, gone = [await gathering.person() for _ in range(3)]
    await gathering.register(event, gone)
    await gathering.leave(event, gone)
    for each in (registered, waiting):
        await gathering.register(event, each)

    for _ in range(2):
        await gathering.call("cancel_event", event_id=event)

    assert await gathering.planned(registered) == []
    assert sorted(await gathering.news()) == sorted([(registered, "cancelled"), (waiting, "cancelled")])
    with pytest.raises(Conflict, match="cancelled"):
        await gathering.register(event, gone)


async def test_an_event_that_moves_takes_its_reminders_along(gathering: Gathering) -> None:
    event = await gathering.event()
    ada = await gathering.person()
    await gathering.register(event, ada)

    for _ in range(2):
        await gathering.call(
            "change_event", event_id=event, changes={"starts_at": "2026-03-05T19:00:00+00:00"}
        )

    assert await gathering.planned(ada) == [(1, "2026-03-04T19:00")]
    assert await gathering.news() == [(ada, "moved")]


async def test_an_event_that_moves_after_its_first_reminder_reminds_anew(gathering: Gathering) -> None:
    event = await gathering.event()
    ada = await gathering.person()
    await gathering.register(event, ada)
    await gathering.world.clock.set("2026-03-02T18:00")
    await gathering.got()

    await gathering.call("change_event", event_id=event, changes={"starts_at": "2026-03-10T17:00:00+00:00"})

    assert await gathering.planned(ada) == [(1, "2026-03-09T17:00")]


async def test_a_link_that_is_given_later_is_in_the_reminder(gathering: Gathering) -> None:
    event = await gathering.event(join_url="https://old.example.org")
    ada = await gathering.person()
    await gathering.register(event, ada)

    await gathering.call("change_event", event_id=event, changes={"join_url": "https://new.example.org"})
    await gathering.world.clock.set("2026-03-02T17:00")
    ((_, _, context),) = await gathering.got()

    assert context["join_url"] == "https://new.example.org"


async def test_an_event_that_grows_lets_those_in_who_wait(gathering: Gathering) -> None:
    event = await gathering.event(capacity=1)
    first, second = await gathering.person(), await gathering.person()
    await gathering.register(event, first)
    await gathering.register(event, second)

    await gathering.call("change_event", event_id=event, changes={"capacity": 2})

    assert await gathering.news() == [(second, "place")]


async def test_nobody_registers_for_what_is_over(gathering: Gathering) -> None:
    event = await gathering.event()
    ada = await gathering.person()
    await gathering.world.clock.set("2026-03-03T18:00:01")

    with pytest.raises(Conflict, match="over"):
        await gathering.register(event, ada)
    with pytest.raises(Conflict, match="over"):
        await gathering.leave(event, ada)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "party"}, "kind"),
        ({"title": " "}, "title"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"join_url": "javascript:alert(1)"}, "join_url"),
        ({"capacity": 0}, "capacity"),
        ({"duration": "-1 hour"}, "duration"),
        ({"weeks": 99}, "weeks"),
    ],
)
async def test_what_no_event_can_be_is_refused(
    gathering: Gathering, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await gathering.event(**wrong)

    assert refused.value.detail == field


async def test_an_event_that_does_not_exist_is_named(gathering: Gathering) -> None:
    with pytest.raises(NotFound, match="no event 99"):
        await gathering.register(99, await gathering.person())


async def test_the_same_event_of_the_same_person_is_made_once(gathering: Gathering) -> None:
    ada = await gathering.person()

    numbers = {await gathering.event(created_by=ada) for _ in range(2)}

    assert len(numbers) == 1


async def reminded(gathering: Gathering, event: int, user: str) -> str:
    """The tracking id of the first reminder, delivered."""
    await gathering.register(event, user)
    await gathering.world.clock.set("2026-03-02T17:00")
    (row,) = await gathering.world.deliver()
    return str(row["tracking_id"])


async def answer(gathering: Gathering, user: str, tracking_id: str, kind: str) -> None:
    """As the button under a reminder does, in the chat or in an email."""
    event = {
        "event_id": f"action:{tracking_id}:{kind}",
        "user_id": user,
        "type": kind,
        "metadata": {"tracking_id": tracking_id},
    }
    await gathering.call("record_behavior_events", events=[event])


async def status(gathering: Gathering, event: int, user: str) -> str:
    return str((await gathering.call("describe_event", event_id=event, user_id=user))["status"])


async def test_a_button_under_a_reminder_gives_the_place_back_and_takes_it_again(
    gathering: Gathering,
) -> None:
    event, ada = await gathering.event(), await gathering.person()
    reminder = await reminded(gathering, event, ada)

    seen = []
    for kind in ("meeting_declined", "meeting_accepted", "meeting_declined"):
        await answer(gathering, ada, reminder, kind)
        seen.append(await status(gathering, event, ada))

    assert seen == ["cancelled", "registered", "registered"]  # a button works once


async def test_an_answer_to_somebody_elses_reminder_changes_nothing(gathering: Gathering) -> None:
    event, ada, mallory = await gathering.event(), await gathering.person(), await gathering.person()
    reminder = await reminded(gathering, event, ada)

    await answer(gathering, mallory, reminder, "meeting_declined")
    await answer(gathering, ada, "nonsense", "meeting_declined")

    assert await status(gathering, event, ada) == "registered"


async def test_whoever_left_a_pod_does_not_come_back_by_an_old_reminder(gathering: Gathering) -> None:
    host, ada = await gathering.person(), await gathering.person()
    pod = await gathering.pod(host)
    await gathering.join(pod, ada)
    await gathering.world.clock.set("2026-03-02T17:00")
    reminder = next(row for row in await gathering.world.deliver() if row["user_id"] == ada)
    await gathering.call("leave_pod", pod_id=pod["id"], user_id=ada)

    await answer(gathering, ada, reminder["tracking_id"], "meeting_accepted")

    assert await status(gathering, pod["next_meeting"]["id"], ada) == "cancelled"


async def test_an_answer_that_comes_after_the_meeting_changes_nothing(gathering: Gathering) -> None:
    event, ada = await gathering.event(), await gathering.person()
    reminder = await reminded(gathering, event, ada)
    await gathering.world.clock.set("2026-03-04T12:00")

    await answer(gathering, ada, reminder, "meeting_declined")

    assert await status(gathering, event, ada) == "registered"


async def test_reminders_come_at_the_same_moment_for_everybody(gathering: Gathering) -> None:
    event = await gathering.event(TOMORROW)
    people = [await gathering.person(timezone=zone) for zone in ("Asia/Tokyo", "America/New_York")]
    for each in people:
        await gathering.register(event, each)

    assert [await gathering.planned(each) for each in people] == [[(1, "2026-03-02T17:00")]] * 2


async def test_taking_a_place_and_giving_it_back_are_things_that_somebody_did(gathering: Gathering) -> None:
    ada = await gathering.person()
    event = await gathering.event()
    await gathering.register(event, ada)
    await gathering.register(event, ada)
    await gathering.world.clock.advance("1 minute")
    await gathering.call("cancel_registration", event_id=event, user_id=ada, source="bot")

    timeline = await gathering.call("behavior_timeline", reference=ada)

    done = [row["details"]["type"] for row in timeline if row["kind"] == "behavior"]
    assert done == ["registration_cancelled", "meeting_registered"]
