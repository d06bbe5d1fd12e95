"""A provider fails in each way that it can: a message arrives once or over the other channel."""

from __future__ import annotations

from typing import Any

import pytest

from channels import transport
from tests.fixtures.sandbox import Person, until
from tests.journeys.conftest import Journey, first, lesson

# Nobody waits twenty seconds for an answer that does not come; what does come may take its time.
PATIENT, IMPATIENT = 20.0, 5.0
SILENT = ("timeout_after_accept", IMPATIENT)


@pytest.fixture
def patience() -> float:
    """Seconds until a channel takes a silent provider for lost."""
    return PATIENT


@pytest.fixture(autouse=True)
def patience_of_channels(patience: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "ANSWER_SECONDS", patience)


def told(*faults: str) -> list[tuple[str, float]]:
    """Faults in which the provider says something."""
    return [(fault, PATIENT) for fault in faults]


async def lessons_of(journey: Journey, person: Person) -> list[str]:
    """What arrived, over either channel."""
    chat = [each["text"] for each in await person.messages()]
    return [f"telegram: {text}" for text in chat] + [
        f"email: {mail['subject']}" for mail in await journey.mails(person)
    ]


async def learner(journey: Journey, *channels: str) -> Person:
    await journey.publish(first(channels=list(channels)), lesson("two", channels=list(channels)))
    return await journey.member()


async def tried(journey: Journey, person: Person) -> None:
    """Waits until the first attempt came to something."""

    async def is_tried() -> bool:
        (mine, *_) = await journey.deliveries(person)
        return bool(mine["delivery_status"] not in ("pending", "sending") or mine["reason"])

    await until(is_tried)


@pytest.mark.parametrize("fault", ["rate_limit", "server_error", "slow"])
async def test_telegram_stumbles_and_the_message_arrives_there_once(journey: Journey, fault: str) -> None:
    ada = await learner(journey, "telegram", "email")
    await journey.tendril.control.fail("telegram", fault, count=1, delay=0.2)

    await journey.enroll(ada)
    await tried(journey, ada)
    await journey.tendril.advance("1 hour")

    assert await lessons_of(journey, ada) == ["telegram: This is lesson one."]
    assert await journey.accepted(ada) == ["telegram"]


@pytest.mark.parametrize(("fault", "patience"), [SILENT, *told("malformed")])
async def test_telegram_takes_a_message_without_saying_so_and_it_is_not_said_again(
    journey: Journey, fault: str
) -> None:
    ada = await learner(journey, "telegram", "email")
    await journey.tendril.control.fail("telegram", fault, count=1)

    await journey.enroll(ada)
    await tried(journey, ada)
    await journey.tendril.advance("1 day")

    assert await lessons_of(journey, ada) == [
        "telegram: This is lesson one.",
        "telegram: This is lesson two.",
    ]
    assert (await journey.states(ada))[0][1] == "unknown"


async def test_telegram_breaks_off_and_a_person_is_asked_what_became_of_it(journey: Journey) -> None:
    """Nobody can tell a message that was lost from one whose answer was lost."""
    ada = await learner(journey, "telegram", "email")
    await journey.tendril.control.fail("telegram", "reset", count=1)

    await journey.enroll(ada)
    await tried(journey, ada)
    await journey.tendril.advance("1 day")

    assert await lessons_of(journey, ada) == ["telegram: This is lesson two."]
    assert (await journey.states(ada))[0][:2] == ("telegram", "unknown")
    health = await journey.call("queue_health")
    assert health["unknown"] == 1


async def test_telegram_says_blocked_and_the_message_comes_by_email_once(journey: Journey) -> None:
    ada = await learner(journey, "telegram", "email")
    await journey.tendril.control.fail("telegram", "forbidden", count=1)

    await journey.enroll(ada)
    await journey.mail(ada)
    await journey.tendril.advance("1 hour")

    assert await journey.accepted(ada) == ["resend"]


@pytest.mark.parametrize(
    ("fault", "patience"),
    [SILENT, *told("rate_limit", "server_error", "slow", "malformed", "reset")],
)
async def test_resend_stumbles_and_the_mail_arrives_once(journey: Journey, fault: str) -> None:
    """Under its idempotency key a mail may be sent again as often as it takes."""
    ada = await learner(journey, "email", "telegram")
    await journey.tendril.control.fail("resend", fault, count=1, delay=0.2)

    await journey.enroll(ada)
    await tried(journey, ada)
    await journey.tendril.advance("1 hour")

    assert await lessons_of(journey, ada) == ["email: Lesson one"]
    assert await journey.accepted(ada) == ["resend"]
    await journey.reaches(ada, ("email", "delivered"), ("email", "pending"))


async def test_resend_refuses_our_domain_and_everything_comes_by_telegram(journey: Journey) -> None:
    ada = await learner(journey, "email", "telegram")
    await journey.tendril.control.fail("resend", "forbidden")

    await journey.enroll(ada)
    await ada.hears("lesson one")
    await journey.tendril.advance("1 day")

    assert await lessons_of(journey, ada) == [
        "telegram: This is lesson one.",
        "telegram: This is lesson two.",
    ]
    status, health = await journey.tendril.api("GET", "/")
    assert health["status"] != "ok", status


async def test_many_stumbles_in_a_row_lose_nothing_and_repeat_nothing(journey: Journey) -> None:
    await journey.publish(first(channels=["email"]), lesson("two", channels=["email"]))
    people = [await journey.member(name) for name in ("Ada", "Bob", "Cid", "Dee", "Eve")]
    for fault in ("reset", "server_error", "malformed", "rate_limit"):
        await journey.tendril.control.fail("resend", fault, count=1)

    for person in people:
        await journey.enroll(person)
    await journey.tendril.advance("2 days")

    received: dict[str, Any] = {
        person.first_name: [mail["subject"] for mail in await journey.mails(person)] for person in people
    }
    assert received == {person.first_name: ["Lesson one", "Lesson two"] for person in people}


@pytest.mark.parametrize("patience", [IMPATIENT])
async def test_a_mail_of_which_resend_said_nothing_still_falls_back_when_nobody_opens_it(
    journey: Journey,
) -> None:
    await journey.publish(
        first(channels=["email", "telegram"], fallback="no_engagement", fallback_after="24 hours")
    )
    ada = await journey.member()
    await journey.tendril.control.fail("resend", "timeout_after_accept", count=1)

    await journey.enroll(ada)
    await journey.reaches(ada, ("email", "delivered"))
    await journey.tendril.advance("25 hours")

    await ada.hears("lesson one")
