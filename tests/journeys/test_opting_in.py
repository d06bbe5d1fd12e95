"""An address counts once its owner has said so; an account of elsewhere is joined by a one-time code."""

from __future__ import annotations

import re

from tests.fixtures.sandbox import Person, until
from tests.journeys.conftest import Journey, address_of, first, lesson, links


async def asks(journey: Journey) -> Person:
    """Somebody new who has named their address."""
    ada = await journey.tendril.started("Ada")
    await ada.writes(f"/email {address_of(ada)}")
    await ada.hears("six-digit code")
    return ada


async def test_the_code_from_the_mail_opens_the_address_for_the_sequence(journey: Journey) -> None:
    ada = await asks(journey)
    code = re.search(r"\b\d{6}\b", (await journey.mail(ada))["subject"])
    assert code is not None

    await ada.writes(code[0])
    await ada.hears("is confirmed")
    await journey.tendril.advance("4 days")

    assert [mail["subject"] for mail in await journey.mails(ada)][1:] == [
        "Your mail has found its way, Ada",
        "The sentence that makes a promise easier to keep",
    ]


async def test_the_link_in_the_mail_shows_a_page_and_its_button_confirms(journey: Journey) -> None:
    ada = await asks(journey)
    (link,) = links(await journey.mail(ada), "confirm")
    http = journey.tendril.http

    async with http.get(link) as page:
        assert page.status == 200
    assert await email_state(journey, ada) == "unverified"
    async with http.post(link) as answer:
        assert answer.status == 200

    assert await email_state(journey, ada) == "active"


async def test_an_address_that_was_never_confirmed_gets_nothing_but_its_code(journey: Journey) -> None:
    ada = await asks(journey)

    await journey.tendril.advance("1 week")

    assert len(await journey.mails(ada)) == 1


async def test_the_mail_with_the_code_is_not_a_mailing(journey: Journey) -> None:
    """What is transactional cannot be unsubscribed from, and counts nobody's opens."""
    mail = await journey.mail(await asks(journey))

    assert "List-Unsubscribe" not in mail["headers"]
    assert links(mail, "o") == []


async def test_a_deep_link_joins_the_chat_to_the_account_and_its_sequence(journey: Journey) -> None:
    await journey.publish(first(channels=["email", "telegram"]), lesson("two"))
    status, account = await journey.tendril.api(
        "POST", "/admin/api/users", {"external_id": "customer-7", "email_address": "ada@example.com"}
    )
    assert status == 201
    await journey.tendril.api(
        "POST", "/admin/api/nurture/trigger", {"user_id": "customer-7", "sequence_type": "course"}
    )
    code = (await journey.call("create_link_code", user_id=account["user_id"]))["code"]
    ada = await journey.tendril.person("Ada")

    await ada.writes(f"/start link_{code}")
    await ada.hears("Connected")
    await journey.tendril.advance("1 day")

    await ada.hears("lesson two")
    assert [mail["subject"] for mail in await journey.mails(ada)] == ["Lesson one"]


async def email_state(journey: Journey, person: Person) -> str | None:
    points = (await journey.tendril.explain(person))["contact_points"]
    return next((point["state"] for point in points if point["channel"] == "email"), None)


# ---- the chat ----


async def test_what_the_bot_does_not_understand_is_answered_helpfully(journey: Journey) -> None:
    ada = await journey.tendril.started("Ada")

    await ada.writes("what is the meaning of all this?")

    await ada.hears("/help")


async def test_a_button_that_is_tapped_twice_counts_once(journey: Journey) -> None:
    await journey.publish(
        first(
            content={
                "default": {
                    "subject": "One",
                    "body": "One",
                    "buttons": [{"label": "Done", "event": "did_it"}],
                }
            }
        ),
        name="course",
    )
    await journey.publish(
        first("thanks"), name="thanks", trigger={"event": "did_it", "again_after": "0 seconds"}
    )
    ada = await journey.member()
    await journey.enroll(ada)
    (message,) = await ada.receives(1)

    for _ in range(2):
        assert (await ada.taps(message, 0))["answered"]
    await ada.hears("lesson thanks")
    await journey.tendril.advance("1 hour")

    assert len(await ada.messages()) == 2


async def test_the_button_of_a_mail_does_what_the_button_in_the_chat_does(journey: Journey) -> None:
    buttons = {
        "default": {"subject": "One", "body": "One", "buttons": [{"label": "Done", "event": "did_it"}]}
    }
    await journey.publish(first(content=buttons, channels=["email"]))
    await journey.publish(first("thanks"), name="thanks", trigger={"event": "did_it"})
    ada = await journey.member()
    await journey.enroll(ada)
    (link,) = links(await journey.mail(ada), "a")

    async with journey.tendril.http.get(link) as page:
        assert page.status == 200
    await journey.tendril.settled()
    assert await ada.messages() == []
    async with journey.tendril.http.post(link) as answer:
        assert answer.status == 200

    await ada.hears("lesson thanks")


async def test_a_link_in_a_message_leads_on_and_is_counted(journey: Journey) -> None:
    body = {"default": {"subject": "One", "body": "Read [this](https://example.org/a?b=c&d=e#f)."}}
    await journey.publish(first(content=body, fallback="both"))
    ada = await journey.member()
    await journey.enroll(ada)
    mail = await journey.mail(ada)
    (link,) = links(mail, "c")

    await journey.tendril.advance("1 minute")  # nobody reads in the first seconds
    async with journey.tendril.http.get(link, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (302, "https://example.org/a?b=c&d=e#f")

    async def is_clicked() -> bool:
        return ("email", "clicked", None) in await journey.states(ada)

    await until(is_clicked)


async def test_the_picture_in_a_mail_counts_as_opened(journey: Journey) -> None:
    await journey.publish(first(channels=["email"]))
    ada = await journey.member()
    await journey.enroll(ada)
    (pixel,) = links(await journey.mail(ada), "o")

    await journey.tendril.advance("1 minute")
    async with journey.tendril.http.get(pixel, headers={"User-Agent": "GoogleImageProxy"}) as answer:
        assert (answer.status, answer.content_type) == (200, "image/gif")

    await journey.reaches(ada, ("email", "opened"))


async def test_an_altered_link_leads_nowhere(journey: Journey) -> None:
    body = {"default": {"subject": "One", "body": "Read [this](https://example.org/)."}}
    await journey.publish(first(content=body, channels=["email"]))
    ada = await journey.member()
    await journey.enroll(ada)
    (link,) = links(await journey.mail(ada), "c")

    async with journey.tendril.http.get(link[:-1] + "-", allow_redirects=False) as answer:
        assert (answer.status, answer.headers.get("Location")) == (404, None)
