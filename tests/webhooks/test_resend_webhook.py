"""Resend tells what became of our mails; only Resend is believed."""

import asyncio
import itertools
import json
import random
from typing import Any

import aiohttp
import pytest

from storage.store import Store
from tests.webhooks.conftest import (
    ADDRESS,
    SEQUENCE,
    WEBHOOK_SECRET,
    OpenSidecar,
    Sent,
    Sidecar,
    Tables,
    resend_event,
    send_one,
    signed,
)

OTHER_SECRET = "whsec_b3RoZXItcGxhY2Vob2xkZXI="


async def test_a_delivered_mail_is_delivered(sidecar: Sidecar, sent: Sent, tables: Tables) -> None:
    answer = await sidecar.from_resend(resend_event("delivered", sent))

    assert (answer.status, await answer.json()) == (200, {"verdict": "applied"})
    assert await tables.status(sent) == "delivered"


async def test_a_bounced_mail_goes_over_the_other_channel_and_is_counted_there(
    sidecar: Sidecar, store: Store, user_id: str
) -> None:
    await store.call("configure_budget", channel="telegram")
    await store.call("configure_budget", channel="email", messages_per_request=100)
    await store.call("open_contact_point", user_id=user_id, channel="telegram", address="7")
    first = {**SEQUENCE["steps"][0], "channels": ["email", "telegram"], "fallback": "on_failure"}
    await store.call("publish_sequence", definition={**SEQUENCE, "name": "either", "steps": [first]})
    sent = await send_one(store, user_id, "either")

    await sidecar.from_resend(resend_event("bounced", sent), "msg_1")
    await sidecar.from_resend(resend_event("bounced", sent), "msg_2")

    labels = {"channel": "email", "to": "telegram", "why": "came_back"}
    assert sidecar.counted("tendril_fallbacks_total", **labels) == 1


async def test_the_second_address_does_the_same(sidecar: Sidecar, sent: Sent, tables: Tables) -> None:
    await sidecar.from_resend(resend_event("delivered", sent), path="/admin/api/email/webhook")

    assert await tables.status(sent) == "delivered"


@pytest.mark.parametrize(
    ("kind", "details", "status"),
    [
        ("sent", {}, "sent"),
        ("scheduled", {}, "sent"),
        ("delivered", {}, "delivered"),
        ("delivery_delayed", {}, "sent"),
        ("bounced", {"bounce": {"type": "Permanent", "subType": "NoEmail"}}, "bounced"),
        ("complained", {}, "complained"),
        ("failed", {"failed": {"reason": "reached_daily_quota"}}, "failed"),
        ("suppressed", {"suppressed": {"type": "OnAccountSuppressionList"}}, "failed"),
        ("opened", {}, "delivered"),  # it does not say by whom
        ("clicked", {"click": {"link": "https://example.org", "userAgent": "Firefox"}}, "clicked"),
    ],
)
async def test_each_event_of_a_mail_shows_in_its_delivery(
    sidecar: Sidecar, sent: Sent, tables: Tables, kind: str, details: dict[str, Any], status: str
) -> None:
    answer = await sidecar.from_resend(resend_event(kind, sent, **details))

    assert (await answer.json())["verdict"] == "applied"
    assert await tables.status(sent) == status


