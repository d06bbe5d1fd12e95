"""Who wants to hear less is believed at once."""

from __future__ import annotations

from typing import Any

from tests.journeys.conftest import Journey, first, lesson, links

MAIL_FIRST = ["email", "telegram"]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def reader(journey: Journey) -> tuple[Any, Any]:
    """Somebody in the middle of a course over email, and their first mail."""
    await journey.publish(first(channels=MAIL_FIRST), lesson("two", channels=MAIL_FIRST))
    ada = await journey.member()
    await journey.enroll(ada)
    mail = await journey.mail(ada)
    await journey.tendril.settled()
    return ada, mail


async def post(journey: Journey, url: str, **form: str) -> int:
    async with journey.tendril.http.post(url, data=form) as answer:
        return answer.status


def one_click_address(mail: Any) -> str:
    return str(mail["headers"]["List-Unsubscribe"].strip("<>").split(">")[0])


async def test_who_stops_mail_gets_the_sequence_over_telegram(journey: Journey) -> None:
    ada, mail = await reader(journey)

    assert await post(journey, links(mail, "u")[0], scope="channel") == 200
    await journey.tendril.advance("1 day")

    await ada.hears("lesson two")
    assert len(await journey.mails(ada)) == 1


async def test_who_stops_everything_in_a_mail_gets_nothing_over_telegram_either(journey: Journey) -> None:
    ada, mail = await reader(journey)

    assert await post(journey, links(mail, "u")[0], scope="everything") == 200
    await journey.tendril.advance("1 week")

    assert await journey.accepted(ada) == ["resend"]
    assert (await journey.states(ada))[-1] == ("email", "cancelled", "user_stopped")


async def test_looking_at_the_page_changes_nothing(journey: Journey) -> None:
    ada, mail = await reader(journey)

    for _ in range(2):
        async with journey.tendril.http.get(links(mail, "u")[0]) as answer:
            assert answer.status == 200
    await journey.tendril.advance("1 day")

    assert (await journey.mail(ada, 2))["subject"] == "Lesson two"


async def test_the_button_of_the_mail_program_stops_mail_with_one_click(journey: Journey) -> None:
    """RFC 8058: a POST of exactly this form, without cookie or page."""
    ada, mail = await reader(journey)
    assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    assert await post(journey, one_click_address(mail), **ONE_CLICK) == 200
    await journey.tendril.advance("1 day")

    await ada.hears("lesson two")
    assert len(await journey.mails(ada)) == 1


async def test_one_click_may_be_repeated(journey: Journey) -> None:
    _, mail = await reader(journey)

    statuses = [await post(journey, one_click_address(mail), **ONE_CLICK) for _ in range(3)]

    assert statuses == [200, 200, 200]


async def test_an_altered_link_unsubscribes_nobody(journey: Journey) -> None:
    ada, mail = await reader(journey)
    link = links(mail, "u")[0]

    assert await post(journey, link[:-1] + ("a" if link[-1] != "a" else "b"), scope="everything") == 404
    await journey.tendril.advance("1 day")

    assert (await journey.mail(ada, 2))["subject"] == "Lesson two"


async def test_stop_ends_the_sequence_and_start_continues_where_it_was(journey: Journey) -> None:
    ada, _ = await reader(journey)
    await ada.writes("/stop")
    await ada.taps(await ada.hears("Shall I stop"), "Yes, stop")
    await journey.tendril.advance("1 week")
    assert len(await journey.mails(ada)) == 1

    await ada.writes("/start")
    await ada.hears("Welcome back")
    await journey.tendril.advance("1 day")

    assert (await journey.mail(ada, 2))["subject"] == "Lesson two"


async def test_a_stop_does_not_hold_back_what_is_transactional(journey: Journey) -> None:
    ada, mail = await reader(journey)
    await post(journey, links(mail, "u")[0], scope="everything")

    await ada.writes("/email new@example.com")

    assert "code" in (await journey.tendril.control.mail("new@example.com"))["subject"]
