"""Callbacks over real HTTP: signed, at least once, and never to where they must not go."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from storage.store import Store, Unavailable
from tests.docs.pages import blocks, read
from tests.fixtures.database import Clock
from tests.fixtures.receiver import Receiver
from tests.webhooks.conftest import OpenSidecar, Road, Sent, Sidecar, Tables
from webhooks.callbacks import CallbackCarrier, open_sender
from webhooks.receivers import PRIVATE, Receivers

LOCAL = ("127.0.0.1", "localhost")
WEBHOOKS = "/api/webhooks"


@pytest.fixture
async def sidecar(open_sidecar: OpenSidecar) -> Sidecar:
    return await open_sidecar(webhook_allowed_hosts=LOCAL)


async def created(sidecar: Sidecar, url: str, *events: str) -> dict[str, Any]:
    answer = await sidecar.as_admin(
        "POST", WEBHOOKS, json={"url": url, "events": events or ["delivery.clicked", "user.unsubscribed"]}
    )
    assert answer.status == 201, await answer.text()
    made: dict[str, Any] = await answer.json()
    return made


async def carry(store: Store, timeout_seconds: float = 30) -> int:
    async with open_sender(Receivers(LOCAL), timeout_seconds) as sender:
        return await CallbackCarrier(store, sender).carry(asyncio.Event())


async def unsubscribed(store: Store, sent: Sent) -> None:
    await store.call("unsubscribe", tracking_id=sent.tracking_id, scope="channel", source="link")


async def log_of(sidecar: Sidecar, webhook: dict[str, Any], **query: str) -> list[dict[str, Any]]:
    answer = await sidecar.as_admin("GET", f"{WEBHOOKS}/{webhook['id']}/deliveries", params=query)
    items: list[dict[str, Any]] = (await answer.json())["items"]
    return items


async def test_a_secret_is_shown_once_even_to_whoever_repeats_the_request(
    sidecar: Sidecar, tables: Tables
) -> None:
    wish = {"url": "http://127.0.0.1:9/", "events": ["user.unsubscribed"]}
    under = {"Idempotency-Key": "webhook-1"}

    answers = [await sidecar.as_admin("POST", WEBHOOKS, json=wish, headers=under) for _ in range(2)]

    first, second = [await each.json() for each in answers]
    assert first["secret"].startswith("whsec_")
    assert second == {name: value for name, value in first.items() if name != "secret"}
    assert first["secret"] not in str(await tables.rows("select * from tendril.idempotency_keys"))


# Sending


async def test_a_callback_is_signed_so_that_the_reference_library_believes_it(
    sidecar: Sidecar, store: Store, receiver: Receiver, sent: Sent
) -> None:
    made = await created(sidecar, receiver.url)
    await unsubscribed(store, sent)
    assert await carry(store) == 1

    ((headers, body),) = receiver.got
    told = Webhook(made["secret"]).verify(body, headers)
    assert (told["type"], told["data"]) == (
        "user.unsubscribed",
        {
            "user_id": sent.user_id,
            "external_id": "mira",
            "scope": "channel",
            "channel": "email",
            "source": "link",
        },
    )
    with pytest.raises(WebhookVerificationError):
        Webhook(made["secret"]).verify(body.replace(b"channel", b"chanel"), headers)


async def test_a_new_secret_and_the_one_before_both_fit_for_a_day(
    sidecar: Sidecar, store: Store, receiver: Receiver, sent: Sent
) -> None:
    made = await created(sidecar, receiver.url)
    changed = await sidecar.as_admin("POST", f"{WEBHOOKS}/{made['id']}/secret")
    await unsubscribed(store, sent)
    await carry(store)

    ((headers, body),) = receiver.got
    for secret in (made["secret"], (await changed.json())["secret"]):
        assert Webhook(secret).verify(body, headers)


async def test_what_was_not_taken_comes_again_with_the_same_id_and_bytes(
    sidecar: Sidecar, store: Store, receiver: Receiver, sent: Sent, clock: Clock
) -> None:
    made = await created(sidecar, receiver.url)
    receiver.status = 500
    await unsubscribed(store, sent)
    await carry(store)
    receiver.status = 200
    await clock.advance("6 seconds")
    await carry(store)

    (first, second) = receiver.got
    assert receiver.ids[0] == receiver.ids[1]
    assert first[1] == second[1]
    (logged,) = await log_of(sidecar, made, status="delivered")
    assert [attempt["status_code"] for attempt in logged["attempts"]] == [500, 200]


async def test_an_outcome_that_could_not_be_recorded_only_repeats(
    sidecar: Sidecar, store: Store, receiver: Receiver, sent: Sent, clock: Clock
) -> None:
    await created(sidecar, receiver.url)
    await unsubscribed(store, sent)
    road = Road(store)
    road.accidents = {"record_callbacks": Unavailable("08006", "away")}
    with pytest.raises(Unavailable):
        await carry(road)
    assert await carry(store) == 0

    await clock.advance("31 seconds")
    assert await carry(store) == 1
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1


KILLED = """
import asyncio, sys
from storage.postgres import PostgresStore
from webhooks.callbacks import CallbackCarrier, open_sender
from webhooks.receivers import Receivers

