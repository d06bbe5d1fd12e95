"""How a bot hears of updates: long polls and webhooks. The descriptions are those of the real server."""

import asyncio
import json

import aiohttp

import sandbox
from tests.fixtures.sandbox import Control, until
from tests.sandbox.conftest import Telegram


async def is_polled(control):
    return (await control.get("/bot"))["connected"]


async def test_updates_are_confirmed_by_the_offset(telegram, ada):
    for text in ("one", "two", "three"):
        await ada.writes(text)
    first, second, third = await telegram.call("getUpdates")

    assert [u["update_id"] for u in await telegram.call("getUpdates", offset=second["update_id"])] == [
        second["update_id"],
        third["update_id"],
    ]
    assert await telegram.call("getUpdates", offset=-1) == [third]
    assert await telegram.call("getUpdates", offset=third["update_id"] + 1) == []
    assert first["message"]["text"] == "one"


async def test_a_long_poll_returns_with_the_first_update(telegram, ada, control):
    poll = asyncio.ensure_future(telegram.call("getUpdates", timeout=30))
    await until(lambda: is_polled(control))

    await ada.writes("hello")

    (update,) = await poll
    assert update["message"]["text"] == "hello"


async def test_a_long_poll_ends_with_the_stand_ins():
    async with aiohttp.ClientSession() as http:
        async with sandbox.serve() as box:
            control = Control(box.url, http)
            telegram = Telegram(box.telegram_url, http, box.telegram_token)
            poll = asyncio.ensure_future(telegram.call("getUpdates", timeout=30))
            await until(lambda: is_polled(control))

        assert await asyncio.wait_for(poll, 20) == []


async def test_only_wanted_updates_are_queued(telegram, ada):
    await telegram.call("getUpdates", allowed_updates=["my_chat_member"])

    await ada.writes("not wanted")
    await ada.blocks()

    assert [set(update) - {"update_id"} for update in await telegram.call("getUpdates")] == [
        {"my_chat_member"}
    ]


async def test_a_second_poll_ends_the_first(telegram, control):
    first = asyncio.ensure_future(telegram.answer("getUpdates", timeout=30))
    await until(lambda: is_polled(control))

    assert await telegram.call("getUpdates", timeout=0) == []

    status, body = await first
    assert status == 409
    assert body["description"].startswith("Conflict: terminated by other getUpdates request")


async def test_polling_is_refused_while_a_webhook_is_set(telegram):
    await telegram.call("setWebhook", url="http://127.0.0.1:9/hook")

    status, description = await telegram.refusal("getUpdates")

    assert (status, description.startswith("Conflict: can't use getUpdates method while webhook")) == (
        409,
        True,
    )


async def test_a_webhook_must_be_https_or_local(telegram):
    assert await telegram.refusal("setWebhook", url="http://example.com/hook") == (
        400,
        "Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
    )


async def test_a_webhook_gets_the_updates_with_its_secret(telegram, ada, receiver):
    await telegram.call("setWebhook", url=receiver.url, secret_token="shh")

    await ada.writes("hello")

    async def arrived():
        return receiver.received

    ((headers, body),) = await until(arrived)
    assert headers["X-Telegram-Bot-Api-Secret-Token"] == "shh"
    assert json.loads(body)["message"]["text"] == "hello"


async def test_a_webhook_that_fails_gets_the_update_again(telegram, ada, receiver):
    receiver.status = 500
    await telegram.call("setWebhook", url=receiver.url)
    await ada.writes("hello")

    async def tried_twice():
        return len(receiver.received) >= 2

    await until(tried_twice)
    receiver.status = 200

    async def nothing_is_pending():
        return (await telegram.call("getWebhookInfo"))["pending_update_count"] == 0

    await until(nothing_is_pending)
    assert "500" in (await telegram.call("getWebhookInfo"))["last_error_message"]


async def test_a_deleted_webhook_can_drop_what_waits(telegram, ada):
    await telegram.call("setWebhook", url="http://127.0.0.1:9/hook")
    await ada.writes("hello")

    await telegram.call("deleteWebhook", drop_pending_updates=True)

    assert await telegram.call("getUpdates") == []
    assert (await telegram.call("getWebhookInfo"))["url"] == ""
