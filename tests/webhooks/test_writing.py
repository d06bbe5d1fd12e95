"""Group commit: what queues during one commit is the next."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from prometheus_client import CollectorRegistry

from storage.store import Invalid, Store, Unavailable
from tests.webhooks.conftest import Road, Sent, Tables
from webhooks.metrics import WebhookMetrics
from webhooks.writing import POSTPONED, EventWriter


def _event(kind: str = "opened", **changes: Any) -> dict[str, Any]:
    return {
        "event_id": f"e:{uuid.uuid4().hex}",
        "source": "link",
        "type": kind,
        "tracking_id": None,
        "details": {},
        **changes,
    }


@pytest.fixture
def road(store: Store) -> Road:
    return Road(store)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def writer(road: Road, registry: CollectorRegistry) -> AsyncIterator[EventWriter]:
    writer = EventWriter(road, WebhookMetrics(registry), capacity=5_000)
    task = asyncio.create_task(writer.run())
    yield writer
    task.cancel()


async def test_each_is_answered_after_its_own_commit(writer: EventWriter, sent: Sent, tables: Tables) -> None:
    recorded = await writer.record(_event(tracking_id=sent.tracking_id))

    assert (recorded.verdict, recorded.delivery_id, recorded.user_id) == ("applied", sent.id, sent.user_id)
    assert await tables.status(sent) == "opened"


async def test_three_thousand_at_once_are_a_handful_of_commits(
    writer: EventWriter, road: Road, tables: Tables
) -> None:
    recorded = await asyncio.gather(*(writer.record(_event()) for _ in range(3_000)))

    assert {each.verdict for each in recorded} == {"unmatched"}
    assert len(await tables.rows("select from tendril.delivery_events")) == 3_000
    assert road.count("record_delivery_events") <= 4


async def test_a_commit_that_waits_for_somebody_does_not_hold_up_the_next(
    writer: EventWriter, road: Road, sent: Sent, connection: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    async with connection.transaction():
        await connection.execute("select from tendril.message_deliveries where id = $1 for update", sent.id)
        first = asyncio.create_task(writer.record(_event(tracking_id=sent.tracking_id)))
        while not road.calls:  # noqa: ASYNC110 - until it is under way
            await asyncio.sleep(0)
        recorded = await writer.record(_event())
        first_was_done = first.done()

    assert (recorded.verdict, first_was_done) == ("unmatched", False)
    assert (await first).verdict == "applied"


async def test_an_event_that_the_database_refuses_takes_no_other_with_it(
    writer: EventWriter, tables: Tables
) -> None:
    bad = _event(tracking_id="no uuid")
    good = [_event() for _ in range(50)]

    results = await asyncio.gather(*map(writer.record, [*good[:25], bad, *good[25:]]), return_exceptions=True)

    assert isinstance(results[25], Invalid)
    assert sum(isinstance(result, Exception) for result in results) == 1
    assert len(await tables.rows("select from tendril.delivery_events")) == 50


async def test_a_full_queue_refuses_instead_of_growing(road: Road) -> None:
    writer = EventWriter(road, WebhookMetrics(CollectorRegistry()), capacity=10)

    waiting = [asyncio.create_task(writer.record(_event())) for _ in range(10)]
    await asyncio.sleep(0)

    with pytest.raises(Unavailable):
        await writer.record(_event())
    for task in waiting:
        task.cancel()


async def test_what_may_wait_is_written_when_the_database_is_back(
    writer: EventWriter, road: Road, tables: Tables
) -> None:
    road.is_closed = True
    recorded = [await writer.record_or_postpone(_event()) for _ in range(5)]

    road.is_closed = False
    await writer.finish(seconds=60)

    assert recorded == [POSTPONED] * 5
    assert len(await tables.rows("select from tendril.delivery_events")) == 5


async def test_what_may_not_wait_fails_at_once(writer: EventWriter, road: Road) -> None:
    road.is_closed = True

    with pytest.raises(Unavailable):
        await writer.record(_event())


async def test_after_the_end_nothing_is_taken(writer: EventWriter) -> None:
    await writer.finish(seconds=1)

    with pytest.raises(Unavailable):
        await writer.record(_event())


async def test_finishing_twice_is_fine(writer: EventWriter) -> None:
    await writer.finish(seconds=1)
    await writer.finish(seconds=1)


async def test_a_road_that_stays_closed_does_not_hold_up_the_end(writer: EventWriter, road: Road) -> None:
    road.is_closed = True
    await writer.record_or_postpone(_event())

    await writer.finish(seconds=0.1)

    assert writer.waiting <= 1


async def test_clicks_that_the_end_leaves_unwritten_are_counted_once(
    writer: EventWriter, road: Road, registry: CollectorRegistry
) -> None:
    road.is_closed = True
    for _ in range(3):
        await writer.record_or_postpone(_event())

    await writer.finish(seconds=0.01)
    await writer.finish(seconds=0.01)

    assert registry.get_sample_value("tendril_tracked_links_lost_total") == 3
