import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from channels.channel import Outgoing
from channels.errors import Busy, DeliveryError, Misconfigured, Moved, Refused, Unknown, Unreachable
from channels.http1 import Endpoint
from channels.telegram import DESCRIPTIONS, STATUSES, TelegramChannel
from tests.channels.conftest import (
    PATIENCE,
    TAKEN_WITHIN,
    Answering,
    Provider,
    drips,
    hangs_up,
    resets,
    stalls,
)

TOKEN = "123456:placeholder"
SENT = {"ok": True, "result": {"message_id": 77, "date": 0, "chat": {"id": 5, "type": "private"}}}


@pytest.fixture
async def telegram(provider: Provider) -> AsyncIterator[TelegramChannel]:
    async with TelegramChannel.opened(token=TOKEN, api_url=provider.url) as channel:
        yield channel


def impatient(api_url: str, seconds: float = PATIENCE) -> AbstractAsyncContextManager[TelegramChannel]:
    return TelegramChannel.opened(token=TOKEN, api_url=api_url, answer_seconds=seconds)


def message(recipient: str = "4711", **content: Any) -> Outgoing:
    return Outgoing("7d8c", recipient, {"text": "<b>Hello</b>", **content})


def error(status: int, description: str, **parameters: Any) -> dict[str, Any]:
    return {"ok": False, "error_code": status, "description": description, "parameters": parameters}


async def failure(channel: TelegramChannel) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await channel.send([message()])
    return caught.value


async def test_a_message_goes_to_send_message_as_html(telegram: TelegramChannel, provider: Provider) -> None:
    provider.answers(200, SENT)
    assert await telegram.send([message()]) == ["77"]
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", f"/bot{TOKEN}/sendMessage")
    assert request.json == {
        "chat_id": 4711,
        "text": "<b>Hello</b>",
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "disable_notification": False,
    }


async def test_buttons_previews_and_silence_are_passed_on(
    telegram: TelegramChannel, provider: Provider
) -> None:
    provider.answers(200, SENT)
    buttons = [
        [{"text": "Open", "url": "https://example.com"}],
        [{"text": "Done", "callback_data": "e:1:done"}],
    ]
    await telegram.send([message(buttons=buttons, link_preview=True, silent=True)])
    sent = provider.requests[0].json
    assert sent["reply_markup"] == {"inline_keyboard": buttons}
    assert sent["link_preview_options"] == {"is_disabled": False}
    assert sent["disable_notification"] is True


@pytest.mark.parametrize(("recipient", "chat_id"), [("-100123", -100123), ("@channel", "@channel")])
async def test_a_chat_is_a_number_or_a_name(
    telegram: TelegramChannel, provider: Provider, recipient: str, chat_id: int | str
) -> None:
    provider.answers(200, SENT)
    await telegram.send([message(recipient)])
    assert provider.requests[0].json["chat_id"] == chat_id


async def test_a_connection_serves_many_messages(telegram: TelegramChannel, provider: Provider) -> None:
    provider.answers(200, SENT)
    assert [await telegram.send([message()]) for _ in range(3)] == [["77"]] * 3


async def test_a_request_carries_one_message(telegram: TelegramChannel) -> None:
    with pytest.raises(ValueError, match="too many values"):
        await telegram.send([message(), message()])


async def test_our_requests_say_who_we_are(provider: Provider) -> None:
    provider.answers(200, SENT)
    async with TelegramChannel.opened(token=TOKEN, api_url=provider.url + "/") as telegram:
        await telegram.send([message()])
    assert provider.requests[0].path == f"/bot{TOKEN}/sendMessage"
    assert provider.requests[0].headers["user-agent"].startswith("Tendril/")


# The server's own words (telegram-bot-api, Client.cpp), in full as they arrive.
SAID = [
    (403, "Forbidden: bot was blocked by the user", Unreachable, "blocked"),
    (403, "Forbidden: user is deactivated", Unreachable, "user_deactivated"),
    (403, "Forbidden: bot was kicked from the supergroup chat", Unreachable, "kicked"),
    (403, "Forbidden: bot is not a member of the channel chat", Unreachable, "not_a_member"),
    (403, "Forbidden: the group chat was deleted", Unreachable, "chat_deleted"),
    (403, "Forbidden: bot can't initiate conversation with a user", Unreachable, "never_started"),
    (403, "Forbidden: bot can't send messages to bots", Unreachable, "is_a_bot"),
    (403, "Forbidden: something new", Unreachable, "forbidden"),
    (400, "Bad Request: chat not found", Unreachable, "chat_not_found"),
    (400, "Bad Request: private chat not found", Unreachable, "chat_not_found"),
    (400, "Bad Request: PEER_ID_INVALID", Unreachable, "chat_not_found"),
    (400, "Bad Request: not enough rights to send text messages to the chat", Unreachable, "no_rights"),
    (400, "Bad Request: FROZEN_METHOD_INVALID", Misconfigured, "bot_frozen"),
    (401, "Unauthorized", Misconfigured, "unauthorized"),
    (404, "Not Found", Misconfigured, "not_found"),
    (400, "Bad Request: can't parse entities: Unexpected end tag at byte offset 3", Refused, "bad_markup"),
    (400, "Bad Request: message text is empty", Refused, "empty_text"),
    (400, "Bad Request: message is too long", Refused, "too_long"),
    (400, "Bad Request: inline keyboard button URL 'x' is invalid: Wrong HTTP URL", Refused, "bad_button"),
    (400, "Bad Request: something new", Refused, "bad_request"),
    (500, "Internal Server Error: restart", Busy, "server_error"),
    (502, "Bad Gateway", Busy, "server_error"),
]


