import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from channels.channel import Outgoing
from channels.email import EmailChannel
from channels.errors import Busy, DeliveryError, Misconfigured, Refused, Unknown, Unreachable
from channels.resend import NAMES, STATUSES, Resend
from channels.transport import open_httpx_client
from tests.channels.conftest import PATIENCE, Answering, Provider, drips, hangs_up, resets, stalls

KEY = "re_placeholder"


@pytest.fixture
def email(provider: Provider, client: httpx.AsyncClient) -> EmailChannel:
    return EmailChannel(client, provider.url, KEY)


def message(number: int = 1, **content: Any) -> Outgoing:
    plain = {"from": "Tendril <hello@example.com>", "subject": "Grüße", "html": "<p>Hi</p>", "text": "Hi"}
    return Outgoing(f"tracking-{number}", f"user{number}@example.org", plain | content)


def error(status: int, name: str, text: str = "It says why.") -> dict[str, Any]:
    return {"statusCode": status, "name": name, "message": text}


async def failure(channel: EmailChannel, count: int = 1) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await channel.send([message(number) for number in range(count)], "key")
    return caught.value


async def test_one_message_goes_to_emails(email: EmailChannel, provider: Provider) -> None:
    provider.answers(200, {"id": "49a3999c"})
    headers = {"List-Unsubscribe": "<https://example.com/u/t>", "X-Entity-Ref-ID": "tracking-1"}
    content = message(
        headers=headers, tags={"tracking_id": "7d8c", "step": "welcome"}, reply_to="team@example.com"
    )
    assert await email.send([content], "batch-1") == ["49a3999c"]
    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/emails")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["idempotency-key"] == "batch-1"
    assert request.json == {
        "from": "Tendril <hello@example.com>",
        "to": ["user1@example.org"],
        "subject": "Grüße",
        "html": "<p>Hi</p>",
        "text": "Hi",
        "reply_to": "team@example.com",
        "headers": headers,
        "tags": [{"name": "step", "value": "welcome"}, {"name": "tracking_id", "value": "7d8c"}],
    }


async def test_a_hundred_messages_go_in_one_request_and_keep_their_order(
    email: EmailChannel, provider: Provider
) -> None:
    provider.answers(200, {"data": [{"id": f"id-{number}"} for number in range(100)]})
    ids = await email.send([message(number) for number in range(100)], "key")
    assert ids == [f"id-{number}" for number in range(100)]
    (request,) = provider.requests
    assert request.path == "/emails/batch"
    assert [each["to"] for each in request.json] == [[f"user{number}@example.org"] for number in range(100)]


@pytest.mark.parametrize("count", [0, 101])
async def test_no_other_number_of_messages_is_taken(email: EmailChannel, count: int) -> None:
    with pytest.raises(ValueError, match="1 to 100"):
        await email.send([message()] * count)


async def test_the_same_content_is_always_the_same_bytes(email: EmailChannel, provider: Provider) -> None:
    """A database that keeps JSON returns its keys in an order of its own."""
    provider.answers(200, {"id": "1"})
    content = dict(message(tags={"b": "2", "a": "1"}, headers={"Y": "2", "X": "1"}).content)
    shuffled = {
        **dict(reversed(content.items())),
        "tags": {"a": "1", "b": "2"},
        "headers": {"X": "1", "Y": "2"},
    }
    await email.send([Outgoing("t", "a@example.org", content)], "key")
    await email.send([Outgoing("t", "a@example.org", shuffled)], "key")
    first, second = provider.requests
    assert first.body == second.body


async def test_without_a_key_none_is_sent(email: EmailChannel, provider: Provider) -> None:
    provider.answers(200, {"id": "1"})
    await email.send([message()])
    assert "idempotency-key" not in provider.requests[0].headers


async def test_our_requests_say_who_we_are(provider: Provider) -> None:
    provider.answers(200, {"id": "1"})
    async with open_httpx_client() as client:
        await EmailChannel(client, provider.url + "/", KEY).send([message()])
    assert provider.requests[0].headers["user-agent"].startswith("Tendril/")


