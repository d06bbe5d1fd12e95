"""Whatever goes wrong, the answer has one shape and tells no secrets."""

import json
import re
from typing import Any

import pytest
import structlog

from storage.store import Conflict
from tests.webhooks.conftest import ADMIN_KEY, OpenSidecar, Sent, Sidecar, Tables
from webhooks.app import routes

ADMIN_ROUTES = [
    (route.method, re.sub(r"\{[^/]+\}(?=/|$)", "1", route.path))
    for route in routes()
    if route.path.startswith(("/admin/api/", "/api/")) and route.path != "/admin/api/email/webhook"
]


def _has_the_shape(body: Any) -> bool:
    error = body["error"]
    return set(body) == {"error"} and {"code", "message"} <= set(error) <= {"code", "message", "field"}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {ADMIN_KEY}"},
        {"Authorization": ADMIN_KEY},
        {"Authorization": "Bearer "},
        {"X-API-Key": ADMIN_KEY[:-1]},
        {"X-API-Key": "ü"},
    ],
    ids=str,
)
async def test_without_the_key_every_admin_route_is_closed(
    sidecar: Sidecar, tables: Tables, headers: dict[str, str]
) -> None:
    before = await tables.everything()

    for method, path in ADMIN_ROUTES:
        answer = await sidecar.http.request(method, sidecar.url + path, headers=headers, json={})
        assert (answer.status, answer.headers["WWW-Authenticate"]) == (401, "Bearer"), path
        assert _has_the_shape(await answer.json()), path

    assert await tables.everything() == before


@pytest.mark.parametrize("header", ["X-API-Key", "X-Admin-Key"])
async def test_the_key_may_come_in_its_own_header(sidecar: Sidecar, header: str) -> None:
    answer = await sidecar.get("/admin/api/nurture/active", headers={header: ADMIN_KEY})

    assert answer.status == 200


@pytest.mark.parametrize("key", [None, ""])
async def test_without_a_configured_key_no_key_fits(open_sidecar: OpenSidecar, key: str | None) -> None:
    sidecar = await open_sidecar(admin_api_key=key)

    answer = await sidecar.get("/admin/api/nurture/active", headers={"Authorization": "Bearer "})

    assert answer.status == 401


async def test_an_unknown_address_is_a_404(sidecar: Sidecar) -> None:
    for path in ("/nothing", "/admin/api/nothing", "/webhooks/", "/u", "/o/a/b"):
        answer = await sidecar.get(path)
        assert answer.status == 404, path
        assert _has_the_shape(await answer.json()), path


async def test_a_browser_gets_the_404_as_a_page(sidecar: Sidecar) -> None:
    answer = await sidecar.get("/nothing", headers={"Accept": "text/html"})

    assert (answer.status, answer.content_type) == (404, "text/html")


@pytest.mark.parametrize("path", ["/admin/api/nothing", "/api/nothing", "/api/experiments"])
async def test_the_api_answers_browsers_as_it_answers_programs(sidecar: Sidecar, path: str) -> None:
    answer = await sidecar.get(path, headers={"Accept": "text/html"})

    assert _has_the_shape(await answer.json())


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/admin/api/nurture/trigger"), ("DELETE", "/"), ("PUT", "/metrics")]
)
async def test_a_wrong_method_is_a_405_that_says_which_are_right(
    sidecar: Sidecar, method: str, path: str
) -> None:
    answer = await sidecar.http.request(method, sidecar.url + path)

    assert answer.status == 405
    assert answer.headers["Allow"]
    assert _has_the_shape(await answer.json())


async def test_a_body_over_a_mebibyte_is_a_413(sidecar: Sidecar) -> None:
    body = json.dumps({"user_id": "x" * 1024 * 1024})

    answer = await sidecar.as_admin("POST", "/admin/api/nurture/trigger", data=body)

    assert answer.status == 413
    assert _has_the_shape(await answer.json())


async def test_a_body_of_a_mebibyte_is_read(sidecar: Sidecar) -> None:
    body = b" " * (1024 * 1024 - 2) + b"{}"

    answer = await sidecar.as_admin("POST", "/admin/api/nurture/trigger", data=body)

    assert answer.status == 422


TEMPLATES = "/api/engagement/templates"


