"""Leaving is easy, and happens only when a person, or their mail program for them, says so."""

import asyncio
import uuid
from typing import Any

import aiohttp
import pytest

from tests.fixtures.database import Clock
from tests.webhooks.conftest import ADDRESS, Sent, Sidecar, Tables

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


async def test_the_page_names_the_address_and_offers_both_choices(sidecar: Sidecar, sent: Sent) -> None:
    answer = await sidecar.get(sidecar.links.unsubscribe(sent.tracking_id))

    page = await answer.text()
    assert (answer.status, answer.content_type) == (200, "text/html")
    assert ADDRESS in page
    assert 'value="channel"' in page
    assert 'value="everything"' in page


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_changes_nothing(sidecar: Sidecar, sent: Sent, tables: Tables, method: str) -> None:
    before = await tables.everything()

    await sidecar.http.request(method, sidecar.links.unsubscribe(sent.tracking_id))
    await sidecar.http.request(method, sidecar.links.confirm_email(1, "123456"))
    await sidecar.http.request(method, sidecar.links.action(sent.tracking_id, "lesson_complete", "I did it"))

    assert await tables.everything() == before


@pytest.mark.parametrize("scope", ["channel", "everything"])
async def test_the_choice_is_acted_on(sidecar: Sidecar, sent: Sent, tables: Tables, scope: str) -> None:
    answer = await sidecar.post(sidecar.links.unsubscribe(sent.tracking_id), data={"scope": scope})

    assert (answer.status, answer.content_type) == (200, "text/html")
    assert await _has_left_email(tables)
    assert await _has_stopped(tables) == (scope == "everything")


@pytest.mark.parametrize("form", ["urlencoded", "multipart"])
async def test_one_click_works_without_cookies_and_answers_with_nothing(
    sidecar: Sidecar, sent: Sent, tables: Tables, form: str
) -> None:
    answer = await sidecar.post(sidecar.links.unsubscribe(sent.tracking_id), data=_one_click(form))

    assert (answer.status, await answer.read()) == (200, b"")
    assert "Set-Cookie" not in answer.headers
    assert await _has_left_email(tables)
    assert not await _has_stopped(tables)


async def test_leaving_twice_is_leaving_once(sidecar: Sidecar, sent: Sent, tables: Tables) -> None:
    link = sidecar.links.unsubscribe(sent.tracking_id)
    await sidecar.post(link, data=ONE_CLICK)
    before = await tables.everything()

    answers = await asyncio.gather(*(sidecar.post(link, data=ONE_CLICK) for _ in range(5)))

    assert {answer.status for answer in answers} == {200}
    assert await tables.everything() == before


async def test_the_link_works_years_later(sidecar: Sidecar, sent: Sent, clock: Clock, tables: Tables) -> None:
    await clock.advance("2000 days")

    answer = await sidecar.post(sidecar.links.unsubscribe(sent.tracking_id), data=ONE_CLICK)

    assert answer.status == 200
    assert await _has_left_email(tables)


async def test_the_page_says_when_one_has_left_already(sidecar: Sidecar, sent: Sent) -> None:
    link = sidecar.links.unsubscribe(sent.tracking_id)
    await sidecar.post(link, data=ONE_CLICK)

    assert "already left" in await (await sidecar.get(link)).text()


@pytest.mark.parametrize("body", [b"", b"nonsense", b"\xff\xfe", b"{}"])
async def test_a_post_that_says_nothing_leaves_the_channel_only(
    sidecar: Sidecar, sent: Sent, tables: Tables, body: bytes
) -> None:
    await sidecar.post(sidecar.links.unsubscribe(sent.tracking_id), data=body)

    assert await _has_left_email(tables)
    assert not await _has_stopped(tables)


async def test_a_choice_that_does_not_exist_changes_nothing(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    before = await tables.everything()

    answer = await sidecar.post(sidecar.links.unsubscribe(sent.tracking_id), data={"scope": "planet"})

    assert answer.status == 422
    assert await tables.everything() == before


async def test_a_link_of_another_purpose_does_not_unsubscribe(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    before = await tables.everything()
    token = sidecar.signer.sign("open", sent.tracking_id)

    answer = await sidecar.post(f"/u/{token}", data=ONE_CLICK)

    assert answer.status == 404
    assert await tables.everything() == before


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_message_that_we_no_longer_know_is_a_friendly_404(sidecar: Sidecar, method: str) -> None:
    link = sidecar.links.unsubscribe(str(uuid.uuid4()))

    answer = await sidecar.http.request(method, link)

    assert (answer.status, answer.content_type) == (404, "text/html")


async def test_while_the_database_is_away_the_page_says_that_nothing_has_changed(
    sidecar: Sidecar, sent: Sent
) -> None:
    sidecar.road.is_closed = True

    answer = await sidecar.post(sidecar.links.unsubscribe(sent.tracking_id), data=ONE_CLICK)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert "nothing was changed" in await answer.text()


def _one_click(form: str) -> Any:
    if form == "urlencoded":
        return ONE_CLICK
    parts = aiohttp.FormData(default_to_multipart=True)
    parts.add_field("List-Unsubscribe", "One-Click")
    return parts


async def _has_left_email(tables: Tables) -> bool:
    rows = await tables.rows("select unsubscribed_at from tendril.contact_points where channel = 'email'")
    return all(row["unsubscribed_at"] for row in rows)


async def _has_stopped(tables: Tables) -> bool:
    (row,) = await tables.rows("select stopped_at from tendril.user_preferences")
    return row["stopped_at"] is not None