@pytest.mark.parametrize(("status", "description", "kind", "reason"), SAID)
async def test_the_servers_words_mean(
    telegram: TelegramChannel, provider: Provider, status: int, description: str, kind: type, reason: str
) -> None:
    provider.answers(status, error(status, description))
    told = await failure(telegram)
    assert (type(told), told.reason) == (kind, reason)


@pytest.mark.parametrize(("words", "meaning"), DESCRIPTIONS.items())
async def test_every_row_of_the_table_is_reached(
    telegram: TelegramChannel, provider: Provider, words: str, meaning: tuple[type[DeliveryError], str]
) -> None:
    provider.answers(400, error(400, f"Bad Request: {words.upper()} etc."))
    told = await failure(telegram)
    assert (type(told), told.reason) == meaning


@pytest.mark.parametrize(("status", "meaning"), STATUSES.items())
async def test_words_that_nobody_knows_are_judged_by_status(
    telegram: TelegramChannel, provider: Provider, status: int, meaning: tuple[type[DeliveryError], str]
) -> None:
    provider.answers(status, error(status, "Whatever"))
    told = await failure(telegram)
    assert (type(told), told.reason) == meaning


async def test_too_many_requests_stop_the_whole_channel(
    telegram: TelegramChannel, provider: Provider
) -> None:
    provider.answers(429, error(429, "Too Many Requests: retry after 35", retry_after=35))
    told = await failure(telegram)
    assert isinstance(told, Busy)
    assert (told.reason, told.retry_after, told.whole_channel) == ("rate_limited", 35, True)


@pytest.mark.parametrize(
    "parameters", [{}, {"retry_after": "soon"}, {"retry_after": -1}, {"retry_after": None}]
)
async def test_without_a_sensible_wait_the_channel_waits_a_little(
    telegram: TelegramChannel, provider: Provider, parameters: Mapping[str, Any]
) -> None:
    provider.answers(429, error(429, "Too Many Requests", **parameters))
    told = await failure(telegram)
    assert isinstance(told, Busy)
    assert told.whole_channel
    assert told.retry_after == 5


@pytest.mark.parametrize("description", ["Bad Request: FLOOD_WAIT_7", "Bad Request: SLOWMODE_WAIT_7"])
async def test_a_flooded_chat_holds_up_nobody_else(
    telegram: TelegramChannel, provider: Provider, description: str
) -> None:
    provider.answers(400, error(400, description))
    told = await failure(telegram)
    assert isinstance(told, Busy)
    assert (told.reason, told.retry_after, told.whole_channel) == ("chat_flooded", 7, False)


async def test_a_migrated_chat_has_moved(telegram: TelegramChannel, provider: Provider) -> None:
    description = "Bad Request: group chat was upgraded to a supergroup chat"
    provider.answers(400, error(400, description, migrate_to_chat_id=-1001234))
    told = await failure(telegram)
    assert isinstance(told, Moved)
    assert told.address == "-1001234"


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (502, Busy, "server_error"),
        (403, Busy, "server_error"),
        (429, Busy, "rate_limited"),
        (401, Misconfigured, "bad_api_url"),
        (404, Misconfigured, "bad_api_url"),
        (302, Misconfigured, "bad_api_url"),
        (200, Unknown, "unreadable_answer"),
    ],
)
async def test_a_web_page_is_not_telegram(
    telegram: TelegramChannel, provider: Provider, status: int, kind: type, reason: str
) -> None:
    provider.answers(status, b"<html>hello</html>", {"Location": "/elsewhere"})
    told = await failure(telegram)
    assert (type(told), told.reason) == (kind, reason)
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    "answer", [[], None, {}, {"ok": True}, {"ok": False}, {"ok": True, "result": {}}, SENT["result"]]
)
async def test_a_success_of_the_wrong_shape_is_unknown(
    telegram: TelegramChannel, provider: Provider, answer: Any
) -> None:
    provider.answers(200, answer)
    assert isinstance(await failure(telegram), Unknown)