async def test_a_mail_is_found_by_its_id_when_the_tags_are_lost(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    await sidecar.from_resend(resend_event("delivered", sent, tags=None))

    assert await tables.status(sent) == "delivered"


@pytest.mark.parametrize("kind", ["bounced", "complained"])
async def test_a_hard_bounce_or_a_complaint_suppresses_the_address_at_once(
    sidecar: Sidecar, sent: Sent, tables: Tables, kind: str
) -> None:
    await sidecar.from_resend(resend_event(kind, sent, bounce={"type": "Permanent"}))

    (point,) = await tables.rows("select state from tendril.contact_points where address = $1", ADDRESS)
    assert point["state"] == "suppressed"


async def test_three_soft_bounces_suppress_the_address(
    sidecar: Sidecar, store: Store, published: str, user_id: str, tables: Tables
) -> None:
    states = []
    for key in ("a", "b", "c"):
        mail = await send_one(store, user_id, published, key)
        await sidecar.from_resend(
            resend_event("bounced", mail, bounce={"type": "Transient", "subType": "MailboxFull"})
        )
        states += await tables.rows("select state from tendril.contact_points where address = $1", ADDRESS)

    assert [point["state"] for point in states] == ["active", "active", "suppressed"]


async def test_the_same_event_twice_counts_once(sidecar: Sidecar, sent: Sent, tables: Tables) -> None:
    event = resend_event("delivered", sent)
    await sidecar.from_resend(event, "msg_1")
    before = await tables.everything()

    answer = await sidecar.from_resend(event, "msg_1")

    assert (answer.status, await answer.json()) == (200, {"verdict": "duplicate"})
    assert await tables.everything() == before


async def test_copies_of_an_event_that_arrive_together_count_once(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    event = resend_event("opened", sent)

    answers = await asyncio.gather(*(sidecar.from_resend(event, "msg_1") for _ in range(40)))

    verdicts = sorted([(await answer.json())["verdict"] for answer in answers])
    assert verdicts == ["applied"] + ["duplicate"] * 39
    assert len(await tables.rows("select from tendril.delivery_events where event_id = 'msg_1'")) == 1


async def test_any_order_and_any_repetition_end_in_the_same_state(
    sidecar: Sidecar, store: Store, published: str, user_id: str, tables: Tables
) -> None:
    kinds = ["sent", "delivered", "opened", "clicked"]
    ends = set()
    for number, order in enumerate(itertools.islice(itertools.permutations(kinds), 0, None, 3)):
        mail = await send_one(store, user_id, published, f"run {number}")
        events = {
            kind: resend_event(kind, mail) | {"created_at": f"2100-03-02T09:0{minute}:00Z"}
            for minute, kind in enumerate(kinds)
        }
        shuffled = [*order, *random.Random(number).choices(kinds, k=4)]
        for kind in shuffled:
            await sidecar.from_resend(events[kind], f"{number}-{kind}")
        ends.add(await tables.status(mail))

    assert ends == {"clicked"}


@pytest.mark.parametrize("last", ["delivered", "opened", "sent"])
async def test_what_arrives_late_does_not_undo_a_bounce(
    sidecar: Sidecar, sent: Sent, tables: Tables, last: str
) -> None:
    await sidecar.from_resend(resend_event("bounced", sent, bounce={"type": "Permanent"}))

    await sidecar.from_resend(resend_event(last, sent))

    assert await tables.status(sent) == "bounced"


@pytest.mark.parametrize("kind", ["email.received", "contact.updated", "suppression.added", "email.invented"])
async def test_types_that_we_do_not_know_are_stored_and_answered(
    sidecar: Sidecar, tables: Tables, kind: str
) -> None:
    answer = await sidecar.from_resend({"type": kind, "data": {"id": "x"}}, "msg_new")

    assert answer.status == 200
    (row,) = await tables.rows(
        "select type, details #>> '{raw,type}' as raw from tendril.delivery_events where event_id = 'msg_new'"
    )
    assert row == {"type": "other", "raw": kind}


async def test_an_event_of_a_mail_that_is_not_ours_is_stored(sidecar: Sidecar, tables: Tables) -> None:
    answer = await sidecar.from_resend(resend_event("delivered"), "msg_foreign")

    assert (answer.status, await answer.json()) == (200, {"verdict": "unmatched"})
    assert await tables.rows("select from tendril.delivery_events where event_id = 'msg_foreign'")


async def test_the_raw_event_is_kept(sidecar: Sidecar, sent: Sent, tables: Tables) -> None:
    event = resend_event("bounced", sent, bounce={"type": "Permanent", "diagnosticCode": ["550 5.1.1"]})

    await sidecar.from_resend(event, "msg_raw")

    (row,) = await tables.rows(
        "select details -> 'raw' as raw, reason from tendril.delivery_events where event_id = 'msg_raw'"
    )
    assert json.loads(row["raw"]) == event


STRANGE: list[dict[str, Any]] = [
    {"type": "email.bounced"},
    {"type": "email.bounced", "data": None},
    {"type": "email.bounced", "data": []},
    {"type": "email.clicked", "data": {"click": "yes", "tags": 5, "to": {}, "email_id": 7}},
    {"type": "email.opened", "created_at": "yesterday", "data": {"tags": {"tracking_id": "x"}}},
    {"type": ["email.opened"], "created_at": 5, "data": {"tags": [{"name": []}, "x"]}},
    {"type": "email.sent", "data": {"subject": "nul \x00 and half a pair \ud800"}},
    {},
]


async def test_strange_but_signed_events_are_stored(sidecar: Sidecar, tables: Tables) -> None:
    answers = [await sidecar.from_resend(body, f"msg_{number}") for number, body in enumerate(STRANGE)]

    assert [answer.status for answer in answers] == [200] * len(STRANGE)
    assert len(await tables.rows("select from tendril.delivery_events")) == len(STRANGE)


async def test_what_is_signed_but_no_json_object_is_a_422(sidecar: Sidecar, tables: Tables) -> None:
    before = await tables.everything()
    bodies = [b"", b"{", b"[]", b"null", b'"text"', b'{"a": NaN}', b"[" * 100_000]

    answers = [await sidecar.from_resend(body) for body in bodies]

    assert [answer.status for answer in answers] == [422] * len(bodies)
    assert await tables.everything() == before
    assert _verdicts(sidecar) == {"malformed": len(bodies)}


def _forgeries(body: bytes) -> dict[str, tuple[dict[str, str], bytes]]:
    good = signed(body, "msg_real")
    tampered = body.replace(b"delivered", b"complained")
    return {
        "altered body": (good, tampered),
        "one more space": (good, body + b" "),
        "other id": ({**good, "svix-id": "msg_other"}, body),
        "no id": (_without(good, "svix-id"), body),
        "no timestamp": (_without(good, "svix-timestamp"), body),
        "no signature": (_without(good, "svix-signature"), body),
        "empty signature": ({**good, "svix-signature": ""}, body),
        "not base64": ({**good, "svix-signature": "v1,%%%"}, body),
        "no comma": ({**good, "svix-signature": good["svix-signature"].replace(",", "")}, body),
        "two commas": ({**good, "svix-signature": "v1,,"}, body),
        "other version": ({**good, "svix-signature": good["svix-signature"].replace("v1,", "v2,")}, body),
        "cut signature": ({**good, "svix-signature": good["svix-signature"][:-4]}, body),
        "other secret": (signed(body, secret=OTHER_SECRET), body),
        "stale": (signed(body, age=301), body),
        "from the future": (signed(body, age=-3600), body),
        "moved timestamp": ({**good, "svix-timestamp": str(int(good["svix-timestamp"]) + 1)}, body),
        "timestamp in words": ({**good, "svix-timestamp": "now"}, body),
        "odd digits": ({**good, "svix-timestamp": "²" * 10}, body),
        "huge timestamp": ({**good, "svix-timestamp": "9" * 4000}, body),
        "no headers": ({}, body),
    }


def _without(headers: dict[str, str], name: str) -> dict[str, str]:
    return {key: value for key, value in headers.items() if key != name}


async def test_forgeries_are_refused_and_counted_and_write_nothing_else(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    forgeries = _forgeries(json.dumps(resend_event("delivered", sent)).encode())
    before = await tables.everything()

    for name, (headers, body) in forgeries.items():
        answer = await sidecar.post("/webhooks/resend", data=body, headers=headers)
        assert answer.status == 401, name
        assert (await answer.json())["error"]["code"] == "unauthorized", name

    after = await tables.everything()
    assert len(after.pop("refused_callbacks")) <= 1  # told a moment later
    assert after == {name: rows for name, rows in before.items() if name != "refused_callbacks"}
    assert sum(_verdicts(sidecar).values()) == len(forgeries)


async def test_without_a_secret_nobody_is_believed(
    open_sidecar: OpenSidecar, sent: Sent, tables: Tables
) -> None:
    sidecar = await open_sidecar(resend_webhook_secrets=())
    before = await tables.everything()

    answer = await sidecar.from_resend(resend_event("delivered", sent))

    assert answer.status == 401
    assert _verdicts(sidecar) == {"not_configured": 1}
    assert await tables.everything() == before


async def test_while_a_secret_is_rotated_both_are_good(open_sidecar: OpenSidecar, sent: Sent) -> None:
    sidecar = await open_sidecar(resend_webhook_secrets=(OTHER_SECRET, WEBHOOK_SECRET))

    assert (await sidecar.from_resend(resend_event("delivered", sent))).status == 200


async def test_a_secret_that_is_none_is_found_when_the_sidecar_is_built(open_sidecar: OpenSidecar) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        await open_sidecar(resend_webhook_secrets=("whsec_",))


async def test_verdicts_are_counted(sidecar: Sidecar, sent: Sent) -> None:
    event = resend_event("delivered", sent)
    await sidecar.from_resend(event, "msg_1")
    await sidecar.from_resend(event, "msg_1")
    await sidecar.from_resend({"type": "contact.updated"})

    assert _verdicts(sidecar) == {"applied": 1, "duplicate": 1, "stored": 1}


async def test_while_the_database_is_away_the_provider_is_told_to_come_back(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    event = resend_event("delivered", sent)
    sidecar.road.is_closed = True
    refused = await sidecar.from_resend(event, "msg_1")
    sidecar.road.is_closed = False
    accepted = await sidecar.from_resend(event, "msg_1")

    assert (refused.status, accepted.status) == (503, 200)
    assert (await refused.json())["error"]["code"] == "unavailable"
    assert await tables.status(sent) == "delivered"


async def test_a_restart_of_the_database_loses_no_event(sidecar: Sidecar, sent: Sent, tables: Tables) -> None:
    await sidecar.from_resend(resend_event("sent", sent))
    await tables.rows(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )

    answers = await asyncio.gather(*(sidecar.from_resend(resend_event("clicked", sent)) for _ in range(20)))

    assert {answer.status for answer in answers} == {200}
    assert await tables.status(sent) == "clicked"


async def test_a_body_over_a_mebibyte_is_refused(sidecar: Sidecar) -> None:
    answer = await sidecar.from_resend(b'"' + b"x" * 1024 * 1024 + b'"')

    assert answer.status == 413


async def test_a_body_in_chunks_is_measured_too(sidecar: Sidecar) -> None:
    async def chunks() -> Any:
        for _ in range(33):
            yield b"x" * 32 * 1024

    answer = await sidecar.post("/webhooks/resend", data=chunks())

    assert answer.status == 413
    assert (await answer.json())["error"]["code"] == "too_large"


async def test_events_that_arrive_together_share_a_commit(sidecar: Sidecar, tables: Tables) -> None:
    answers = await asyncio.gather(*(sidecar.from_resend(resend_event("opened")) for _ in range(200)))

    assert {answer.status for answer in answers} == {200}
    assert len(await tables.rows("select from tendril.delivery_events")) == 200
    assert sidecar.road.count("record_delivery_events") < 60


async def test_get_is_not_a_webhook(sidecar: Sidecar) -> None:
    answer: aiohttp.ClientResponse = await sidecar.get("/webhooks/resend")

    assert (answer.status, answer.headers["Allow"]) == (405, "POST")


def _verdicts(sidecar: Sidecar) -> dict[str, float]:
    return {
        sample.labels["verdict"]: sample.value
        for metric in sidecar.registry.collect()
        for sample in metric.samples
        if sample.name == "tendril_webhook_verdicts_total" and sample.labels["provider"] == "resend"
    }


async def test_a_click_on_our_redirect_is_stored_with_where_it_led(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    ours = sidecar.links.click(sent.tracking_id, "https://example.org/lesson")

    await sidecar.from_resend(resend_event("clicked", sent, click={"link": ours}))

    query = "select details ->> 'url' as url from tendril.delivery_events where type = 'clicked'"
    assert await tables.rows(query) == [{"url": "https://example.org/lesson"}]
