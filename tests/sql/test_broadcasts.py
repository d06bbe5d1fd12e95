"""Broadcasts: planned page by page, stopped at once, and counted."""

from __future__ import annotations

from typing import Any

import pytest

from storage.store import Conflict, Invalid
from tests.fixtures.database import Clock
from tests.sql.conftest import Row, World

NEWS = {"default": {"subject": "News", "body": "We moved."}}
STAYED = {"default": {"subject": "News", "body": "We stayed."}}


async def drafted(world: World, **changes: Any) -> Row:
    given: Row = {"audience": "everybody", "filter": {}, "content": NEWS} | changes
    return dict(await world.call("draft_broadcast", **given))


async def started(world: World, **changes: Any) -> int:
    broadcast = await drafted(world, **changes)
    await world.call("start_broadcast", broadcast_id=broadcast["id"])
    return int(broadcast["id"])


async def carried(world: World, batch: int = 2) -> int:
    """How many calls it took until there was nothing more to do."""
    calls = 0
    while await world.call("carry_broadcasts", batch=batch) is not None:
        calls += 1
    return calls


async def changes(world: World, **more: Any) -> Row | None:
    """The next messages that are to be edited or deleted."""
    page: Row | None = await world.call("claim_broadcast_changes", **more)
    return page


async def changed(world: World, page: Row, outcome: str = "done", **more: Any) -> None:
    content = {"text": "We stayed."} if page["change"] == "edit" and outcome == "done" else None
    outcomes = [{"id": each["id"], "outcome": outcome, "content": content} for each in page["messages"]]
    given = {name: page[name] for name in ("broadcast_id", "change", "version_id", "lease")}
    await world.call("record_broadcast_changes", outcomes=outcomes, **given | more)


async def sent_to(world: World, people: int) -> int:
    """A broadcast that has gone out."""
    for _ in range(people):
        await world.person()
    broadcast = await started(world)
    await carried(world)
    await world.deliver(provider_message_id="7")
    await carried(world)
    return broadcast


async def described(world: World, broadcast: int) -> Row:
    return dict(await world.call("describe_broadcast", broadcast_id=broadcast))


async def test_everybody_in_the_audience_is_planned_page_by_page(world: World) -> None:
    for _ in range(5):
        await world.person()
    broadcast = await started(world)

    await carried(world)

    now = await described(world, broadcast)
    assert (now["planned"], now["waiting"], now["status"]) == (5, 5, "sending")


async def test_a_broadcast_ends_with_its_last_message(world: World) -> None:
    await world.person()
    broadcast = await started(world)
    await carried(world)
    await world.deliver()

    await carried(world)

    now = await described(world, broadcast)
    assert (now["status"], now["sent"], now["channels"]) == ("sent", 1, {"telegram": 1})


async def test_what_is_stopped_sends_nothing_more(world: World) -> None:
    for _ in range(5):
        await world.person()
    broadcast = await started(world)
    await world.call("carry_broadcasts", batch=3)

    await world.call("stop_broadcast", broadcast_id=broadcast)
    await carried(world)

    now = await described(world, broadcast)
    assert await world.claim() == []
    assert (now["status"], now["planned"], now["left_out"]) == ("stopped", 3, 3)
    assert now["reasons"] == {"broadcast_stopped": 3}


async def test_the_rest_of_a_large_broadcast_is_cancelled_afterwards(world: World) -> None:
    for _ in range(5):
        await world.person()
    broadcast = await started(world)
    await carried(world)
    await world.call(
        "cancel_broadcast_messages", version_ids=[(await described(world, broadcast))["version_id"]], batch=2
    )

    await world.call("stop_broadcast", broadcast_id=broadcast)
    await carried(world)

    assert (await described(world, broadcast))["left_out"] == 5


async def test_stopping_twice_changes_nothing(world: World) -> None:
    broadcast = await started(world)
    first = await world.call("stop_broadcast", broadcast_id=broadcast)

    again = await world.call("stop_broadcast", broadcast_id=broadcast)

    assert again | {"at": None} == first | {"at": None}


async def test_a_draft_is_started_once(world: World) -> None:
    broadcast = await started(world)

    with pytest.raises(Conflict, match="sending already"):
        await world.call("start_broadcast", broadcast_id=broadcast)


async def test_two_broadcasts_that_say_the_same_are_counted_apart(world: World) -> None:
    await world.person()
    first, second = await started(world), await started(world)
    await carried(world)

    assert [(await described(world, each))["planned"] for each in (first, second)] == [1, 1]
    assert [(await described(world, each))["waiting"] for each in (first, second)] == [1, 1]


