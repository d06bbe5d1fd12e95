"""Alerts as admins meet them: in the chat, by email where the chat is what is broken, once, and when over."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from tests.bot.conftest import OWNER
from tests.bot.reading import labels, reads
from tests.bot.test_operations import asks, begin, publish
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person, until
from tests.webhooks.conftest import resend_event, signed

OLGAS = "olga@example.com"


pytestmark = pytest.mark.usefixtures("monday_noon")


@pytest.fixture
async def tendril(run_tendril: RunTendril, owner: Person) -> AsyncIterator[Tendril]:
    async with run_tendril(admin_telegram_ids=frozenset({OWNER})) as running:
        await owner.writes("/start")
        await owner.receives(1)
        await publish(running, channels=["email"])
        yield running


async def close(tendril: Tendril, channel: str, reason: str | None = "invalid_api_key") -> None:
    await tendril.process.store.call("set_channel_state", channel=channel, paused_reason=reason)


async def heard_of(owner: Person, words: str) -> int:
    return sum(words in each["text"] for each in await owner.messages())


async def test_a_refused_key_is_told_once_and_that_it_is_over_once(tendril: Tendril, owner: Person) -> None:
    await close(tendril, "email")
    await owner.hears("Email is closed: the provider answered invalid_api_key")
    page = await asks(owner, "/alerts", "What needs you")
    assert "Email is closed: the provider does not accept our key." in page["text"]

    await owner.writes("/resume email")
    await owner.hears("✓ Over: Email is open again")
    await tendril.settled()

    assert await heard_of(owner, "Email is closed: the provider answered") == 1
    assert await heard_of(owner, "✓ Over") == 1
    await asks(owner, "/alerts", "Nothing needs you")


async def test_when_telegram_is_broken_the_alert_comes_by_email(tendril: Tendril, owner: Person) -> None:
    user = (await tendril.explain(owner))["user"]["id"]
    await tendril.process.store.call("open_contact_point", user_id=user, channel="email", address=OLGAS)

    await close(tendril, "telegram", "unauthorized")

    (mail,) = await until(lambda: tendril.inbox(OLGAS))
    assert mail["subject"] == "Telegram is closed"


async def test_a_forged_callback_is_told_however_many_there_are(tendril: Tendril, owner: Person) -> None:
    body = json.dumps(resend_event("delivered")).encode()
    for _ in range(5):
        forged = signed(body, secret="whsec_b3RoZXItcGxhY2Vob2xkZXI=")
        async with tendril.http.post(f"{tendril.url}/webhooks/resend", data=body, headers=forged) as answer:
            assert answer.status == 401

    await owner.hears("A callback in the name of Resend was refused")
    await tendril.settled()
    assert await heard_of(owner, "was refused") == 1


async def test_what_cannot_be_written_is_told_with_its_step(tendril: Tendril, owner: Person) -> None:
    unwritable = {"default": {"subject": "Hello", "body": "{{ context.missing }}"}}
    await publish(tendril, "broken", content=unwritable)
    await begin(tendril, await tendril.started("Ada"), "broken")
    await tendril.advance("1 hour")

    told = await owner.hears("cannot be written: missing_value")

    assert "The broken & more, step hello" in told["text"]


async def test_who_wants_no_alerts_gets_none(tendril: Tendril, owner: Person) -> None:
    page = await asks(owner, "/alerts off", "I tell you of no alerts")
    await close(tendril, "email")
    await until(lambda: _open_alerts(tendril))
    await tendril.settled()
    assert await heard_of(owner, "Email is closed: the provider answered") == 0

    await owner.taps(page, "🔔 Tell me")
    page = await reads(owner, page, "I tell you of each alert once")
    assert labels(page) == ["🔕 Do not tell me"]


async def test_feedback_comes_to_the_admins(tendril: Tendril, owner: Person) -> None:
    ada = await tendril.started("Ada")

    await ada.writes("/feedback The <b>early</b> birds are great")

    told = await owner.hears("Feedback from Ada")
    assert "The <b>early</b> birds are great" in told["text"]


async def test_a_viewer_sees_alerts_and_is_told_of_none(tendril: Tendril, owner: Person) -> None:
    vera = await tendril.started("Vera")
    user = (await tendril.explain(vera))["user"]["id"]
    await tendril.process.store.call("set_roles", user_id=user, roles=["viewer"], actor="ADMIN_TELEGRAM_IDS")

    page = await asks(vera, "/alerts", "Nothing needs you")
    assert "go to admins and owners" in page["text"]
    await asks(vera, "/alerts on", "go to admins and owners")


async def _open_alerts(tendril: Tendril) -> object:
    return (await tendril.process.store.call("list_alerts", user_id=None))["alerts"]
