"""The channels against the local stand-ins of the providers, over real HTTP."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from channels.channel import Channel, Outgoing
from channels.email import EmailChannel
from channels.errors import Busy, DeliveryError, Misconfigured, Refused, Unknown, Unreachable
from channels.registry import open_channels
from channels.sender_domain import sender_domain
from channels.telegram import TelegramChannel
from sandbox import Box
from tests.channels.conftest import TAKEN_WITHIN
from tests.fixtures.sandbox import Control, Person


@pytest.fixture
async def channels(box: Box) -> AsyncIterator[dict[str, Channel]]:
    options = {
        "telegram": {"token": box.telegram_token, "api_url": box.telegram_url},
        "email": {"api_key": box.resend_api_key, "api_url": box.resend_url},
    }
    async with open_channels(options) as opened:
        yield opened


def email(number: int = 1, to: str | None = None) -> Outgoing:
    content = {
        "from": "Tendril <hello@example.com>",
        "subject": f"Letter {number}",
        "html": "<p>Привет</p>",
        "text": "Привет",
        "headers": {"List-Unsubscribe": "<https://example.com/u/t>", "X-Entity-Ref-ID": f"7d8c-{number}"},
        "tags": {"tracking_id": f"7d8c-{number}"},
    }
    return Outgoing(f"7d8c-{number}", to or f"user{number}@example.org", content)


def chat(person: Person, text: str = "<b>Hello</b>", **content: Any) -> Outgoing:
    return Outgoing("7d8c", str(person.id), {"text": text, **content})


async def failure(channel: Channel, *messages: Outgoing) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await channel.send(messages, "key")
    return caught.value


# Telegram


async def test_a_message_with_buttons_arrives_in_the_chat(channels: dict[str, Channel], ada: Person) -> None:
    buttons = [
        [{"text": "Open", "url": "https://example.com/"}, {"text": "Done", "callback_data": "e:7d8c:done"}]
    ]
    (message_id,) = await channels["telegram"].send([chat(ada, buttons=buttons)], None)
    (arrived,) = await ada.messages()
    assert arrived["message_id"] == int(message_id)
    assert (arrived["html"], arrived["text"]) == ("<b>Hello</b>", "Hello")
    assert [[button["text"] for button in row] for row in arrived["buttons"]] == [["Open", "Done"]]


async def test_a_user_who_blocked_the_bot_is_unreachable(channels: dict[str, Channel], ada: Person) -> None:
    await ada.blocks()
    told = await failure(channels["telegram"], chat(ada))
    assert (type(told), told.reason) == (Unreachable, "blocked")


async def test_a_user_who_never_wrote_is_unreachable(channels: dict[str, Channel], control: Control) -> None:
    told = await failure(channels["telegram"], chat(await control.person()))
    assert (type(told), told.reason) == (Unreachable, "never_started")


@pytest.mark.parametrize(
    ("text", "reason"), [("<b>oops", "bad_markup"), ("", "empty_text"), ("x" * 4097, "too_long")]
)
async def test_a_text_that_telegram_cannot_take_is_refused(
    channels: dict[str, Channel], ada: Person, text: str, reason: str
) -> None:
    told = await failure(channels["telegram"], chat(ada, text))
    assert (type(told), told.reason) == (Refused, reason)


async def test_an_unknown_chat_is_unreachable(channels: dict[str, Channel]) -> None:
    told = await failure(channels["telegram"], Outgoing("7d8c", "999999999", {"text": "Hello"}))
    assert (type(told), told.reason) == (Unreachable, "chat_not_found")


# Email


async def test_an_email_arrives_as_it_was_stored(channels: dict[str, Channel], control: Control) -> None:
    (email_id,) = await channels["email"].send([email()], "key")
    (mail,) = await control.inbox("user1@example.org")
    stored = email().content
    assert mail["id"] == email_id
    assert {key: mail[key] for key in ("subject", "html", "text")} == {
        key: stored[key] for key in ("subject", "html", "text")
    }
    assert mail["headers"].items() >= stored["headers"].items()
    assert mail["tags"] == [{"name": "tracking_id", "value": "7d8c-1"}]


async def test_a_batch_of_a_hundred_keeps_its_order(channels: dict[str, Channel], control: Control) -> None:
    ids = await channels["email"].send([email(number) for number in range(100)], "key")
    arrived = {mail["id"]: mail["subject"] for mail in await control.inbox()}
    assert [arrived[email_id] for email_id in ids] == [f"Letter {number}" for number in range(100)]


@pytest.mark.parametrize("count", [1, 3])
async def test_the_same_messages_under_the_same_key_are_sent_once(
    channels: dict[str, Channel], control: Control, count: int
) -> None:
    batch = [email(number) for number in range(count)]
    ids = await channels["email"].send(batch, "key")
    assert await channels["email"].send(batch, "key") == ids
    assert len(await control.inbox()) == count


async def test_a_batch_whose_answer_was_lost_gets_its_ids_the_second_time(box: Box, control: Control) -> None:
    await control.fail("resend", "timeout_after_accept", count=1)
    batch = [email(1), email(2)]
    async with httpx.AsyncClient(timeout=httpx.Timeout(30, read=TAKEN_WITHIN), trust_env=False) as client:
        channel = EmailChannel(client, box.resend_url, box.resend_api_key)
        assert isinstance(await failure(channel, *batch), Unknown)
    async with httpx.AsyncClient(trust_env=False) as client:
        ids = await EmailChannel(client, box.resend_url, box.resend_api_key).send(batch, "key")
    assert ids == [mail["id"] for mail in sorted(await control.inbox(), key=lambda m: m["subject"])]


async def test_a_changed_message_under_the_same_key_is_not_sent(channels: dict[str, Channel]) -> None:
    await channels["email"].send([email(1)], "key")
    told = await failure(channels["email"], email(2))
    assert isinstance(told, Unknown)
    assert (told.reason, told.may_repeat) == ("invalid_idempotent_request", False)


async def test_an_address_that_is_none_is_unreachable(channels: dict[str, Channel]) -> None:
    told = await failure(channels["email"], email(to="nobody"))
    assert (type(told), told.reason) == (Unreachable, "invalid_to_address")


async def test_a_domain_that_is_not_verified_stops_the_channel(
    channels: dict[str, Channel], control: Control
) -> None:
    await control.post("/domains", name="example.com", status="pending")
    assert isinstance(await failure(channels["email"], email()), Misconfigured)


@pytest.mark.parametrize("status", ["verified", "pending"])
async def test_the_sender_domain_is_as_the_dns_says(box: Box, control: Control, status: str) -> None:
    await control.post("/domains", name="example.com", status=status)
    async with httpx.AsyncClient(trust_env=False) as client:
        found = await sender_domain(client, box.resend_url, box.resend_api_key, "Tendril <hello@example.com>")
    assert (found.status, found.status_of("SPF"), found.status_of("DKIM")) == (status,) * 3


# Both


FAULTS = [
    ("telegram", "server_error", Busy),
    ("telegram", "malformed", Unknown),
    ("telegram", "reset", Unknown),
    ("telegram", "forbidden", Unreachable),
    ("email", "server_error", Busy),
    ("email", "malformed", Unknown),
    ("email", "reset", Unknown),
    ("email", "forbidden", Misconfigured),
]
PROVIDERS = {"telegram": "telegram", "email": "resend"}


@pytest.mark.parametrize(("name", "fault", "kind"), FAULTS)
async def test_a_provider_that_fails_is_understood(
    channels: dict[str, Channel], control: Control, ada: Person, name: str, fault: str, kind: type
) -> None:
    await control.fail(PROVIDERS[name], fault, count=1)
    told = await failure(channels[name], chat(ada) if name == "telegram" else email())
    assert type(told) is kind


@pytest.mark.parametrize("name", ["telegram", "email"])
async def test_a_provider_that_is_busy_says_for_how_long(
    channels: dict[str, Channel], control: Control, ada: Person, name: str
) -> None:
    await control.fail(PROVIDERS[name], "rate_limit", count=1, retry_after=7)
    told = await failure(channels[name], chat(ada) if name == "telegram" else email())
    assert isinstance(told, Busy)
    assert (told.retry_after, told.whole_channel) == (7, True)


async def test_a_message_that_telegram_took_without_a_word_is_unknown(
    box: Box, control: Control, ada: Person
) -> None:
    await control.fail("telegram", "timeout_after_accept", count=1)
    async with TelegramChannel.opened(
        token=box.telegram_token, api_url=box.telegram_url, answer_seconds=TAKEN_WITHIN
    ) as telegram:
        told = await failure(telegram, chat(ada))
    assert isinstance(told, Unknown)
    assert [message["text"] for message in await ada.messages()] == ["Hello"]
