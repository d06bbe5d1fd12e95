"""Whatever somebody sends, fitting or not, no endpoint fails, and every answer is what the document says."""

import asyncio
import os
import re
from contextlib import suppress
from typing import Any

import hypothesis.strategies as st
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from storage.store import Store
from tests.webhooks.conftest import ADMIN_KEY, WEBHOOK_SECRET, Sent, Sidecar
from webhooks.api.document import described_endpoints
from webhooks.api.endpoint import Endpoint
from webhooks.api.openapi import describe, path_of

DOCUMENT = describe(described_endpoints())
TAGS = [tag["name"] for tag in DOCUMENT["tags"] if tag["name"] != "Cron"]  # says 501, and takes nothing
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = int(os.environ.get("FUZZING_EXAMPLES", "8"))  # for each operation, and for each way of making them
SECONDS = 15  # an answer that takes longer is a mistake, too
KNOWN = {"id": [1], "reference": ["mira", "1"], "name": ["letters"]}
WORDS = {"default": {"subject": "Still here", "body": "A seat is kept for you."}}
GOAL = {"event": "lesson_complete", "within": "7 days"}
THERE = {
    "/api/engagement/templates": {"name": "nudge", "title": "N", "type": "gentle_reminder", "content": WORDS},
    "/api/engagement/campaigns": {
        "name": "weekly",
        "title": "Weekly",
        "kind": "recurring",
        "audience": {"audience": "inactive_7_days"},
        "steps": [{"name": "only", "template": "nudge", "channels": ["email"]}],
        "schedule": {"every": "week", "on": ["mon"], "at": "09:00"},
    },
    "/api/experiments": {
        "name": "shorter",
        "title": "Shorter",
        "sequence": "letters",
        "goal": GOAL,
        "variants": [{"name": "as_it_is"}, {"name": "silence", "is_silent": True}],
    },
}
SUBSCRIBER = {
    "url": "https://127.0.0.1/",
    "events": ["delivery.sent"],
    "secret": WEBHOOK_SECRET,
    "created_by": "x",
}


@pytest.fixture
async def furnished(sidecar: Sidecar, sent: Sent, store: Store) -> Sidecar:
    """With one of each, so that not everything ends as a 404."""
    await store.call("create_subscriber", **SUBSCRIBER, description="")
    for path, body in THERE.items():
        answer = await sidecar.as_admin("POST", path, json=body)
        assert answer.status == 201, await answer.text()
    return sidecar


@pytest.mark.parametrize("tag", TAGS)
async def test_no_endpoint_fails_whatever_is_sent(furnished: Sidecar, tag: str) -> None:
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    found = [
        operation
        for result in schema.get_all_operations()
        if (operation := result.ok()).definition.raw["tags"] == [tag]
    ]
    found.sort(
        key=lambda operation: operation.method.upper() == "DELETE"
    )  # what is gone answers nothing more
    with requests.Session() as session:
        for operation in found:
            for mode in GenerationMode:
                await asyncio.to_thread(_tried, operation, mode, furnished.url, session)

    assert found


def _tried(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, url: str, session: Any) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), known=st.data())
    def send(case: Case, known: st.DataObject) -> None:
        for name in case.path_parameters or {}:
            if name in KNOWN and known.draw(st.sampled_from([True, True, True, False])):
                case.path_parameters[name] = known.draw(st.sampled_from(KNOWN[name]))
        headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
        response = case.call(base_url=url, session=session, headers=headers, timeout=SECONDS)
        try:
            case.validate_response(response, checks=CHECKS)
        except FailureGroup as failures:
            raise AssertionError(_said(case, response, failures)) from None

    with suppress(Unsatisfiable):  # what takes nothing can be given nothing wrong
        send()


def _said(case: Case, response: Any, failures: FailureGroup) -> str:
    """The request, the answer and what is wrong with it, on one page."""
    reasons = "\n".join(f"{failure.title}: {failure.message}" for failure in failures.exceptions)
    return f"{case.as_curl_command()}\n→ {response.status_code} {response.text[:500]}\n{reasons}"


HOSTILE = [
    b"[" * 50_000,
    b'{"a":' * 900 + b"1" + b"}" * 900,
    b'{"title": ' + b'{"$and": [' * 200 + b"]}" * 200 + b"}",
    b'{"title": 1e999}',
    b'{"title": ' + b"9" * 5_000 + b"}",
    b'{"title": "\\u0000", "name": "\\ud800", "filter": {"\\u0000": "\\udfff"}}',
    b'{"title": NaN}',
    b'{"": "", "__proto__": {}, "title": [[[]]]}',
    b"\xff\xfe",
    b"null",
    b"",
]
WITH_BODY = [each for each in described_endpoints() if each.body is not None]


async def test_hostile_json_is_refused_wherever_a_body_is_taken(sidecar: Sidecar) -> None:
    for endpoint in WITH_BODY:
        path = re.sub(r"\{[^/]+\}(?=/|$)", "1", endpoint.path)
        for raw in HOSTILE:
            answer = await sidecar.as_admin(endpoint.method, path, data=raw)
            assert (answer.status, (await answer.json())["error"]["code"]) == (422, "invalid"), (
                path,
                raw[:40],
            )


async def test_nothing_is_ignored_in_silence_where_nothing_is_taken(sidecar: Sidecar) -> None:
    for endpoint in described_endpoints():
        path = re.sub(r"\{[^/]+\}(?=/|$)", "1", endpoint.path)
        for taken, sent, field in (
            (endpoint.query, {"params": {"colour": "red"}}, "colour"),
            (endpoint.body, {"json": {"colour": "red"}}, "body"),
        ):
            if taken is None and endpoint.access == "admin":
                answer = await sidecar.as_admin(endpoint.method, path, **sent)
                assert (answer.status, (await answer.json())["error"].get("field")) == (422, field), path


async def test_an_unknown_field_is_named_wherever_something_is_taken(sidecar: Sidecar) -> None:
    for endpoint in described_endpoints():
        path = re.sub(r"\{[^/]+\}(?=/|$)", "1", endpoint.path)
        for taken, sent in (
            (endpoint.query, {"params": {"colour": "red"}}),
            (endpoint.body, {"json": _fitting(endpoint) | {"colour": "red"}}),
        ):
            if taken is not None:
                answer = await sidecar.as_admin(endpoint.method, path, **sent)
                error = (await answer.json())["error"]
                assert (answer.status, error.get("field")) == (422, "colour"), (path, error)


def _fitting(endpoint: Endpoint) -> dict[str, Any]:
    """The document's own example, so that the unknown field is all that is wrong."""
    path, _ = path_of(endpoint.path)
    operation = DOCUMENT["paths"][path][endpoint.method.lower()]
    return dict(
        operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example", {})
    )
