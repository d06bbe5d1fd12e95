"""Failures on purpose, as a client sees them."""

import asyncio
import time

import aiohttp
import pytest

from tests.fixtures.sandbox import until
from tests.sandbox.conftest import given_up, mail

BROKEN = (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)


async def test_a_rate_limit_says_when_to_come_back(telegram, resend, ada, control):
    for provider in ("telegram", "resend"):
        await control.fail(provider, "rate_limit", retry_after=7)

    status, body = await telegram.answer("sendMessage", chat_id=ada.id, text="x")
    refused, refusal = await resend.send(mail())

    assert (status, body["parameters"]) == (429, {"retry_after": 7})
    assert body["description"] == "Too Many Requests: retry after 7"
    assert (refused, refusal["name"]) == (429, "rate_limit_exceeded")
    headers = {"Authorization": f"Bearer {resend.key}"}
    async with resend.http.post(f"{resend.url}/emails", json=mail(), headers=headers) as response:
        assert response.headers["retry-after"] == "7"


async def test_a_server_error_is_a_500(telegram, resend, ada, control):
    for provider in ("telegram", "resend"):
        await control.fail(provider, "server_error")

    assert (await telegram.answer("sendMessage", chat_id=ada.id, text="x"))[0] == 500
    assert (await resend.send(mail()))[1]["name"] == "internal_server_error"


async def test_forbidden_has_each_providers_words(telegram, resend, ada, control):
    for provider in ("telegram", "resend"):
        await control.fail(provider, "forbidden")

    refusal = await telegram.refusal("sendMessage", chat_id=ada.id, text="x")
    status, body = await resend.send(mail())

    assert refusal == (403, "Forbidden: bot was blocked by the user")
    assert (status, body["name"]) == (403, "validation_error")


async def test_a_reset_accepts_nothing(telegram, resend, ada, control):
    for provider in ("telegram", "resend"):
        await control.fail(provider, "reset", count=1)

    with pytest.raises(BROKEN):
        await telegram.answer("sendMessage", chat_id=ada.id, text="x")
    with pytest.raises(BROKEN):
        await resend.send(mail())

    assert await control.ledger() == []


async def test_a_malformed_answer_comes_for_an_accepted_message(telegram, resend, ada, control):
    for provider in ("telegram", "resend"):
        await control.fail(provider, "malformed", count=1)

    with pytest.raises(ValueError):  # no JSON at all
        await telegram.answer("sendMessage", chat_id=ada.id, text="x")
    with pytest.raises(ValueError):
        await resend.send(mail())

    assert [entry["provider"] for entry in await control.ledger()] == ["telegram", "resend"]


@pytest.mark.parametrize("provider", ["telegram", "resend"])
async def test_silence_comes_after_acceptance(telegram, resend, ada, control, provider):
    await control.fail(provider, "timeout_after_accept", count=1)
    send = {
        "telegram": lambda: telegram.answer("sendMessage", chat_id=ada.id, text="x"),
        "resend": lambda: resend.send(mail()),
    }[provider]

    unanswered = asyncio.ensure_future(send())
    await until(lambda: control.ledger(provider))
    assert not unanswered.done()
    await given_up(unanswered)

    assert len(await control.ledger(provider)) == 1
    assert (await send())[0] == 200


async def test_a_slow_answer_comes_late(telegram, ada, control):
    await control.fail("telegram", "slow", delay=0.2)
    began = time.monotonic()

    assert (await telegram.answer("sendMessage", chat_id=ada.id, text="x"))[0] == 200

    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("provider", ["telegram", "resend"])
async def test_a_slow_provider_finishes_also_when_nobody_waits(telegram, resend, ada, control, provider):
    await control.fail(provider, "slow", delay=0.2, count=1)
    send = (
        telegram.answer("sendMessage", chat_id=ada.id, text="x")
        if provider == "telegram"
        else resend.send(mail())
    )

    async def has_begun():
        return not await control.get("/faults")

    slow = asyncio.ensure_future(send)
    await until(has_begun)
    await given_up(slow)

    assert await until(lambda: control.ledger(provider))


async def test_a_fault_with_a_count_passes(telegram, ada, control):
    shown = await control.fail("telegram", "server_error", count=2)

    statuses = [(await telegram.answer("sendMessage", chat_id=ada.id, text="x"))[0] for _ in range(3)]

    assert shown["remaining"] == 2
    assert statuses == [500, 500, 200]
    assert await control.get("/faults") == []


async def test_a_fault_without_a_count_lasts_until_it_is_deleted(telegram, resend, ada, control):
    await control.fail("telegram", "server_error")
    await control.fail("resend", "server_error")
    for _ in range(3):
        assert (await telegram.answer("sendMessage", chat_id=ada.id, text="x"))[0] == 500

    assert [fault["provider"] for fault in await control.delete("/faults?provider=telegram")] == ["resend"]
    assert (await telegram.answer("sendMessage", chat_id=ada.id, text="x"))[0] == 200
    assert await control.delete("/faults") == []
    assert (await resend.send(mail()))[0] == 200


async def test_what_sends_nothing_meets_no_fault_unless_named(telegram, control):
    await control.fail("telegram", "server_error")
    assert await telegram.call("getMe")

    await control.fail("telegram", "server_error", methods=["getMe"])

    assert (await telegram.answer("getMe"))[0] == 500


async def test_reading_domains_can_fail_when_named(resend, control):
    await control.fail("resend", "server_error", methods=["domains"])

    assert (await resend.answer("GET", "/domains"))[0] == 500
    assert (await resend.send(mail()))[0] == 200
