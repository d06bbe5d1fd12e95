"""The other channel takes over when the first one fails, and never both without a reason."""

from __future__ import annotations

import pytest

from tests.fixtures.sandbox import until
from tests.journeys.conftest import Journey, first, lesson, links

MAIL_FIRST = ["email", "telegram"]
UNANSWERED = {"channels": MAIL_FIRST, "fallback": "no_engagement", "fallback_after": "24 hours"}


async def test_who_blocks_the_bot_gets_the_next_step_by_email_and_is_back_after_unblocking(
    journey: Journey,
) -> None:
    await journey.publish(first(), lesson("two"), lesson("three"))
    ada = await journey.member()
    await journey.enroll(ada)
    await ada.hears("lesson one")

    await ada.blocks()
    await journey.tendril.advance("1 day")
    assert (await journey.mail(ada))["subject"] == "Lesson two"

    await ada.unblocks()
    await journey.tendril.advance("1 day")
    await ada.hears("lesson three")
    assert len(await journey.mails(ada)) == 1


async def test_who_comes_back_after_a_block_is_welcomed(journey: Journey) -> None:
    ada = await journey.tendril.started("Ada")
    await ada.blocks()
    await journey.tendril.settled()

    await ada.writes("/start")

    await ada.hears("Welcome back")


async def test_a_block_that_nobody_told_us_of_is_noticed_when_we_write(journey: Journey) -> None:
    """The process was away when it happened, and Telegram refuses the message."""
    await journey.publish(first())
    ada = await journey.member()
    await journey.tendril.control.fail("telegram", "forbidden", count=1)

    await journey.enroll(ada)

    assert (await journey.mail(ada))["subject"] == "Lesson one"
    await journey.reaches(ada, ("telegram", "failed"), ("email", "delivered"))
    points = (await journey.tendril.explain(ada))["contact_points"]
    assert {point["channel"]: point["state"] for point in points} == {
        "telegram": "unreachable",
        "email": "active",
    }


async def test_an_email_that_bounces_comes_by_telegram_and_the_address_is_never_used_again(
    journey: Journey,
) -> None:
    await journey.publish(first(channels=MAIL_FIRST), lesson("two", channels=MAIL_FIRST))
    ada = await journey.member()
    await journey.enroll(ada)

    await journey.happens(await journey.mail(ada), "bounce")
    await ada.hears("lesson one")
    await journey.tendril.advance("1 day")

    await ada.hears("lesson two")
    assert await journey.accepted(ada) == ["resend", "telegram", "telegram"]


async def test_a_bounce_that_is_told_three_times_falls_back_once(journey: Journey) -> None:
    await journey.publish(first(channels=MAIL_FIRST))
    ada = await journey.member()
    await journey.enroll(ada)
    bounced = await journey.happens(await journey.mail(ada), "bounce")

    for _ in range(2):
        await journey.tendril.control.post(f"/webhooks/{bounced['webhook']['id']}/replay")
    await ada.hears("lesson one")
    await journey.tendril.advance("1 hour")

    assert await journey.accepted(ada) == ["resend", "telegram"]


async def test_an_email_that_nobody_opens_comes_by_telegram_after_a_day(journey: Journey) -> None:
    await journey.publish(first(**UNANSWERED))
    ada = await journey.member()
    await journey.enroll(ada)
    await journey.mail(ada)

    await journey.tendril.advance("23 hours")
    assert await ada.messages() == []

    await journey.tendril.advance("2 hours")
    await ada.hears("lesson one")


async def test_an_email_whose_link_was_followed_does_not_come_by_telegram(journey: Journey) -> None:
    await journey.publish(first(**UNANSWERED))
    ada = await journey.member()
    await journey.enroll(ada)

    await journey.happens(await journey.mail(ada), "click")
    await journey.tendril.advance("3 days")

    assert await journey.accepted(ada) == ["resend"]