SAID = [
    (400, "invalid_idempotency_key", Refused),
    (400, "validation_error", Refused),
    (401, "missing_api_key", Misconfigured),
    (401, "restricted_api_key", Misconfigured),
    (403, "invalid_api_key", Misconfigured),
    (403, "suspended_api_key", Misconfigured),
    (403, "validation_error", Misconfigured),
    (404, "not_found", Misconfigured),
    (405, "method_not_allowed", Misconfigured),
    (409, "invalid_idempotent_request", Unknown),
    (409, "concurrent_idempotent_requests", Busy),
    (409, "resource_locked", Busy),
    (422, "validation_error", Refused),
    (422, "invalid_attachment", Refused),
    (422, "missing_required_field", Refused),
    (422, "something_new", Refused),
    (429, "rate_limit_exceeded", Busy),
    (429, "daily_quota_exceeded", Busy),
    (429, "monthly_quota_exceeded", Misconfigured),
    (451, "security_error", Refused),
    (500, "application_error", Busy),
    (500, "internal_server_error", Busy),
    (503, "service_unavailable", Busy),
    (503, "something_new", Busy),
]


@pytest.mark.parametrize(("status", "name", "kind"), SAID)
async def test_resends_errors_mean(
    email: EmailChannel, provider: Provider, status: int, name: str, kind: type[DeliveryError]
) -> None:
    provider.answers(status, error(status, name))
    told = await failure(email)
    assert (type(told), told.reason) == (kind, name)


@pytest.mark.parametrize(("name", "kind"), NAMES.items())
async def test_a_known_name_counts_more_than_its_status(
    email: EmailChannel, provider: Provider, name: str, kind: type[DeliveryError]
) -> None:
    provider.answers(418, error(418, name))
    assert type(await failure(email)) is kind


@pytest.mark.parametrize(
    ("status", "kind"), [*STATUSES.items(), (302, Misconfigured), (413, Refused), (530, Busy)]
)
async def test_an_answer_that_is_not_resends_is_judged_by_its_status(
    email: EmailChannel, provider: Provider, status: int, kind: type[DeliveryError]
) -> None:
    provider.answers(status, b"error code: 1010")
    told = await failure(email)
    assert (type(told), told.reason) == (kind, f"http_{status}")


@pytest.mark.parametrize(
    "body", [[], None, {"name": 5}, {"name": "Robert'); DROP"}, {"message": "x"}, "text"]
)
async def test_an_error_of_the_wrong_shape_is_judged_by_its_status(
    email: EmailChannel, provider: Provider, body: Any
) -> None:
    provider.answers(503, body)
    told = await failure(email)
    assert (type(told), told.reason) == (Busy, "http_503")


async def test_an_address_that_is_none_is_unreachable(email: EmailChannel, provider: Provider) -> None:
    text = "Invalid `to` field. The email address needs to follow the `email@example.com` format."
    provider.answers(422, error(422, "validation_error", text))
    told = await failure(email)
    assert (type(told), told.reason) == (Unreachable, "invalid_to_address")


async def busy(channel: EmailChannel) -> Busy:
    told = await failure(channel)
    assert isinstance(told, Busy)
    return told


async def test_the_rate_limit_stops_the_channel_for_as_long_as_resend_says(
    email: EmailChannel, provider: Provider
) -> None:
    provider.answers(429, error(429, "rate_limit_exceeded"), {"Retry-After": "3"})
    told = await busy(email)
    assert (told.retry_after, told.whole_channel) == (3, True)


