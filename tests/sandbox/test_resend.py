"""Resend as a plain client meets it."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sandbox.server import serve
from tests.fixtures.sandbox import until
from tests.sandbox.conftest import given_up, mail


async def test_an_email_is_in_the_inbox(resend, control):
    answer = await resend.accepted(
        mail(
            "Ada <ada@example.com>",
            text="Hi",
            headers={"List-Unsubscribe": "<http://127.0.0.1/u>"},
            tags=[{"name": "step", "value": "1"}],
        )
    )

    (kept,) = await control.inbox("ADA@example.com")
    assert kept["id"] == answer["id"]
    assert kept["to"] == ["Ada <ada@example.com>"]
    assert (kept["from"], kept["subject"]) == ("Tendril <hi@example.com>", "Hi")
    assert (kept["html"], kept["text"]) == ("<p>Hi</p>", "Hi")
    assert kept["headers"] == {"List-Unsubscribe": "<http://127.0.0.1/u>"}
    assert kept["tags"] == [{"name": "step", "value": "1"}]
    assert await control.get(f"/inbox/{kept['id']}") == kept


async def test_the_inbox_can_be_asked_for_one_address(resend, control):
    await resend.accepted([mail("a@example.com"), mail("b@example.com")])

    assert [kept["to"] for kept in await control.inbox("b@example.com")] == [["b@example.com"]]
    assert len(await control.inbox()) == 2


async def test_a_left_out_text_part_is_made_from_the_html(resend, control):
    await resend.accepted(mail(html="<head><style>p{}</style></head><p>One &amp; <b>two</b></p><p>Three</p>"))
    await resend.accepted(mail(text=""))

    first, second = await control.inbox()
    assert first["text"] == "One & two\nThree"
    assert second["text"] == ""


async def test_a_batch_is_answered_in_its_order(resend, control):
    answer = await resend.accepted([mail(f"user{number}@example.com") for number in range(100)])

    kept = {entry["id"]: entry["to"] for entry in await control.inbox()}
    assert [kept[item["id"]] for item in answer["data"]] == [[f"user{n}@example.com"] for n in range(100)]


async def test_one_bad_email_refuses_a_strict_batch(resend, control):
    status, body = await resend.send([mail(), mail(to="nonsense")])

    assert (status, body["name"]) == (422, "validation_error")
    assert await control.inbox() == []


async def test_a_permissive_batch_names_the_bad_ones(resend, control):
    status, body = await resend.send([mail("nonsense"), mail()], **{"x-batch-validation": "permissive"})

    assert (status, len(body["data"])) == (200, 1)
    assert [error["index"] for error in body["errors"]] == [0]
    assert "Invalid `to` field" in body["errors"][0]["message"]


@pytest.mark.parametrize(
    ("body", "status", "name", "words"),
    [
        ({}, 422, "missing_required_field", "Missing `from` field."),
        (mail(to=None), 422, "missing_required_field", "Missing `to` field."),
        (mail(subject=None), 422, "missing_required_field", "Missing `subject` field."),
        (mail(html=None), 422, "missing_required_field", "Missing `html` or `text` field."),
        (mail(**{"from": "nobody"}), 422, "validation_error", "Invalid `from` field."),
        (mail(to="a@b"), 422, "validation_error", "Invalid `to` field."),
        (mail(to=[]), 422, "validation_error", "`to`"),
        (mail(to=["a@example.com"] * 51), 422, "validation_error", "`to`"),
        (mail(cc="x"), 422, "validation_error", "Invalid `cc` field."),
        (mail(html=1), 422, "validation_error", "`html`"),
        (mail(headers=[]), 422, "validation_error", "`headers`"),
        (mail(tags=[{"name": "a.b", "value": "x"}]), 422, "validation_error", "Tags should only contain"),
        (mail(tags=[{"name": "a", "value": "x"}] * 76), 422, "validation_error", "75 tags"),
        (mail(scheduled_at="soon"), 422, "validation_error", "`scheduled_at`"),
        (mail(scheduled_at="2199-01-01T00:00:00Z"), 422, "validation_error", "30 days"),
        ([mail()] * 101, 422, "validation_error", "1 to 100"),
        ([mail(attachments=[{"filename": "a", "content": "eA=="}])], 422, "validation_error", "attachments"),
    ],
)  # fmt: skip
async def test_a_bad_email_is_refused_by_name(resend, control, body, status, name, words):
    answered, refusal = await resend.send(body)

    assert (answered, refusal["statusCode"], refusal["name"]) == (status, status, name)
    assert words in refusal["message"]
    assert await control.inbox() == []


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[1]", b'"x"'])
async def test_what_is_no_email_is_refused(resend, body):
    headers = {"Authorization": f"Bearer {resend.key}"}
    async with resend.http.post(f"{resend.url}/emails", data=body, headers=headers) as response:
        assert response.status == 422


@pytest.mark.parametrize(
    ("authorization", "status", "name"),
    [
        ("", 401, "missing_api_key"),
        ("Basic eA==", 401, "missing_api_key"),
        ("Bearer sk_x", 403, "invalid_api_key"),
        ("Bearer re_revoked", 403, "invalid_api_key"),
        ("Bearer re_restricted", 401, "restricted_api_key"),
    ],
)
async def test_a_bad_key_is_refused_by_name(resend, authorization, status, name):
    answered, refusal = await resend.answer("GET", "/domains", headers={"Authorization": authorization})

    assert (answered, refusal["name"]) == (status, name)


async def test_a_restricted_key_may_send(resend):
    assert (await resend.send(mail(), Authorization="Bearer re_restricted"))[0] == 200


async def test_without_a_user_agent_the_door_stays_shut(box):
    async with httpx.AsyncClient() as client:
        del client.headers["User-Agent"]
        answer = await client.post(f"{box.resend_url}/emails", json=mail())

    assert (answer.status_code, answer.text) == (403, "error code: 1010")


async def test_the_same_key_and_payload_send_once(resend, control):
    first = await resend.accepted([mail(), mail("b@example.com")], key="k")
    again = await resend.accepted([mail(), mail("b@example.com")], key="k")

    assert again == first
    assert len(await control.inbox()) == 2
    assert len(await control.ledger("resend")) == 2


async def test_the_order_of_keys_in_the_payload_does_not_matter(resend):
    first = await resend.accepted(mail(), key="k")

    assert await resend.accepted(dict(reversed(mail().items())), key="k") == first


async def test_the_same_key_with_another_payload_is_a_conflict(resend):
    await resend.accepted(mail(), key="k")

    status, refusal = await resend.send(mail(subject="Other"), key="k")

    assert (status, refusal["name"]) == (409, "invalid_idempotent_request")


async def test_a_refused_request_leaves_its_key_free(resend):
    assert (await resend.send(mail(to="nonsense"), key="k"))[0] == 422

    assert await resend.accepted(mail(), key="k")


async def test_a_key_is_forgotten_after_a_day_of_the_moved_clock(resend, control):
    first = await resend.accepted(mail(), key="k")
    await control.advance("23 hours")
    assert await resend.accepted(mail(), key="k") == first

    await control.advance("2 hours")

    assert await resend.accepted(mail(), key="k") != first


async def test_the_same_key_twice_at_once_is_a_conflict(resend, control):
    await control.fail("resend", "slow", count=1, delay=0.3)
    slow = asyncio.ensure_future(resend.send(mail(), key="k"))

    async def slow_has_begun():
        return not await control.get("/faults")

    await until(slow_has_begun)

    status, refusal = await resend.send(mail(), key="k")

    assert (status, refusal["name"]) == (409, "concurrent_idempotent_requests")
    assert (await slow)[0] == 200


@pytest.mark.parametrize("key", ["x" * 257])
async def test_an_overlong_key_is_refused(resend, key):
    status, refusal = await resend.send(mail(), key=key)

    assert (status, refusal["name"]) == (400, "invalid_idempotency_key")


async def test_a_request_that_got_no_answer_is_found_again_by_its_key(resend, control):
    await control.fail("resend", "timeout_after_accept", count=1)
    unanswered = asyncio.ensure_future(resend.send(mail(), key="k"))
    await until(control.inbox)
    assert not unanswered.done()
    await given_up(unanswered)

    again = await resend.accepted(mail(), key="k")

    assert [kept["id"] for kept in await control.inbox()] == [again["id"]]


async def test_every_answer_tells_the_rate_limit(resend):
    headers = {"Authorization": f"Bearer {resend.key}"}
    async with resend.http.get(f"{resend.url}/domains", headers=headers) as response:
        assert response.headers["ratelimit-limit"] == "10"
        assert 0 <= int(response.headers["ratelimit-remaining"]) < 10


async def test_the_rate_limit_is_kept_when_asked_for(resend, control):
    await control.post("/limits", resend=True)

    answers = await asyncio.gather(*(resend.send(mail()) for _ in range(100)))

    refused = [body["name"] for status, body in answers if status == 429]
    assert refused
    assert set(refused) == {"rate_limit_exceeded"}


async def test_an_email_is_read_back(resend):
    sent = await resend.accepted(mail(tags=[{"name": "step", "value": "1"}]))

    status, kept = await resend.answer("GET", f"/emails/{sent['id']}")

    assert (status, kept["object"], kept["last_event"]) == (200, "email", "delivered")
    assert kept["tags"] == [{"name": "step", "value": "1"}]
    assert (await resend.answer("GET", "/emails/unknown"))[0] == 404


async def test_emails_are_listed_in_pages_newest_first(resend):
    ids = [(await resend.accepted(mail()))["id"] for _ in range(3)]

    _, first = await resend.answer("GET", "/emails?limit=2")
    _, second = await resend.answer("GET", f"/emails?limit=2&after={first['data'][-1]['id']}")

    assert ([e["id"] for e in first["data"]], first["has_more"]) == ([ids[2], ids[1]], True)
    assert ([e["id"] for e in second["data"]], second["has_more"]) == ([ids[0]], False)
    assert (await resend.answer("GET", "/emails?limit=0"))[0] == 422


async def test_a_scheduled_email_leaves_at_its_time(resend, control):
    in_two_hours = datetime.now(UTC) + timedelta(hours=2)
    await resend.accepted(mail(scheduled_at=in_two_hours.isoformat()))
    (waiting,) = await control.inbox()

    await control.advance("3 hours")

    (gone,) = await control.inbox()
    assert (waiting["last_event"], gone["last_event"]) == ("scheduled", "delivered")


async def test_an_unverified_domain_sends_nothing(resend, control):
    await control.post("/domains", name="example.com", status="pending")

    status, refusal = await resend.send(mail())

    assert (status, refusal["name"]) == (403, "validation_error")
    assert "example.com domain is not verified" in refusal["message"]


async def test_domains_show_their_records(resend, control):
    await control.post("/domains", name="new.example", status="pending")
    _, listed = await resend.answer("GET", "/domains")
    found = {domain["name"]: domain for domain in listed["data"]}

    _, domain = await resend.answer("GET", f"/domains/{found['new.example']['id']}")

    assert domain["status"] == "pending"
    assert {(r["record"], r["status"]) for r in domain["records"]} == {
        ("SPF", "pending"),
        ("DKIM", "pending"),
    }
    assert (await resend.answer("GET", "/domains/unknown"))[0] == 404


async def test_other_endpoints_are_not_found(resend):
    assert (await resend.answer("GET", "/contacts"))[0] == 404
    assert (await resend.answer("DELETE", "/emails"))[0] == 405


async def test_domains_can_be_given_at_the_start():
    async with serve(domains=["mine.example"]) as box:
        assert list(box.mailbox.state.domains) == ["mine.example"]
