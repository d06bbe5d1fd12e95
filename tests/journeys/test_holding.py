"""What may not be sent now waits, and `explain` says why in words."""

from __future__ import annotations

import re
from argparse import Namespace

import pytest

from bot.explain import explain
from tests.fixtures.sandbox import Person
from tests.journeys.conftest import Journey, at, first, lesson


async def explained(
    journey: Journey, person: Person, capsys: pytest.CaptureFixture[str], delivery: int | None = None
) -> str:
    """What `python -m bot explain` prints."""
    capsys.readouterr()
    await explain(journey.tendril.settings, Namespace(user=str(person.id), delivery=delivery))
    return capsys.readouterr().out


async def test_quiet_hours_hold_a_message_until_they_end(
    journey: Journey, capsys: pytest.CaptureFixture[str]
) -> None:
    await journey.publish(first())
    ada = await journey.member()
    await journey.tendril.advance("14 hours")

    await journey.enroll(ada)
    await journey.tendril.settled()
    assert await ada.messages() == []
    story = await explained(journey, ada, capsys)
    assert re.search("waits until Tue 03 Mar 2026 08:00: .*quiet", story)

    await journey.tendril.advance("12 hours")
    assert [at(message["date"]) for message in await ada.messages()] == ["Tue 03 Mar 08:00"]


async def test_a_message_that_was_held_still_says_so_when_it_has_been_sent(
    journey: Journey, capsys: pytest.CaptureFixture[str]
) -> None:
    await journey.publish(first())
    ada = await journey.member()
    await journey.tendril.advance("14 hours")
    await journey.enroll(ada)
    await journey.tendril.advance("12 hours")
    (delivery,) = await journey.deliveries(ada)

    story = await explained(journey, ada, capsys, delivery["delivery_id"])

    assert re.search(r"held until Tue 03 Mar 2026 08:00 .*quiet.* \(policy gate\)", story)


async def test_the_cap_holds_what_is_too_much_for_a_day(
    journey: Journey, capsys: pytest.CaptureFixture[str]
) -> None:
    await journey.publish(first())
    ada = await journey.member()
    for number in range(4):
        await journey.enroll(ada, key=f"{number}")
    await ada.receives(3)
    await journey.tendril.settled()

    assert len(await journey.accepted(ada)) == 3
    assert re.search("waits until Tue 03 Mar 2026 09:0.: the user had", await explained(journey, ada, capsys))

    await journey.tendril.advance("25 hours")
    assert len(await journey.accepted(ada)) == 4


async def test_a_pause_in_the_settings_holds_until_it_ends(
    journey: Journey, capsys: pytest.CaptureFixture[str]
) -> None:
    await journey.publish(first(stale_after=None))
    ada = await journey.member()
    await ada.writes("/settings pause 1 day")
    await ada.hears("Your settings")

    await journey.enroll(ada)
    await journey.tendril.settled()
    assert "the user asked for a pause" in await explained(journey, ada, capsys)

    await journey.tendril.advance("25 hours")
    await ada.hears("lesson one")


async def test_what_is_skipped_says_why(journey: Journey, capsys: pytest.CaptureFixture[str]) -> None:
    await journey.publish(
        first(condition={"behavior.goal_set": {"$exists": True}}), lesson("two", channels=["email"])
    )
    ada = await journey.member(email=False)

    await journey.enroll(ada)
    await journey.tendril.advance("2 days")

    story = await explained(journey, ada, capsys)
    assert re.search("skipped: .*condition", story)
    assert re.search("skipped: .*no address", story)


async def test_a_fallback_says_why_the_other_channel_was_used(
    journey: Journey, capsys: pytest.CaptureFixture[str]
) -> None:
    await journey.publish(first(channels=["email", "telegram"]))
    ada = await journey.member()
    await journey.enroll(ada)
    await journey.happens(await journey.mail(ada), "bounce")
    await ada.hears("lesson one")
    await journey.tendril.settled()

    assert "telegram, because email failed: the mailbox" in await explained(journey, ada, capsys)


async def test_the_api_tells_the_same_story(journey: Journey) -> None:
    await journey.publish(first())
    ada = await journey.member()
    await journey.tendril.advance("14 hours")
    await journey.enroll(ada)
    await journey.tendril.settled()

    status, story = await journey.tendril.api("GET", f"/admin/api/users/{ada.id}/explain")

    assert status == 200
    assert [each["reason"] for each in story["deliveries"]] == ["quiet_hours"]
