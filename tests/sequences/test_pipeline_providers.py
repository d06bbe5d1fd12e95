"""The pipeline with the real channels and the real renderer, against the providers' stand-ins over HTTP."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

import sandbox
from channels.email import EmailChannel
from channels.signing import Signer
from channels.telegram import TelegramChannel
from sequences.controller import NurtureController
from sequences.links import LinkBuilder
from sequences.pipeline import DeliveryPipeline
from sequences.rendering import Brand, Renderer
from tests.fixtures.sandbox import Control, Person
from tests.sequences.conftest import House

impatient = pytest.mark.parametrize("patience", [2.0])
"""For tests in which a provider says nothing. In the others it may take its time."""


@pytest.fixture
def patience() -> float:
    """Seconds until a channel takes a silent provider for lost."""
    return 30.0


@pytest.fixture
async def processes(
    house: House, box: sandbox.Box, patience: float
) -> AsyncIterator[list[NurtureController]]:
    """Two processes on the same database."""
    links = LinkBuilder("http://127.0.0.1:8080", Signer("a secret that signs links"))
    renderer = Renderer(Brand("Tendril", "Tendril <hello@example.com>"), links)
    async with (
        TelegramChannel.opened(
            token=box.telegram_token, api_url=box.telegram_url, answer_seconds=patience
        ) as telegram,
        httpx.AsyncClient(timeout=patience, headers={"User-Agent": "Tendril"}) as client,
    ):
        channels = (telegram, EmailChannel(client, box.resend_url, "re_placeholder"))
        yield [
            NurtureController(
                house.store,
                [DeliveryPipeline(house.store, channel, renderer, worker) for channel in channels],
            )
            for worker in ("one", "two")
        ]


@pytest.fixture
def controller(processes: list[NurtureController]) -> NurtureController:
    return processes[0]


async def befriend(house: House, person: Person) -> str:
    return await house.telegram_user(person.id, person.first_name)


async def befriend_both_ways(house: House, person: Person, address: str) -> str:
    user = await house.email_user(address, person.first_name)
    code = (await house.store.call("create_link_code", user_id=user))["code"]
    await house.store.call("link_telegram", code=code, telegram_id=person.id)
    return user


def says(words: str) -> dict[str, Any]:
    return {"default": {"subject": "Hello", "body": words}}


async def test_a_person_reads_what_the_step_says(
    house: House, ada: Person, controller: NurtureController
) -> None:
    await house.publish(content=says("Good to see you, **{{ user.first_name }}**."))
    await house.enroll(await befriend(house, ada))
    await controller.deliver_due()
    (message,) = await ada.messages()
    (row,) = await house.ledger("provider_message_id, delivery_status, id")
    assert message["text"] == "Good to see you, Ada."
    assert (row["delivery_status"], row["provider_message_id"]) == ("sent", str(message["message_id"]))


async def test_a_hundred_and_one_people_get_one_email_each_by_two_requests(
    house: House, control: Control, controller: NurtureController
) -> None:
    await house.publish(channels=["email"], content=says("Good to see you."))
    for number in range(101):
        await house.enroll(await house.email_user(f"user{number}@example.com"))
    await controller.deliver_due()
    inbox = await control.inbox()
    keys = [request["idempotency_key"] for request in await control.ledger("resend")]
    assert len({mail["to"][0] for mail in inbox}) == len(inbox) == 101
    assert sorted(Counter(keys).values()) == [1, 100]


async def test_a_person_who_blocked_the_bot_gets_the_email_instead(
    house: House, ada: Person, control: Control, controller: NurtureController
) -> None:
    await house.publish(content=says("Good to see you."))
    await house.enroll(await befriend_both_ways(house, ada, "ada@example.com"))
    await ada.blocks()
    await controller.deliver_due()
    assert [mail["to"] for mail in await control.inbox()] == [["ada@example.com"]]
    assert [row["reason"] for row in await house.ledger("id, reason")] == ["blocked", None]


@impatient
async def test_an_email_whose_answer_was_lost_arrives_once(
    house: House, control: Control, controller: NurtureController, clock: Any
) -> None:
    await house.publish(channels=["email"], content=says("Good to see you."))
    for address in ("ada@example.com", "eve@example.com"):
        await house.enroll(await house.email_user(address))
    await control.fail("resend", "timeout_after_accept", count=1)
    first = await controller.deliver_due()
    await clock.advance("10 minutes")
    await controller.deliver_due()
    assert first.channels["email"].outcomes == {"busy": 2}
    assert len(await control.inbox()) == 2
    assert await house.statuses() == ["sent", "sent"]


@impatient
async def test_a_telegram_message_whose_answer_was_lost_is_not_repeated(
    house: House, ada: Person, control: Control, controller: NurtureController, clock: Any
) -> None:
    await house.publish(channels=["telegram"], content=says("Good to see you."))
    await house.enroll(await befriend(house, ada))
    await control.fail("telegram", "timeout_after_accept", count=1)
    await controller.deliver_due()
    await clock.advance("1 hour")
    await controller.deliver_due()
    assert len(await ada.messages()) == 1
    assert await house.statuses() == ["unknown"]


@pytest.mark.parametrize("provider", ["telegram", "resend"])
async def test_too_many_requests_delay_a_message_and_cost_it_nothing(
    house: House, ada: Person, control: Control, controller: NurtureController, clock: Any, provider: str
) -> None:
    channel = "telegram" if provider == "telegram" else "email"
    await house.publish(channels=[channel], max_attempts=1, content=says("Good to see you."))
    await house.enroll(await befriend_both_ways(house, ada, "ada@example.com"))
    await control.fail(provider, "rate_limit", count=1, retry_after=5)
    first = await controller.deliver_due()
    await clock.advance("1 minute")
    await controller.deliver_due()
    assert first.channels[channel].outcomes == {"busy": 1}
    assert await house.statuses() == ["sent"]


@pytest.mark.parametrize("provider", ["telegram", "resend"])
async def test_a_provider_that_fails_for_a_moment_gets_the_message_later(
    house: House, ada: Person, control: Control, controller: NurtureController, clock: Any, provider: str
) -> None:
    channel = "telegram" if provider == "telegram" else "email"
    await house.publish(channels=[channel], content=says("Good to see you."))
    await house.enroll(await befriend_both_ways(house, ada, "ada@example.com"))
    await control.fail(provider, "server_error", count=1)
    await controller.deliver_due()
    await clock.advance("10 minutes")
    await controller.deliver_due()
    assert await house.statuses() == ["sent"]


async def test_two_processes_at_once_repeat_nothing(
    house: House, control: Control, processes: list[NurtureController]
) -> None:
    people = [await control.person(f"Person {number}", started=True) for number in range(20)]
    await house.publish(channels=["telegram"], content=says("Good to see you, {{ user.first_name }}."))
    for person in people:
        await house.enroll(await befriend(house, person))
    await asyncio.gather(*(process.deliver_due() for process in processes))
    assert [len(await person.messages()) for person in people] == [1] * 20
