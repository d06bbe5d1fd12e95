"""The first week of somebody new."""

from __future__ import annotations

from typing import Any

from tests.fixtures.process import Tendril
from tests.journeys.conftest import Journey, at


def opening(message: Any) -> str:
    """The first three words: what a step says may be written better at any time."""
    return " ".join(message["text"].splitlines()[0].split()[:3])


async def test_a_new_user_gets_every_step_on_its_own_day(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await tendril.advance("1 week")

    assert [(at(each["date"]), opening(each)) for each in await ada.messages()] == [
        ("Mon 02 Mar 09:00", "Hi Ada, good"),
        ("Tue 03 Mar 09:30", "Still choosing? Make"),
        ("Thu 05 Mar 09:00", "Decide the moment,"),
        ("Sat 07 Mar 09:00", "How is it"),
        ("Sun 08 Mar 18:30", "One week"),
    ]


async def test_after_the_last_step_the_sequence_is_complete(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    await tendril.advance("8 days")

    runs = (await tendril.explain(ada))["enrollments"]
    (run,) = [each for each in runs if each["sequence"] == "onboarding"]
    assert (run["status"], run["current_step"], run["steps"]) == ("completed", 5, 5)


async def test_who_never_answers_is_told_once_that_the_week_is_over_and_called_after_the_second(
    tendril: Tendril,
) -> None:
    ada = await tendril.started("Ada")

    await tendril.advance("15 days")

    last = [(at(each["date"]), opening(each)) for each in await ada.messages()][-2:]
    assert last == [("Sun 08 Mar 18:30", "One week"), ("Mon 16 Mar 09:00", "An honest question")]


async def test_a_week_at_once_and_seven_single_days_bring_the_same(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    for _ in range(8):
        await tendril.advance("1 day")
    by_day = await ada.messages()
    bob = await tendril.started("Bob")
    await tendril.advance("8 days")

    def told(messages: list[dict[str, str]], name: str) -> list[str]:
        return [each["text"].replace(name, "") for each in messages]

    assert told(by_day, "Ada") == told(await bob.messages(), "Bob")


async def test_who_has_chosen_already_is_not_asked_again(journey: Journey) -> None:
    ada = await journey.tendril.started("Ada")
    welcome, *_ = await ada.messages()

    await ada.taps(welcome, "I know what it is")
    await journey.tendril.advance("2 days")

    assert [opening(each) for each in await ada.messages()] == ["Hi Ada, good", "What will you"]
    assert ("telegram", "skipped", "condition_not_met") in await journey.states(ada)


async def test_days_are_counted_where_the_user_lives(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")
    await ada.writes("/settings timezone Tokyo")
    await ada.hears("Tokyo")

    await tendril.advance("8 days")

    on_time = [at(each["date"]) for each in await ada.messages() if each["text"].startswith(("Still", "One"))]
    assert on_time == ["Tue 03 Mar 00:30", "Sun 08 Mar 09:30"]


async def test_the_step_that_prefers_email_goes_there_once_there_is_an_address(journey: Journey) -> None:
    ada = await journey.tendril.started("Ada")
    user = await journey.call("find_user", reference=str(ada.id))
    await journey.call("open_contact_point", user_id=user["id"], channel="email", address="ada@example.com")

    await journey.tendril.advance("3 days 12 hours")

    (mail,) = await journey.mails(ada)
    assert (at(mail["created_at"]), mail["subject"]) == (
        "Thu 05 Mar 09:00",
        "The sentence that makes a promise easier to keep",
    )
