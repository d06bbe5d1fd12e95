"""What a message says is rendered and stored before it leaves; what cannot be blocks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sequences.mistakes import Unrenderable
from tests.sequences.conftest import House, InterruptibleStore, PlainRenderer, ScriptedChannel, eventually
from tests.sequences.delivering import Builder, greet_by_email, greet_on_telegram, running


async def test_what_leaves_is_in_the_ledger_before(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    seen: list[Any] = []

    async def look() -> None:
        seen.extend(await house.ledger("message_content->>'text' as text, delivery_status, id"))

    telegram.before_answer = look
    await greet_on_telegram(house)
    await pipeline(telegram).drain_once()
    assert (seen[0]["text"], seen[0]["delivery_status"]) == ("Hello Ada #1", "sending")


async def test_a_version_is_fetched_once(
    house: House, telegram: ScriptedChannel, pipeline: Builder, line: InterruptibleStore
) -> None:
    delivering = pipeline(telegram)
    await greet_on_telegram(house)
    await delivering.drain_once()
    line.cut("get_sequence_version")
    await house.enroll(await house.telegram_user(2))
    assert (await delivering.drain_once()).outcomes == {"sent": 1}


async def test_a_message_is_stored_only_when_it_can_be_sent_at_once(
    house: House, telegram: ScriptedChannel, pipeline: Builder
) -> None:
    await greet_on_telegram(house, 8)
    telegram.gate.clear()
    async with running(pipeline(telegram, in_flight=3)):
        await eventually(lambda: len(telegram.requests) == 3)
        await eventually(house.has_statuses(sending=6, pending=2))
        assert len(await house.ledger("id", "message_content is not null")) == 3
        telegram.gate.set()
        await eventually(lambda: len(telegram.arrived) == 8)


async def test_a_message_that_cannot_be_rendered_parks_after_three_tries_and_blocks_nobody(
    house: House, email: ScriptedChannel, pipeline: Builder, renderer: PlainRenderer, clock: Any
) -> None:
    def fail_for_bad(row: Mapping[str, Any]) -> None:
        if row["recipient_address"].startswith("bad"):
            raise Unrenderable("missing_variable")

    renderer.fails = fail_for_bad
    await greet_by_email(house, "ada@example.com", "bad@example.com", "eve@example.com")
    for _ in range(4):
        await pipeline(email).drain_once()
        await clock.advance("1 hour")
    assert sorted(email.recipients) == ["ada@example.com", "eve@example.com"]
    assert await house.statuses() == ["sent", "parked", "sent"]


async def test_a_renderer_that_breaks_is_an_unrenderable_message(
    house: House, telegram: ScriptedChannel, pipeline: Builder, renderer: PlainRenderer
) -> None:
    def divide(row: Mapping[str, Any]) -> None:
        raise ZeroDivisionError

    renderer.fails = divide
    await greet_on_telegram(house)
    assert (await pipeline(telegram).drain_once()).outcomes["unrenderable"] >= 1


async def test_content_that_the_database_cannot_keep_stops_only_its_own_message(
    house: House, telegram: ScriptedChannel, pipeline: Builder, renderer: PlainRenderer
) -> None:
    def spoil_the_second(row: Mapping[str, Any]) -> None:
        if row["recipient_address"] == "1001":
            row["user"]["first_name"] = "\u0000"

    renderer.fails = spoil_the_second
    await greet_on_telegram(house, 3)
    await pipeline(telegram).drain_once()
    assert sorted(telegram.recipients) == ["1000", "1002"]