async def test_a_scheduled_broadcast_begins_at_its_time(world: World, clock: Clock) -> None:
    await world.person()
    broadcast = await drafted(world)
    await world.call("start_broadcast", broadcast_id=broadcast["id"], starts_at="2026-03-03T09:00:00+00:00")
    before = await carried(world)
    (work,) = await world.call("upcoming_work")

    await clock.set("2026-03-03T09:00:00+00:00")

    assert (before, work["next_at"]) == (0, "2026-03-03T09:00:00+00:00")
    assert await carried(world) > 0
    assert (await described(world, broadcast["id"]))["waiting"] == 1


async def test_only_the_audience_is_planned(world: World) -> None:
    ada, _bob = await world.person(), await world.person()
    await world.did(ada, "lesson")

    broadcast = await started(world, filter={"behavior.lesson": {"$exists": True}})
    await carried(world)

    assert (await described(world, broadcast))["planned"] == 1
    assert await world.states(ada) == [("telegram", "pending", None)]


async def test_a_message_without_a_text_is_refused(world: World) -> None:
    with pytest.raises(Invalid, match="needs a text"):
        await drafted(world, content={"default": {"subject": "News"}})


async def test_a_draft_is_revised_until_it_begins(world: World) -> None:
    broadcast = (await drafted(world))["id"]

    await world.call("revise_broadcast", broadcast_id=broadcast, content=STAYED)
    await world.call("start_broadcast", broadcast_id=broadcast)

    assert (await described(world, broadcast))["content"] == STAYED
    with pytest.raises(Conflict, match="sending already"):
        await world.call("revise_broadcast", broadcast_id=broadcast, content=NEWS)
    assert not await world.call("discard_broadcast", broadcast_id=broadcast)


async def test_a_draft_is_neither_edited_nor_deleted(world: World) -> None:
    broadcast = (await drafted(world))["id"]

    with pytest.raises(Conflict, match="has not begun"):
        await world.call("edit_broadcast", broadcast_id=broadcast, content=STAYED)
    with pytest.raises(Conflict, match="has not begun"):
        await world.call("delete_broadcast", broadcast_id=broadcast)


async def test_a_message_that_could_not_be_sent_finds_no_other_way_after_a_stop(world: World) -> None:
    ada = await world.person()
    broadcast = await started(world)
    await carried(world)
    rows = await world.claim()

    await world.call("stop_broadcast", broadcast_id=broadcast)
    await world.record(rows, "unreachable", reason="blocked")
    await carried(world)

    assert await world.states(ada) == [("telegram", "failed", "blocked")]
    assert (await described(world, broadcast))["ended_at"] is not None


async def test_who_has_not_got_it_yet_gets_the_new_text(world: World) -> None:
    broadcast = await sent_to(world, 1)
    for _ in range(2):
        await world.person()
    other = await started(world)
    await carried(world)

    edited = await world.call("edit_broadcast", broadcast_id=other, content=STAYED)

    assert {row["version_id"] for row in await world.claim()} == {edited["version_id"]}
    assert (await described(world, broadcast))["change"] is None


async def test_what_has_gone_out_is_edited_once(world: World) -> None:
    broadcast = await sent_to(world, 3)
    edited = await world.call("edit_broadcast", broadcast_id=broadcast, content=STAYED)

    page = await changes(world, batch=2)
    assert page is not None
    await changed(world, page)
    rest = await changes(world, batch=2)
    assert rest is not None
    await changed(world, rest)

    assert [len(each["messages"]) for each in (page, rest)] == [2, 1]
    assert await changes(world) == {"broadcast_id": broadcast, "messages": []}
    assert await changes(world) is None
    now = await described(world, broadcast)
    assert (now["changes"], now["sent"], now["version_id"]) == ({"done": 3}, 3, edited["version_id"])


async def test_a_page_that_nobody_recorded_is_done_again(world: World, clock: Clock) -> None:
    broadcast = await sent_to(world, 1)
    await world.call("edit_broadcast", broadcast_id=broadcast, content=STAYED)
    first = await changes(world)

    meanwhile = await changes(world)
    await clock.advance("2 minutes")
    again = await changes(world)

    assert meanwhile is None
    assert first is not None and again is not None
    assert [each["id"] for each in again["messages"]] == [each["id"] for each in first["messages"]]


async def test_a_second_edit_overtakes_the_first(world: World) -> None:
    broadcast = await sent_to(world, 2)
    await world.call("edit_broadcast", broadcast_id=broadcast, content=STAYED)
    page = await changes(world, batch=1)
    assert page is not None

    last = await world.call("edit_broadcast", broadcast_id=broadcast, content=NEWS)
    await changed(world, page)
    rest = await changes(world)

    assert rest is not None
    assert (len(rest["messages"]), rest["version_id"]) == (2, last["version_id"])


