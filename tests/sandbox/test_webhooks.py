"""What comes back from Resend: signed, in order, again when it failed."""

import json
import time

import pytest
from standardwebhooks import Webhook

from tests.fixtures.sandbox import until
from tests.sandbox.conftest import mail


@pytest.fixture
def listened(box, receiver):
    """The stand-in sends its webhooks to `receiver`."""
    box.set_webhook(receiver.url)
    return receiver


def payloads(receiver):
    return [json.loads(body) for _, body in receiver.received]


async def received(receiver, count):
    async def enough():
        return len(receiver.received) >= count

    await until(enough)
    return payloads(receiver)


async def test_sent_and_delivered_follow_by_themselves(resend, listened):
    sent = await resend.accepted(mail(tags=[{"name": "step", "value": "1"}]))

    first, second = await received(listened, 2)

    assert [first["type"], second["type"]] == ["email.sent", "email.delivered"]
    assert first["data"]["email_id"] == sent["id"]
    assert first["data"]["to"] == ["ada@example.com"]
    assert first["data"]["tags"] == {"step": "1"}


async def test_the_signature_is_what_standardwebhooks_expects(box, resend, listened):
    await resend.accepted(mail())
    await received(listened, 2)

    for headers, body in listened.received:
        named = {name.lower().replace("svix-", "webhook-"): value for name, value in headers.items()}
        assert Webhook(box.webhook_secret).verify(body, named)


async def test_the_timestamp_is_real_and_the_event_has_the_moved_time(resend, listened, control):
    await control.advance("30 days")

    await resend.accepted(mail())
    first, _ = await received(listened, 2)

    stamped = int(listened.received[0][0]["svix-timestamp"])
    assert abs(stamped - time.time()) < 60
    assert first["created_at"] > (await control.get("/inbox"))[0]["created_at"][:10]


async def test_the_order_holds_for_each_of_many_emails(resend, listened):
    await resend.accepted([mail(f"user{number}@example.com") for number in range(50)])

    events = await received(listened, 100)

    of_one = {}
    for event in events:
        of_one.setdefault(event["data"]["email_id"], []).append(event["type"])
    assert set(map(tuple, of_one.values())) == {("email.sent", "email.delivered")}


@pytest.mark.parametrize(
    ("event", "kind", "details"),
    [
        ("deliver", "email.delivered", {}),
        ("delay", "email.delivery_delayed", {}),
        ("open", "email.opened", {}),
        ("click", "email.clicked", {"click": {"link": "http://127.0.0.1:8080/c/x"}}),
        ("bounce", "email.bounced", {"bounce": {"type": "Permanent"}}),
        ("soft_bounce", "email.bounced", {"bounce": {"type": "Transient"}}),
        ("complain", "email.complained", {}),
        ("fail", "email.failed", {"failed": {"reason": "reached_daily_quota"}}),
        ("suppress", "email.suppressed", {"suppressed": {"type": "OnAccountSuppressionList"}}),
    ],
)
async def test_a_control_call_sends_its_event(resend, listened, control, event, kind, details):
    sent = await resend.accepted(mail(html='<a href="http://127.0.0.1:8080/c/x">go</a>'))

    shown = await control.post(f"/inbox/{sent['id']}/{event}")

    assert shown["webhook"]["delivered"] is True
    assert shown["last_event"] == kind.removeprefix("email.")
    last = payloads(listened)[-1]
    assert last["type"] == kind
    for part, expected in details.items():
        assert expected.items() <= last["data"][part].items()


async def test_a_click_may_name_its_link(resend, listened, control):
    sent = await resend.accepted(mail())

    await control.post(f"/inbox/{sent['id']}/click", url="https://example.com/x?a=1")

    assert payloads(listened)[-1]["data"]["click"]["link"] == "https://example.com/x?a=1"


@pytest.mark.parametrize(
    ("address", "kinds"),
    [
        ("delivered@resend.dev", ["email.sent", "email.delivered"]),
        ("bounced+one@resend.dev", ["email.sent", "email.bounced"]),
        ("complained@resend.dev", ["email.sent", "email.delivered", "email.complained"]),
        ("suppressed@resend.dev", ["email.suppressed"]),
    ],
)
async def test_resends_trial_addresses_do_what_they_are_named_for(resend, listened, address, kinds):
    await resend.accepted(mail(address))

    assert [event["type"] for event in await received(listened, len(kinds))] == kinds


@pytest.mark.parametrize("status", [302, 401, 500])
async def test_a_failed_webhook_comes_again_with_the_same_id(resend, listened, control, status):
    listened.status = status
    await resend.accepted(mail())
    await received(listened, 2)
    listened.status = 200

    await control.advance("6 seconds")

    await received(listened, 4)
    ids = [headers["svix-id"] for headers, _ in listened.received]
    assert sorted(ids[:2]) == sorted(ids[2:])
    assert all(event["delivered"] for event in await control.get("/webhooks"))


async def test_a_webhook_that_never_succeeds_is_given_up(resend, box, control):
    box.set_webhook("http://127.0.0.1:9/nobody")
    await resend.accepted(mail())

    for _ in range(8):
        await control.advance("11 hours")

    attempts = [event["attempts"] for event in await control.get("/webhooks")]
    assert attempts == [8, 8]


async def test_a_webhook_can_be_replayed(resend, listened, control):
    await resend.accepted(mail())
    await received(listened, 2)
    (first, _) = await control.get("/webhooks")

    replayed = await control.post(f"/webhooks/{first['id']}/replay")

    assert replayed["attempts"] == 2
    assert listened.received[-1][0]["svix-id"] == first["id"]


async def test_without_a_target_nothing_is_sent(resend, control):
    sent = await resend.accepted(mail())

    assert (await control.post(f"/inbox/{sent['id']}/open"))["webhook"] is None
    assert await control.get("/webhooks") == []
