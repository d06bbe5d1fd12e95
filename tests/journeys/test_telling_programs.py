"""A program outside is told, by the running process, of what people do."""

from __future__ import annotations

import json

import pytest
from standardwebhooks import Webhook

from bot.settings import Settings
from tests.fixtures.receiver import Receiver
from tests.fixtures.sandbox import until
from tests.journeys.conftest import Journey, first, links


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"webhook_allowed_hosts": frozenset({"127.0.0.1"})})


async def test_a_program_hears_of_the_mail_the_click_and_the_good_bye(
    journey: Journey, receiver: Receiver
) -> None:
    events = ["delivery.sent", "delivery.clicked", "user.unsubscribed"]
    status, made = await journey.tendril.api("POST", "/api/webhooks", {"url": receiver.url, "events": events})
    assert status == 201
    body = "Look [there](https://example.com/there)."
    await journey.publish(
        first(channels=["email"], fallback="none", content={"default": {"subject": "One", "body": body}})
    )
    ada = await journey.member()

    await journey.enroll(ada)
    mail = await journey.mail(ada)
    await journey.tendril.advance("5 minutes")  # only a machine follows a link within seconds
    await journey.happens(mail, "click", url="https://example.com/there")
    async with journey.tendril.http.post(links(mail, "u")[0]) as answer:
        assert answer.status == 200

    async def all_told() -> bool:
        return len(receiver.got) == 3

    await until(all_told)
    told = [Webhook(made["secret"]).verify(body, headers) for headers, body in receiver.got]
    assert {each["type"] for each in told} == set(events)
    assert len(set(receiver.ids)) == 3
    assert "example.com" not in json.dumps([each["data"] for each in told])


async def test_what_cannot_be_told_now_is_told_as_soon_as_the_program_is_back(
    journey: Journey, receiver: Receiver
) -> None:
    await journey.tendril.api("POST", "/api/webhooks", {"url": receiver.url, "events": ["delivery.sent"]})
    receiver.status = 503
    await journey.publish(first())
    await journey.enroll(await journey.member())
    await until(receiver.has_got_something)
    receiver.status = 200
    await journey.tendril.advance("10 seconds")

    async def told_again() -> bool:
        return len(receiver.got) == 2

    await until(told_again)
    assert len(set(receiver.ids)) == 1