@pytest.mark.parametrize(
    ("raw", "field", "said"),
    [
        (b'{"name": "a",\n "title": }', "body", "line 2, column 11"),
        (b'{"name": "\xff"}', "body", "byte 11 is not UTF-8"),
        (b'{"name": "a", "title": "b", "name": "c"}', "name", "more than once"),
        (b'{"colour": "red"}', "colour", "is not known here; there are: name, title"),
        (b'{"name": "a", "title": 7, "type": "x", "content": {}}', "title", "has to be a text"),
        (b'{"name": "a", "title": "b", "type": "x", "content": []}', "content", "has to be an object"),
    ],
)
async def test_a_wrong_body_is_told_what_is_wrong_and_where(
    sidecar: Sidecar, raw: bytes, field: str, said: str
) -> None:
    answer = await sidecar.as_admin("POST", TEMPLATES, data=raw)

    error = (await answer.json())["error"]
    assert (answer.status, error["field"]) == (422, field)
    assert said in error["message"]


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("limit=1&limit=2", "limit", "more than once"),
        ("limit=ten", "limit", "has to be a whole number"),
        ("archived=perhaps", "archived", "has to be true or false"),
        ("colour=red", "colour", "there are: "),
    ],
)
async def test_a_wrong_query_is_told_what_is_wrong(
    sidecar: Sidecar, query: str, field: str, said: str
) -> None:
    answer = await sidecar.as_admin("GET", f"{TEMPLATES}?{query}")

    error = (await answer.json())["error"]
    assert (answer.status, error["field"]) == (422, field)
    assert said in error["message"]


async def test_a_day_that_is_a_number_is_none(sidecar: Sidecar) -> None:
    answer = await sidecar.as_admin("GET", "/api/engagement/analytics?from=-1")

    error = (await answer.json())["error"]
    assert (error["field"], "such as 2026-03-02" in error["message"]) == ("from", True)


async def test_nobody_is_called_by_a_character_that_no_database_keeps(sidecar: Sidecar) -> None:
    answer = await sidecar.as_admin("GET", "/admin/api/users/%00/explain")

    assert answer.status == 404


async def test_while_the_database_is_away_the_api_says_try_again(sidecar: Sidecar) -> None:
    sidecar.road.is_closed = True

    answer = await sidecar.as_admin("GET", "/admin/api/nurture/active")

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert _has_the_shape(await answer.json())


async def test_a_conflict_is_a_409(sidecar: Sidecar) -> None:
    sidecar.road.accident = Conflict("TN409", "it has ended already")

    answer = await sidecar.as_admin("POST", "/admin/api/enrollments/1/pause")

    assert (answer.status, (await answer.json())["error"]["message"]) == (409, "it has ended already")


async def test_what_nobody_foresaw_tells_nothing_outside_and_no_address_in_the_log(
    sidecar: Sidecar,
) -> None:
    sidecar.road.accident = RuntimeError("mira@example.org broke it")

    with structlog.testing.capture_logs() as lines:
        answer = await sidecar.as_admin("GET", "/admin/api/nurture/active")

    assert answer.status == 500
    assert "mira" not in await answer.text()
    assert [line["error"] for line in lines if line["event"] == "request_failed"] == ["RuntimeError"]
    assert "mira" not in repr(lines)


async def test_no_token_and_no_address_reach_the_log(sidecar: Sidecar, sent: Sent) -> None:
    links = sidecar.links
    with structlog.testing.capture_logs() as lines:
        await sidecar.get(links.click(sent.tracking_id, "https://example.org/"))
        await sidecar.get(links.unsubscribe(sent.tracking_id))
        await sidecar.as_admin("GET", "/admin/api/users/mira@example.org/explain")

    assert lines
    assert not [
        word for word in (links.unsubscribe(sent.tracking_id)[-20:], "@", ADMIN_KEY) if word in repr(lines)
    ]


async def test_a_request_id_is_given_or_kept(sidecar: Sidecar) -> None:
    given = await sidecar.get("/", headers={"X-Request-ID": "trace-0001"})
    made = await sidecar.get("/", headers={"X-Request-ID": "no spaces please"})

    assert given.headers["X-Request-ID"] == "trace-0001"
    assert len(made.headers["X-Request-ID"]) == 32


async def test_every_answer_carries_the_safe_headers(sidecar: Sidecar) -> None:
    for path in ("/", "/metrics", "/nothing", "/o/x", "/c/x", "/u/x"):
        headers = (await sidecar.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "no-referrer", path
