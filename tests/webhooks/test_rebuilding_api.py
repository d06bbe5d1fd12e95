"""Figures counted anew over the API: begun once, carried on by the process, watched."""

from typing import Any

import asyncpg

from sequences.rebuilding import carry_rebuild
from storage.store import Store
from tests.webhooks.conftest import Sent, Sidecar

HERE = "/api/engagement/analytics/rebuild"
AUDITED = "select count(*) from tendril.audit_log where action = 'analytics.rebuild'"


async def watched(sidecar: Sidecar) -> Any:
    return await (await sidecar.as_admin("GET", HERE)).json()


async def test_counting_anew_is_begun_once_and_leaves_one_line_in_the_audit_log(
    sidecar: Sidecar, sent: Sent, connection: asyncpg.Connection
) -> None:
    first, second = [await sidecar.as_admin("POST", HERE) for _ in range(2)]

    begun = await first.json()
    assert [first.status, second.status] == [202, 202]
    assert (begun["status"], begun["done"], begun["finished_at"]) == ("running", 0, None)
    assert (await second.json())["id"] == begun["id"]
    assert await connection.fetchval(AUDITED) == 1


async def test_how_far_it_is_can_be_watched_until_it_is_done(
    sidecar: Sidecar, sent: Sent, store: Store
) -> None:
    await sidecar.as_admin("POST", HERE)
    while await carry_rebuild(store):
        seen = await watched(sidecar)

    assert (seen["status"], seen["done"], seen["total"], seen["error"]) == ("done", 1, 1, None)
    assert seen["finished_at"] is not None


async def test_before_anybody_asked_for_it_there_is_nothing_to_watch(sidecar: Sidecar) -> None:
    answer = await sidecar.as_admin("GET", HERE)

    assert (answer.status, (await answer.json())["error"]["code"]) == (404, "not_found")


async def test_whoever_is_no_admin_cannot_begin_it(sidecar: Sidecar, connection: asyncpg.Connection) -> None:
    answer = await sidecar.post(HERE)

    assert answer.status == 401
    assert await connection.fetchval("select count(*) from tendril.analytics_rebuilds") == 0
