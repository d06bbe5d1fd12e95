"""Other systems begin sequences and providers report; neither is believed without a key or a signature."""

from __future__ import annotations

from typing import Any

import asyncpg
import pytest

from tests.journeys.conftest import Journey, first, lesson

TRIGGER = "/admin/api/nurture/trigger"


async def asked(journey: Journey, **body: Any) -> tuple[int, Any]:
    return await journey.tendril.api("POST", TRIGGER, body)


async def test_a_trigger_enrolls_and_the_first_step_is_there_within_a_second(journey: Journey) -> None:
    await journey.publish(first())
    ada = await journey.member()

    status, answer = await asked(journey, user_id=ada.id, sequence_type="course")

    assert (status, answer["created"]) == (201, True)
    await ada.hears("lesson one")
    await journey.tendril.settled()
    _, active = await journey.tendril.api("GET", "/admin/api/nurture/active")
    assert active["enrollments"] == []


async def test_a_second_trigger_finds_the_first(journey: Journey) -> None:
    await journey.publish(lesson("one"))
    ada = await journey.member()

    answers = [await asked(journey, user_id=ada.id, sequence_type="course") for _ in range(2)]

    assert [(status, answer["created"]) for status, answer in answers] == [(201, True), (200, False)]
    _, active = await journey.tendril.api("GET", "/admin/api/nurture/active")
    assert [each["sequence"] for each in active["enrollments"]] == ["course"]


WRONG: list[tuple[Any, int, str, str | None]] = [
    ({"user_id": "nobody", "sequence_type": "onboarding"}, 404, "not_found", None),
    ({"user_id": "customer-7", "sequence_type": "nothing"}, 404, "not_found", None),
    ({"user_id": "customer-7"}, 422, "invalid", "sequence_type"),
    ({"sequence_type": "onboarding"}, 422, "invalid", "user_id"),
    ({"user_id": ["customer-7"], "sequence_type": "onboarding"}, 422, "invalid", "user_id"),
    ({"user_id": "customer-7", "sequence_type": "onboarding", "context": []}, 422, "invalid", "context"),
    ({"user_id": "customer-7", "sequence_type": "onboarding", "tomorrow": 1}, 422, "invalid", "tomorrow"),
    (["not", "an", "object"], 422, "invalid", None),
]


async def test_what_is_wrong_with_a_trigger_is_said(journey: Journey) -> None:
    await journey.tendril.api("POST", "/admin/api/users", {"external_id": "customer-7"})
    for body, status, code, field in WRONG:
        answered, answer = await journey.tendril.api("POST", TRIGGER, body)

        assert (answered, answer["error"]["code"]) == (status, code), body
        assert answer["error"]["message"]
        assert field in (None, answer["error"].get("field")), body


async def test_a_body_that_is_not_json_is_refused(journey: Journey) -> None:
    headers = {"Authorization": "Bearer an-admin-key-for-tests", "Content-Type": "application/json"}
    url = journey.tendril.url + TRIGGER
    async with journey.tendril.http.post(url, data=b"{not json", headers=headers) as answer:
        assert answer.status == 422
        assert (await answer.json())["error"]["message"]


async def test_without_the_key_there_is_no_admin_api(journey: Journey) -> None:
    routes = [
        ("POST", TRIGGER),
        ("GET", "/admin/api/nurture/active"),
        ("POST", "/admin/api/nurture/process"),
        ("POST", "/admin/api/email/test"),
    ]
    for method, path in routes:
        for key in (None, "-", "wrong", "an-admin-key-for-test"):
            status, answer = await journey.tendril.api(method, path, {}, key=key)
            assert (status, answer["error"]["code"]) == (401, "unauthorized"), (path, key)


async def test_a_body_that_is_too_large_is_refused(journey: Journey) -> None:
    status, answer = await asked(journey, user_id="x", sequence_type="y", context={"long": "x" * 1_100_000})

    assert (status, answer["error"]["code"]) == (413, "too_large")


async def test_process_says_what_it_did(journey: Journey) -> None:
    await journey.publish(first())
    await journey.enroll(await journey.member())

    status, answer = await journey.tendril.api("POST", "/admin/api/nurture/process", {})

    assert status == 200
    assert {"claimed", "channels", "still_due"} <= answer.keys()


@pytest.mark.parametrize("path", ["/webhooks/resend", "/admin/api/email/webhook"])
async def test_a_forged_webhook_is_refused_and_nothing_is_written(
    journey: Journey, connection: asyncpg.Connection, path: str
) -> None:
    await journey.publish(first(channels=["email"]))
    ada = await journey.member()
    await journey.enroll(ada)
    mail = await journey.mail(ada)
    await journey.reaches(ada, ("email", "delivered"))
    before = await connection.fetchval("select count(*) from tendril.delivery_events")

    forged = {"type": "email.bounced", "created_at": "2026-03-02T09:00:00Z", "data": {"email_id": mail["id"]}}
    signature = {
        "svix-id": "msg_1",
        "svix-timestamp": "1772442000",
        "svix-signature": "v1,Zm9yZ2VkIGZvcmdlZCBmb3JnZWQgZm9yZ2VkIGZvcmc=",
    }
    for headers in ({}, signature):
        url = journey.tendril.url + path
        async with journey.tendril.http.post(url, json=forged, headers=headers) as answer:
            assert answer.status == 401

    assert await connection.fetchval("select count(*) from tendril.delivery_events") == before
    assert await journey.states(ada) == [("email", "delivered", None)]
