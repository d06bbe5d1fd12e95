"""A sequence on its way: reminders before a date, choices, new versions, pauses, goals, mistakes."""

from __future__ import annotations

from typing import Any

from tests.fixtures.process import RunTendril
from tests.journeys.conftest import Journey, at, first, lesson

# A webinar on Wednesday at five in the afternoon, UTC.
WEBINAR = {"starts_at": "2026-03-04T17:00:00+00:00"}


def reminder(name: str, before: str) -> dict[str, Any]:
    return lesson(name, after=f"-{before}", anchor="context.starts_at", stale_after="30 minutes")


async def test_reminders_come_before_the_date_that_they_are_about(journey: Journey) -> None:
    await journey.publish(reminder("tomorrow", "24 hours"), reminder("soon", "1 hour"))
    ada = await journey.member()

    await journey.enroll(ada, context=WEBINAR)
    await journey.tendril.advance("4 days")

    assert [(at(each["date"]), each["text"]) for each in await ada.messages()] == [
        ("Tue 03 Mar 17:00", "This is lesson tomorrow."),
        ("Wed 04 Mar 16:00", "This is lesson soon."),
    ]


async def test_who_registers_late_gets_only_the_reminders_that_still_make_sense(journey: Journey) -> None:
    await journey.publish(reminder("tomorrow", "24 hours"), reminder("soon", "1 hour"))
    ada = await journey.member()
    await journey.tendril.advance("2 days")

    await journey.enroll(ada, context=WEBINAR)
    await journey.tendril.advance("1 day")

    assert [each["text"] for each in await ada.messages()] == ["This is lesson soon."]
    assert (await journey.states(ada))[0] == ("telegram", "skipped", "stale")


async def test_two_dates_of_one_sequence_run_beside_each_other(journey: Journey) -> None:
    await journey.publish(reminder("soon", "1 hour"))
    ada = await journey.member()

    await journey.enroll(ada, key="first", context=WEBINAR)
    await journey.enroll(ada, key="second", context={"starts_at": "2026-03-05T17:00:00+00:00"})
    await journey.tendril.advance("4 days")

    assert [at(each["date"]) for each in await ada.messages()] == ["Wed 04 Mar 16:00", "Thu 05 Mar 16:00"]


async def test_a_channel_chosen_in_the_settings_holds_from_the_next_step_on(journey: Journey) -> None:
    await journey.publish(first(), lesson("two"))
    ada = await journey.member()
    await journey.enroll(ada)
    await ada.hears("lesson one")

    await ada.writes("/settings channel email")
    await ada.hears("Your settings")
    await journey.tendril.advance("1 day")

    assert [mail["subject"] for mail in await journey.mails(ada)] == ["Lesson two"]


async def test_who_began_with_one_version_finishes_it(journey: Journey) -> None:
    await journey.publish(first(), lesson("two"))
    ada, bob = await journey.member("Ada"), await journey.member("Bob")
    await journey.enroll(ada)
    await ada.hears("lesson one")

    await journey.publish(first("eins"), lesson("zwei"))
    await journey.enroll(bob)
    await journey.tendril.advance("1 day")

    assert [each["text"] for each in await ada.messages()] == ["This is lesson one.", "This is lesson two."]
    assert [each["text"] for each in await bob.messages()] == ["This is lesson eins.", "This is lesson zwei."]


async def test_a_paused_run_goes_on_where_it_was(journey: Journey) -> None:
    await journey.publish(first(), lesson("two", at="09:30"))
    ada = await journey.member()
    run = await journey.enroll(ada)
    await ada.hears("lesson one")
    await journey.tendril.settled()
    address = f"/admin/api/enrollments/{run['enrollment_id']}"

    assert (await journey.tendril.api("POST", f"{address}/pause"))[0] == 200
    await journey.tendril.advance("3 days")
    assert len(await ada.messages()) == 1
    assert (await journey.tendril.api("POST", f"{address}/resume"))[0] == 200
    await journey.tendril.advance("2 days")

    assert at((await ada.hears("lesson two"))["date"]) == "Fri 06 Mar 09:30"


async def test_a_cancelled_run_says_nothing_more_and_may_begin_again(journey: Journey) -> None:
    await journey.publish(first(), lesson("two"))
    ada = await journey.member()
    run = await journey.enroll(ada)
    await ada.hears("lesson one")

    await journey.tendril.api("POST", f"/admin/api/enrollments/{run['enrollment_id']}/cancel")
    await journey.tendril.advance("3 days")
    assert len(await ada.messages()) == 1

    await journey.enroll(ada)
    await ada.receives(2)


async def test_who_has_reached_the_goal_leaves_the_sequence(journey: Journey) -> None:
    await journey.publish(first(), lesson("two"), exit={"behavior.bought": {"$exists": True}})
    ada = await journey.member()
    await journey.enroll(ada)
    await ada.hears("lesson one")
    user = await journey.call("find_user", reference=str(ada.id))

    await journey.call(
        "record_behavior_events",
        events=[{"event_id": "order-1", "user_id": user["id"], "type": "bought", "source": "api"}],
    )
    await journey.tendril.advance("3 days")

    assert len(await ada.messages()) == 1
    (run,) = (await journey.tendril.explain(ada))["enrollments"]
    assert run["status"] == "cancelled"


async def test_what_cannot_be_written_is_parked_and_holds_nobody_up(journey: Journey) -> None:
    broken = {"default": {"subject": "Hello", "body": "Hello {{ context.nickname }}"}}
    await journey.publish(first(content=broken), name="broken")
    await journey.publish(first())
    ada, bob = await journey.member("Ada"), await journey.member("Bob")

    await journey.enroll(ada, "broken")
    await journey.enroll(bob)
    await bob.hears("lesson one")
    await journey.tendril.advance("1 hour")

    assert [state[:2] for state in await journey.states(ada)] == [("telegram", "parked")]
    assert await ada.messages() == []


async def test_the_bot_may_be_told_by_webhook_instead_of_asking(run_tendril: RunTendril) -> None:
    async with run_tendril(telegram_mode="webhook") as tendril:
        ada = await tendril.started("Ada")

        await ada.writes("/help")

        await ada.hears("This is what I understand")
        assert (await tendril.control.get("/bot"))["mode"] == "webhook"
