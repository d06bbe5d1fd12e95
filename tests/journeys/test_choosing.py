"""Who wants something else says so where they read, and it holds at once."""

from __future__ import annotations

import re
from typing import Any

from tests.journeys.conftest import Journey, first, lesson, links

MAIL_FIRST = ["email", "telegram"]


async def reader(journey: Journey, channels: list[str], **changes: Any) -> Any:
    """Somebody in the middle of a course."""
    await journey.publish(first(channels=channels), lesson("two", channels=channels), **changes)
    ada = await journey.member()
    await journey.enroll(ada)
    return ada


async def post(journey: Journey, url: str, **form: str) -> str:
    async with journey.tendril.http.post(url, data=form) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_not_this_under_a_message_ends_the_course_and_its_undo_goes_on_with_it(
    journey: Journey,
) -> None:
    ada = await reader(journey, ["telegram"])
    message = await ada.hears("lesson one")
    await journey.tendril.settled()

    await ada.taps(message, "Not this")
    answer = await ada.hears("“Course” will not come any more")
    await journey.tendril.advance("2 days")
    after_two_days = [state[1] for state in await journey.states(ada)]
    await ada.taps(answer, "Undo")
    await ada.hears("everything is as it was")
    await journey.tendril.advance("1 day")

    assert after_two_days == ["sent", "cancelled"]
    await ada.hears("lesson two")


async def test_stop_under_a_message_silences_mail_as_well(journey: Journey) -> None:
    ada = await reader(journey, ["telegram"])
    await journey.publish(first(channels=["email"]), name="letters")

    await ada.taps(await ada.hears("lesson one"), "Stop")
    await ada.hears("I am silent now")
    await journey.enroll(ada, "letters")
    await journey.tendril.advance("2 days")

    assert "resend" not in await journey.accepted(ada)


async def test_less_in_a_mail_holds_the_second_message_of_the_day(journey: Journey) -> None:
    ada = await reader(journey, MAIL_FIRST)
    mail = await journey.mail(ada)
    await journey.publish(first(channels=["telegram"]), name="extra")

    page = await post(journey, links(mail, "w")[0], wish="less")
    await journey.enroll(ada, "extra")
    await journey.tendril.advance("1 hour")

    assert "Less it is" in page
    assert (await journey.states(ada))[-1] == ("telegram", "pending", "frequency_cap")


async def test_a_channel_that_is_chosen_on_the_page_is_where_the_next_step_comes(journey: Journey) -> None:
    ada = await reader(journey, MAIL_FIRST)
    mail = await journey.mail(ada)

    await post(journey, links(mail, "p")[0], preferred_channel="telegram")
    await journey.tendril.advance("1 day")

    await ada.hears("lesson two")


async def test_the_way_to_ones_data_comes_to_the_person_alone_and_opens_it(journey: Journey) -> None:
    ada = await reader(journey, MAIL_FIRST)
    mail = await journey.mail(ada)

    page = await post(journey, links(mail, "p")[0], act="export")
    message = await ada.hears("The way to your data")
    (url,) = [button["url"] for row in message["buttons"] for button in row]

    assert "a link to you alone" in page
    exported = await post(journey, url, act="export")
    assert "ada@example.com" in exported
    assert re.search(r'"channel": "telegram"', exported)