@pytest.mark.parametrize(
    ("reader", "channels"), [("Firefox/140.0", ["resend"]), (None, ["resend", "telegram"])]
)
async def test_an_open_counts_when_somebody_can_say_that_it_was_a_persons(
    journey: Journey, reader: str | None, channels: list[str]
) -> None:
    """The provider does not say who it was; our own picture does."""
    await journey.publish(first(**UNANSWERED))
    ada = await journey.member()
    await journey.enroll(ada)
    mail = await journey.mail(ada)
    await journey.tendril.advance("1 hour")

    if reader is None:
        await journey.happens(mail, "open")
    else:
        async with journey.tendril.http.get(links(mail, "o")[0], headers={"User-Agent": reader}):
            pass
    await journey.tendril.advance("3 days")

    assert await journey.accepted(ada) == channels


async def test_opening_it_for_a_machine_is_not_reading_it(journey: Journey) -> None:
    await journey.publish(first(**UNANSWERED))
    ada = await journey.member()
    await journey.enroll(ada)
    mail = await journey.mail(ada)
    (pixel,) = links(mail, "o")

    async with journey.tendril.http.get(pixel, headers={"User-Agent": "Mozilla/5.0"}) as answer:
        assert answer.content_type == "image/gif"
    await journey.tendril.advance("25 hours")

    await ada.hears("lesson one")


async def test_a_scanner_that_follows_every_link_is_not_reading_it(journey: Journey) -> None:
    body = {"default": {"subject": "Lesson one", "body": "lesson one: [here](https://example.org/)."}}
    await journey.publish(first(content=body, **UNANSWERED))
    ada = await journey.member()
    await journey.enroll(ada)
    mail = await journey.mail(ada)

    browser = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36"}
    for link in [address for kind in "ctuwp" for address in links(mail, kind)]:
        async with journey.tendril.http.get(link, headers=browser, allow_redirects=False) as answer:
            assert answer.status < 400
    await journey.tendril.advance("25 hours")

    await ada.hears("lesson one")


async def test_a_step_for_both_channels_comes_over_both(journey: Journey) -> None:
    await journey.publish(first(fallback="both"), lesson("two"))
    ada = await journey.member()
    await journey.enroll(ada)

    await ada.hears("lesson one")
    await journey.mail(ada)
    await journey.tendril.advance("1 day")

    await ada.hears("lesson two")
    assert sorted(await journey.accepted(ada)) == ["resend", "telegram", "telegram"]


async def test_a_complaint_ends_all_mail_to_the_address(journey: Journey) -> None:
    await journey.publish(first(channels=MAIL_FIRST), lesson("two", channels=MAIL_FIRST))
    ada = await journey.member()
    await journey.enroll(ada)

    await journey.happens(await journey.mail(ada), "complain")
    await journey.tendril.advance("1 day")
    await ada.hears("lesson two")
    await ada.writes(f"/email {(await journey.mail(ada))['to'][0]}")

    await ada.hears("an earlier email came back, or was marked as spam")
    assert (await journey.accepted(ada)).count("resend") == 1


async def test_the_third_soft_bounce_ends_mail_to_the_address(journey: Journey) -> None:
    await journey.publish(
        *(lesson(name, channels=["email"]) for name in ("one", "two", "three", "four")),
    )
    ada = await journey.member()
    await journey.enroll(ada)

    for number in range(1, 4):
        await journey.tendril.advance("1 day")
        await journey.happens(await journey.mail(ada, number), "soft_bounce")
    await journey.tendril.advance("1 day")

    assert len(await journey.mails(ada)) == 3
    assert (await journey.states(ada))[-1] == ("email", "skipped", "address_suppressed")


async def test_without_another_channel_a_failure_is_the_end_of_the_step_and_not_of_the_sequence(
    journey: Journey,
) -> None:
    await journey.publish(first(), lesson("two"))
    ada = await journey.member(email=False)
    await journey.tendril.control.fail("telegram", "forbidden", count=1)
    await journey.enroll(ada)
    await journey.reaches(ada, ("telegram", "failed"), ("telegram", "pending"))

    await ada.writes("hello, I am here")
    await until(ada.messages)
    await journey.tendril.advance("1 day")

    await ada.hears("lesson two")