async def test_what_is_too_old_is_told_and_left(world: World, clock: Clock) -> None:
    broadcast = await sent_to(world, 2)
    await clock.advance("48 hours 1 minute")
    await world.call("delete_broadcast", broadcast_id=broadcast)

    assert await changes(world) == {"broadcast_id": broadcast, "messages": []}

    now = await described(world, broadcast)
    assert (now["changes"], now["changeable"]) == ({"too_old": 2}, 0)


async def test_a_deletion_stops_and_takes_back_what_is_in_flight_too(world: World) -> None:
    for _ in range(3):
        await world.person()
    broadcast = await started(world)
    await carried(world)
    rows = await world.claim(batch=1)

    deleted = await world.call("delete_broadcast", broadcast_id=broadcast)
    waiting = await changes(world)
    await world.record(rows, provider_message_id="7")
    page = await changes(world)

    assert (deleted["status"], waiting) == ("stopped", {"broadcast_id": broadcast, "messages": []})
    assert page is not None
    await changed(world, page)
    assert (await described(world, broadcast))["changes"] == {"done": 1}


async def test_what_is_deleted_is_not_edited_any_more(world: World) -> None:
    broadcast = await sent_to(world, 1)
    await world.call("delete_broadcast", broadcast_id=broadcast)

    with pytest.raises(Conflict, match="is deleted"):
        await world.call("edit_broadcast", broadcast_id=broadcast, content=STAYED)


async def test_changes_keep_to_the_budget_and_wait_where_asked(world: World, clock: Clock) -> None:
    broadcast = await sent_to(world, 9)
    await world.call("configure_budget", channel="telegram", per_second=5, burst=5)
    await clock.advance("1 minute")
    await world.call("edit_broadcast", broadcast_id=broadcast, content=STAYED)

    page = await changes(world)
    assert page is not None
    await changed(world, page, retry_after=30)
    blocked = await changes(world)
    await clock.advance("31 seconds")
    rest = await changes(world)

    assert rest is not None
    assert [len(page["messages"]), len(rest["messages"])] == [5, 4]
    assert blocked == {"broadcast_id": broadcast, "messages": []}


async def test_nothing_is_changed_while_everything_is_paused(world: World) -> None:
    broadcast = await sent_to(world, 1)
    await world.call("edit_broadcast", broadcast_id=broadcast, content=STAYED)

    await world.call("pause_everything")

    assert await changes(world) == {"broadcast_id": broadcast, "messages": []}


async def test_an_admins_message_is_brought_up_to_date_every_two_seconds_at_most(
    world: World, clock: Clock
) -> None:
    ada = await world.person()
    broadcast = await started(world)
    await world.call("show_broadcast", user_id=ada, broadcast_id=broadcast, chat_id=1, message_id=5)

    at_once = await world.call("take_broadcast_views")
    await clock.advance("2 seconds")
    (view,) = await world.call("take_broadcast_views")
    await clock.advance("2 seconds")
    unchanged = await world.call("take_broadcast_views")
    await carried(world)
    (planned,) = await world.call("take_broadcast_views")

    assert (at_once, view["message_id"], unchanged) == ([], 5, [])
    assert planned["broadcast"]["planned"] == 1


async def test_what_is_over_is_shown_for_the_last_time(world: World, clock: Clock) -> None:
    broadcast = await sent_to(world, 1)
    ada = await world.person()
    await world.call("show_broadcast", user_id=ada, broadcast_id=broadcast, chat_id=1, message_id=5)

    await clock.advance("2 seconds")
    (last,) = await world.call("take_broadcast_views")
    await world.call("edit_broadcast", broadcast_id=broadcast, content=STAYED)
    await clock.advance("2 seconds")

    assert last["broadcast"]["status"] == "sent"
    assert await world.call("take_broadcast_views") == []


async def test_a_broadcast_cannot_be_started_by_hand(world: World) -> None:
    await sent_to(world, 1)

    assert [each["name"] for each in await world.call("list_triggerable")] == []


async def test_what_is_to_be_changed_is_work_that_is_due(world: World) -> None:
    broadcast = await sent_to(world, 1)
    await world.call("edit_broadcast", broadcast_id=broadcast, content=STAYED)
    (before,) = await world.call("upcoming_work")

    page = await changes(world)
    assert page is not None
    await changed(world, page)
    await changes(world)
    (after,) = await world.call("upcoming_work")

    assert (before["due_now"], after["due_now"]) == (1, 0)


async def test_what_failed_in_a_stopped_broadcast_is_not_sent_once_more(world: World) -> None:
    await world.person(email=False)
    broadcast = await started(world)
    await carried(world)
    await world.deliver(outcome="refused", reason="too_long")

    before = await world.call("count_retryable")
    await world.call("delete_broadcast", broadcast_id=broadcast)

    assert before != await world.call("count_retryable")