async def test_parameters_of_the_wrong_shape_do_no_harm(
    telegram: TelegramChannel, provider: Provider
) -> None:
    provider.answers(429, {"ok": False, "parameters": ["retry_after"]})
    assert isinstance(await failure(telegram), Busy)


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
BROKEN = [
    (b"", hangs_up, "connection_lost"),
    (b"", resets, "connection_lost"),
    (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", hangs_up, "connection_lost"),
    (HEAD + b'{"ok": true', hangs_up, "unreadable_answer"),
    (HEAD + b'{"ok": true', resets, "unreadable_answer"),
    (HEAD.replace(b"999", b"3\r\nContent-Encoding: gzip") + b"abc", hangs_up, "unreadable_answer"),
]
SLOW = [
    (b"", stalls, PATIENCE, "no_answer"),
    (b"HTTP/1.1 200 OK\r\n", stalls, PATIENCE, "no_answer"),
    (HEAD + b'{"ok": true', drips, TAKEN_WITHIN, "unreadable_answer"),
]


@pytest.mark.parametrize(("raw", "then", "reason"), BROKEN)
async def test_when_the_connection_breaks_after_the_request_nobody_knows(
    telegram: TelegramChannel, provider: Provider, raw: bytes, then: Answering, reason: str
) -> None:
    provider.says(raw, then=then)
    told = await failure(telegram)
    assert (type(told), told.reason) == (Unknown, reason)
    assert len(provider.requests) == 1


@pytest.mark.parametrize(("raw", "then", "seconds", "reason"), SLOW)
async def test_when_the_answer_does_not_come_nobody_knows(
    provider: Provider, raw: bytes, then: Answering, seconds: float, reason: str
) -> None:
    provider.says(raw, then=then)
    async with impatient(provider.url, seconds) as telegram:
        told = await failure(telegram)
    assert (type(told), told.reason) == (Unknown, reason)


async def test_a_connection_that_never_opened_sent_nothing(nobody_listens: str) -> None:
    async with impatient(nobody_listens) as telegram:
        told = await failure(telegram)
    assert isinstance(told, Busy)
    assert (told.reason, told.whole_channel) == ("not_connected", True)


async def test_a_message_that_found_no_free_connection_was_not_sent(provider: Provider) -> None:
    provider.says(b"", then=stalls)
    endpoint = Endpoint(
        provider.url, user_agent="Tendril/1", connections=1, connect_seconds=TAKEN_WITHIN, answer_seconds=60
    )
    first = asyncio.create_task(endpoint.post(b"{}"))
    await provider.asked.wait()
    told = await failure(TelegramChannel(endpoint, endpoint, endpoint))
    first.cancel()
    assert isinstance(told, Busy)
    assert len(provider.requests) == 1


@pytest.mark.parametrize("api_url", ["nowhere", "", "ftp://127.0.0.1", "http://127.0.0.1:port", "http://a b"])
async def test_a_malformed_address_is_our_mistake(api_url: str) -> None:
    async with impatient(api_url) as telegram:
        assert isinstance(await failure(telegram), Misconfigured)


async def test_no_error_tells_the_token(nobody_listens: str, provider: Provider) -> None:
    provider.says(b"", then=stalls)
    for url in (nobody_listens, provider.url, "nowhere"):
        async with impatient(url) as telegram:
            told = await failure(telegram)
        assert "placeholder" not in json.dumps([repr(told), str(told), repr(told.__cause__)])
        assert told.__suppress_context__


# What was sent is changed


async def test_an_edited_message_says_something_else(telegram: TelegramChannel, provider: Provider) -> None:
    provider.answers(200, SENT)
    buttons = [[{"text": "Open", "url": "https://example.com"}]]
    await telegram.edit(message(buttons=buttons), "77")
    (request,) = provider.requests
    assert request.path == f"/bot{TOKEN}/editMessageText"
    assert request.json == {
        "chat_id": 4711,
        "message_id": 77,
        "text": "<b>Hello</b>",
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "reply_markup": {"inline_keyboard": buttons},
    }


async def test_what_says_so_already_is_left_as_it_is(telegram: TelegramChannel, provider: Provider) -> None:
    provider.answers(400, error(400, "Bad Request: message is not modified: specified new message content"))
    await telegram.edit(message(), "77")


async def test_a_deleted_message_is_named_by_its_chat_and_number(
    telegram: TelegramChannel, provider: Provider
) -> None:
    provider.answers(200, {"ok": True, "result": True})
    await telegram.delete("4711", "77")
    (request,) = provider.requests
    assert request.path == f"/bot{TOKEN}/deleteMessage"
    assert request.json == {"chat_id": 4711, "message_id": 77}


@pytest.mark.parametrize(
    ("description", "reason"),
    [
        ("Bad Request: message to delete not found", "message_gone"),
        ("Bad Request: message can't be deleted for everyone", "message_too_old"),
    ],
)
async def test_what_cannot_be_deleted_says_why(
    telegram: TelegramChannel, provider: Provider, description: str, reason: str
) -> None:
    provider.answers(400, error(400, description))
    with pytest.raises(Refused) as refused:
        await telegram.delete("4711", "77")
    assert refused.value.reason == reason