async def main():
    store = PostgresStore(sys.argv[1])
    async with open_sender(Receivers(["127.0.0.1"])) as sender:
        await CallbackCarrier(store, sender).carry(asyncio.Event())

asyncio.run(main())
"""


async def test_a_process_killed_between_sending_and_recording_only_repeats(
    sidecar: Sidecar, store: Store, database_url: str, receiver: Receiver, sent: Sent, clock: Clock
) -> None:
    made = await created(sidecar, receiver.url)
    await unsubscribed(store, sent)
    receiver.gate.clear()
    worker = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, database_url, cwd=os.getcwd())
    try:
        async with asyncio.timeout(30):
            await receiver.arrived.wait()
    finally:
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    receiver.gate.set()
    assert [each["status"] for each in await log_of(sidecar, made)] == ["pending"]

    await clock.advance("31 seconds")
    assert await carry(store) == 1
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    assert [each["status"] for each in await log_of(sidecar, made)] == ["delivered"]


async def test_many_carriers_send_each_callback_once(
    sidecar: Sidecar, store: Store, receiver: Receiver, user_id: str
) -> None:
    await created(sidecar, receiver.url)
    for number in range(60):
        await store.call("announce_unsubscribe", user_id=user_id, scope="channel", key=str(number))

    assert sum(await asyncio.gather(*(carry(store) for _ in range(4)))) == 60
    assert len(set(receiver.ids)) == len(receiver.ids) == 60


async def test_a_receiver_that_does_not_answer_is_left_after_a_while(
    sidecar: Sidecar, store: Store, receiver: Receiver, sent: Sent
) -> None:
    made = await created(sidecar, receiver.url)
    receiver.gate.clear()
    await unsubscribed(store, sent)
    await carry(store, timeout_seconds=0.2)

    (logged,) = await log_of(sidecar, made)
    assert [attempt["error"] for attempt in logged["attempts"]] == ["timeout"]


async def test_a_redirect_is_a_failure_and_is_not_followed(
    sidecar: Sidecar, store: Store, receiver: Receiver, sent: Sent
) -> None:
    made = await created(sidecar, receiver.url)
    receiver.status, receiver.headers = 307, {"Location": receiver.url}
    await unsubscribed(store, sent)
    await carry(store)

    assert len(receiver.got) == 1
    (logged,) = await log_of(sidecar, made)
    assert (logged["status"], logged["attempts"][0]["status_code"]) == ("pending", 307)


async def test_a_name_that_leads_home_by_now_is_not_connected_to(
    sidecar: Sidecar, store: Store, receiver: Receiver, sent: Sent
) -> None:
    """As when its owner changes where it leads, after it was looked at."""
    made = await created(sidecar, receiver.url.replace("127.0.0.1", "localhost"))
    await unsubscribed(store, sent)
    async with open_sender(Receivers()) as sender:
        (callback,) = await store.call("claim_callbacks")
        https = callback | {"url": callback["url"].replace("http:", "https:")}
        outcome = await sender.send(https)

    assert outcome["error"] == "refused_address"
    assert receiver.got == []
    assert made["paused_at"] is None


async def test_nobody_there_is_an_outcome_too(sidecar: Sidecar, store: Store, sent: Sent) -> None:
    made = await created(sidecar, "http://127.0.0.1:9/hook")
    await unsubscribed(store, sent)
    await carry(store)

    (logged,) = await log_of(sidecar, made)
    assert logged["attempts"][0]["error"] == "unreachable"


async def test_the_example_of_the_guide_takes_what_we_sign_and_nothing_else(
    sidecar: Sidecar, store: Store, receiver: Receiver, sent: Sent
) -> None:
    made = await created(sidecar, receiver.url)
    await sidecar.as_admin("POST", f"{WEBHOOKS}/{made['id']}/secret")
    await unsubscribed(store, sent)
    await carry(store)
    (example,) = blocks(read("docs/outgoing-webhooks.md"), "python")
    guide: dict[str, Any] = {}
    exec(example, guide)

    ((headers, body),) = receiver.got
    assert guide["is_ours"](made["secret"], headers, body)
    assert not guide["is_ours"](made["secret"], headers, body + b" ")
    assert not guide["is_ours"]("whsec_bm90IG91cnM=", headers, body)


# The API


async def test_the_secret_is_shown_once(sidecar: Sidecar, receiver: Receiver) -> None:
    made = await created(sidecar, receiver.url)
    shown = await sidecar.as_admin("GET", f"{WEBHOOKS}/{made['id']}")
    listed = await sidecar.as_admin("GET", WEBHOOKS)

    assert made["secret"].startswith("whsec_")
    assert made["secret"] not in await shown.text() + await listed.text()
    assert (await listed.json())["items"] == [await shown.json()]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "https://10.0.0.1/", "events": ["delivery.sent"]}, "url"),
        ({"url": "https://localhost./", "events": ["delivery.sent"]}, "url"),
        ({"url": "javascript:alert(1)", "events": ["delivery.sent"]}, "url"),
        ({"url": "https://nobody.invalid/", "events": ["delivery.sent"]}, "url"),
        ({"url": "http://127.0.0.1:9/", "events": []}, "events"),
        ({"url": "http://127.0.0.1:9/", "events": ["delivery.lost"]}, "events.0"),
        ({"url": "http://127.0.0.1:9/", "events": ["delivery.sent"], "secret": "mine"}, "secret"),
        ({"events": ["delivery.sent"]}, "url"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_kept(
    sidecar: Sidecar, tables: Tables, body: dict[str, Any], field: str
) -> None:
    answer = await sidecar.as_admin("POST", WEBHOOKS, json=body)

    assert (answer.status, (await answer.json())["error"]["field"]) == (422, field)
    assert await tables.rows("select id from tendril.callback_subscribers") == []


async def test_a_change_to_a_private_address_is_refused(sidecar: Sidecar, receiver: Receiver) -> None:
    made = await created(sidecar, receiver.url)
    answer = await sidecar.as_admin(
        "PATCH", f"{WEBHOOKS}/{made['id']}", json={"url": "https://169.254.169.254/"}
    )

    assert answer.status == 422
    assert PRIVATE in await answer.text()


async def test_one_that_is_paused_is_told_of_nothing_until_it_begins_again(
    sidecar: Sidecar, store: Store, receiver: Receiver, user_id: str
) -> None:
    made = await created(sidecar, receiver.url)
    where = f"{WEBHOOKS}/{made['id']}"
    paused = await (await sidecar.as_admin("PATCH", where, json={"is_paused": True})).json()
    await store.call("announce_unsubscribe", user_id=user_id, scope="channel", key="1")
    begun = await (await sidecar.as_admin("PATCH", where, json={"is_paused": False})).json()
    await store.call("announce_unsubscribe", user_id=user_id, scope="channel", key="2")

    assert (paused["paused_reason"], begun["paused_at"]) == ("admin", None)
    assert await carry(store) == 1


async def test_a_ping_says_at_once_what_was_answered(sidecar: Sidecar, receiver: Receiver) -> None:
    made = await created(sidecar, receiver.url)
    receiver.status = 418
    answer = await (await sidecar.as_admin("POST", f"{WEBHOOKS}/{made['id']}/ping")).json()

    assert (answer["status_code"], answer["error"]) == (418, None)
    ((headers, body),) = receiver.got
    assert Webhook(made["secret"]).verify(body, headers)["type"] == "ping"


async def test_what_failed_is_sent_again_on_request_with_the_id_that_it_had(
    sidecar: Sidecar, store: Store, receiver: Receiver, sent: Sent
) -> None:
    made = await created(sidecar, receiver.url)
    await unsubscribed(store, sent)
    await carry(store)
    (logged,) = await log_of(sidecar, made)
    answer = await sidecar.as_admin("POST", f"{WEBHOOKS}/{made['id']}/deliveries/{logged['id']}/resend")
    await carry(store)

    assert await answer.json() == {"resent": 1}
    assert receiver.ids == [logged["message_id"]] * 2
    all_failed = await sidecar.as_admin("POST", f"{WEBHOOKS}/{made['id']}/resend")
    assert await all_failed.json() == {"resent": 0}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/7"), ("PATCH", "/7"), ("DELETE", "/7"), ("POST", "/7/secret"), ("POST", "/7/ping"),
        ("GET", "/7/deliveries"), ("POST", "/7/resend"), ("POST", "/7/deliveries/1/resend"),
    ],
)  # fmt: skip
async def test_one_that_is_not_there_is_not_found(sidecar: Sidecar, method: str, path: str) -> None:
    answer = await sidecar.as_admin(method, WEBHOOKS + path, json={} if method == "PATCH" else None)

    assert answer.status == 404


async def test_one_that_is_deleted_is_told_nothing_and_leaves_no_log(
    sidecar: Sidecar, store: Store, tables: Tables, receiver: Receiver, sent: Sent
) -> None:
    made = await created(sidecar, receiver.url)
    await unsubscribed(store, sent)
    assert (await sidecar.as_admin("DELETE", f"{WEBHOOKS}/{made['id']}")).status == 204

    assert await carry(store) == 0
    assert await tables.rows("select id from tendril.callbacks") == []