@pytest.mark.parametrize("said", ["soon", "-1", "nan", "inf", ""])
async def test_a_wait_that_makes_no_sense_is_a_short_one(
    email: EmailChannel, provider: Provider, said: str
) -> None:
    provider.answers(429, error(429, "rate_limit_exceeded"), {"Retry-After": said})
    assert (await busy(email)).retry_after == 1


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}])
async def test_the_daily_quota_stops_the_channel_until_midnight_utc(
    provider: Provider, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    provider.answers(429, error(429, "daily_quota_exceeded"), headers)
    resend = Resend(client, provider.url, KEY, now=lambda: datetime(2026, 12, 31, 23, 59, tzinfo=UTC))
    with pytest.raises(Busy) as caught:
        await resend.post("/emails", {})
    assert (caught.value.retry_after, caught.value.whole_channel) == (60, True)


async def test_what_resend_says_of_the_daily_quota_counts_more(
    email: EmailChannel, provider: Provider
) -> None:
    provider.answers(429, error(429, "daily_quota_exceeded"), {"Retry-After": "7200"})
    assert (await busy(email)).retry_after == 7200


async def test_a_request_still_under_way_holds_up_nobody_else(
    email: EmailChannel, provider: Provider
) -> None:
    provider.answers(409, error(409, "concurrent_idempotent_requests"))
    told = await busy(email)
    assert (told.retry_after, told.whole_channel) == (2, False)


async def test_a_key_used_for_something_else_is_not_tried_again(
    email: EmailChannel, provider: Provider
) -> None:
    provider.answers(409, error(409, "invalid_idempotent_request"))
    told = await failure(email)
    assert isinstance(told, Unknown)
    assert not told.may_repeat


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
BROKEN = [
    (b"", hangs_up),
    (b"", resets),
    (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", hangs_up),
    (HEAD + b'{"id"', hangs_up),
    (HEAD + b'{"id"', resets),
    (HEAD.replace(b"999", b"3\r\nContent-Encoding: gzip") + b"abc", hangs_up),
]


@pytest.mark.parametrize(("raw", "then"), BROKEN)
async def test_when_the_connection_breaks_after_the_request_nobody_knows(
    email: EmailChannel, provider: Provider, raw: bytes, then: Answering
) -> None:
    provider.says(raw, then=then)
    told = await failure(email)
    assert isinstance(told, Unknown)
    assert (told.reason, told.may_repeat) == ("connection_lost", True)


async def test_when_the_answer_does_not_come_nobody_knows(provider: Provider) -> None:
    provider.says(HEAD, then=stalls)
    timeout = httpx.Timeout(None, read=PATIENCE)
    async with httpx.AsyncClient(timeout=timeout, trust_env=False) as client:
        told = await failure(EmailChannel(client, provider.url, KEY))
    assert (type(told), told.reason) == (Unknown, "no_answer")


async def test_an_answer_that_drips_is_not_awaited_for_ever(
    provider: Provider, client: httpx.AsyncClient
) -> None:
    provider.says(HEAD, then=drips)
    with pytest.raises(Unknown, match="no_answer"):
        await Resend(client, provider.url, KEY, patience=PATIENCE).post("/emails", {})


async def test_requests_given_up_at_any_moment_take_no_place_from_the_next(provider: Provider) -> None:
    async with open_httpx_client() as client:
        resend = Resend(client, provider.url, KEY)
        for given_up in range(150):
            sending = asyncio.create_task(resend.post("/emails", {}))
            for _ in range(given_up % 15):  # turns of the loop
                await asyncio.sleep(0)
            sending.cancel()
            await asyncio.wait([sending])

        provider.answers(200, {"id": "one"})
        assert await resend.post("/emails", {}) == {"id": "one"}


async def test_a_message_that_found_no_free_connection_was_not_sent(provider: Provider) -> None:
    provider.says(b"", then=stalls)
    limits, timeout = httpx.Limits(max_connections=1), httpx.Timeout(None, pool=PATIENCE)
    async with httpx.AsyncClient(limits=limits, timeout=timeout, trust_env=False) as client:
        first = asyncio.create_task(client.post(provider.url))
        await provider.asked.wait()
        told = await busy(EmailChannel(client, provider.url, KEY))
        first.cancel()
    assert told.reason == "not_connected"
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    "answer", [b"", b"<html>", b'{"id": "tru', b"\xff\xfe", [], {}, {"id": 5}, {"id": ""}]
)
async def test_a_success_of_the_wrong_shape_is_unknown(
    email: EmailChannel, provider: Provider, answer: Any
) -> None:
    provider.answers(200, answer)
    told = await failure(email)
    assert (type(told), told.reason) == (Unknown, "unreadable_answer")


@pytest.mark.parametrize(
    "rows", [None, {}, [], [{"id": "1"}], [{"id": "1"}, {}], [{"id": "1"}, "2"], ["1", "2"]]
)
async def test_a_batch_whose_ids_do_not_fit_is_unknown(
    email: EmailChannel, provider: Provider, rows: Any
) -> None:
    provider.answers(200, {"data": rows})
    assert isinstance(await failure(email, count=2), Unknown)


async def test_a_connection_that_never_opened_sent_nothing(
    nobody_listens: str, client: httpx.AsyncClient
) -> None:
    told = await busy(EmailChannel(client, nobody_listens, KEY))
    assert (told.reason, told.whole_channel) == ("not_connected", True)


@pytest.mark.parametrize("api_url", ["nowhere", "ftp://example.com", "http://127.0.0.1:port"])
async def test_a_malformed_address_is_our_mistake(client: httpx.AsyncClient, api_url: str) -> None:
    assert isinstance(await failure(EmailChannel(client, api_url, KEY)), Misconfigured)


async def test_a_key_that_is_no_header_is_our_mistake(provider: Provider, client: httpx.AsyncClient) -> None:
    told = await failure(EmailChannel(client, provider.url, "re_\n"))
    assert isinstance(told, Misconfigured)
