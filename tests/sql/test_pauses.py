"""Holding a sequence, a channel or everything: nothing leaves; opening brings all of it forward at once."""

import asyncio
from functools import partial

import asyncpg
import pytest

from storage.store import Conflict, NotFound
from tests.fixtures.database import WAITS_FOR_US, Clock
from tests.fixtures.sandbox import until
from tests.sql.conftest import World, step


async def due_now(world: World) -> int:
    (work,) = await world.call("upcoming_work")
    return int(work["due_now"])


async def stored_batch(world: World) -> None:
    """An email that was stored for sending, by a worker that is gone since."""
    rows = await world.claim("email")
    await world.call(
        "store_rendered",
        lease_token=rows[0]["lease_token"],
        rendered=[{"id": row["id"], "content": {"text": "Hello"}} for row in rows],
        batch_key="batch",
    )
    await world.clock.advance("2 minutes")


async def test_a_paused_sequence_holds_what_is_due_until_it_is_resumed(world: World, clock: Clock) -> None:
    await world.publish(step())
    ada = await world.person()
    await world.enroll(ada)

    paused = await world.call("pause_sequence", sequence="course")
    assert paused == {"changed": True, "messages": 1, "people": 1}
    assert await world.claim() == []
    assert await world.states(ada) == [("telegram", "pending", "sequence_paused")]

    await clock.advance("3 hours")
    resumed = await world.call("resume_sequence", sequence="course")
    assert resumed == {"changed": True, "messages": 1}
    assert len(await world.claim()) == 1


@pytest.mark.parametrize("what", ["sequence", "everything"])
async def test_what_a_claim_holds_while_it_is_resumed_is_let_go_as_well(
    world: World, connection: asyncpg.Connection, what: str
) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    await _pause(world, what)
    async with connection.transaction():
        await connection.fetch("select tendril.claim_due_deliveries('slow', 'telegram', 10)")
        resuming = asyncio.create_task(_resume(world, what))
        await until(partial(connection.fetchval, WAITS_FOR_US))
    await resuming
    assert len(await world.claim()) == 1


async def test_pausing_twice_and_resuming_twice_changes_nothing(world: World) -> None:
    await world.publish(step())

    for operation in ("pause_sequence", "resume_sequence"):
        first = await world.call(operation, sequence="course")
        second = await world.call(operation, sequence="course")
        assert (first["changed"], second["changed"]) == (True, False)


async def test_a_sequence_that_is_not_there_cannot_be_paused(world: World) -> None:
    for operation in ("pause_sequence", "resume_sequence"):
        with pytest.raises(NotFound):
            await world.call(operation, sequence="nothing")


async def test_everything_paused_holds_every_channel_and_class(world: World) -> None:
    await world.publish(step())
    await world.publish(step(channels=["email"]), name="code", message_class="transactional")
    ada = await world.person()
    await world.enroll(ada)
    await world.enroll(ada, "code")

    paused = await world.call("pause_everything")
    assert paused == {"changed": True, "messages": 2, "people": 1}
    assert await world.claim() == []
    assert await world.claim("email") == []
    assert {state[1:] for state in await world.states(ada)} == {("pending", "everything_paused")}
    assert await due_now(world) == 0

    assert await world.call("resume_everything") == {"changed": True, "messages": 2}
    assert (len(await world.claim()), len(await world.claim("email"))) == (1, 1)


@pytest.mark.parametrize("what", ["email", "everything"])
async def test_a_stored_batch_waits_while_nothing_may_leave(world: World, what: str) -> None:
    await world.publish(step(channels=["email"]))
    await world.enroll(await world.person(telegram=False))
    await stored_batch(world)

    await _pause(world, what)
    assert await world.claim("email") == []
    assert await due_now(world) == 0

    await _resume(world, what)
    assert [row["batch_key"] for row in await world.claim("email")] == ["batch"]


async def test_a_batch_that_waited_longer_than_its_key_holds_is_unknown(world: World, clock: Clock) -> None:
    await world.publish(step(channels=["email"]))
    ada = await world.person(telegram=False)
    await world.enroll(ada)
    await stored_batch(world)
    await _pause(world, "email")
    await world.claim("email")

    await clock.advance("24 hours")
    assert await world.claim("email") == []

    assert await world.states(ada) == [("email", "unknown", "key_expired")]


async def test_a_repeated_batch_that_waited_is_known_as_repeated(world: World) -> None:
    """Its first request may have reached the provider, so its mails never leave the batch."""
    await world.publish(step(channels=["email"]))
    ada = await world.person(telegram=False)
    await world.enroll(ada)
    await stored_batch(world)
    await _pause(world, "email")
    await world.claim("email")
    await _resume(world, "email")

    await world.record(await world.claim("email"), "misconfigured", reason="invalid_api_key")

    assert await world.states(ada) == [("email", "sending", "invalid_api_key")]


async def test_a_paused_channel_says_what_waits_and_opens_at_once(world: World) -> None:
    await world.publish(step(channels=["email"]))
    ada = await world.person(telegram=False)
    await world.enroll(ada)

    paused = await world.call("pause_channel", channel="email")
    assert paused == {"changed": True, "messages": 1, "people": 1}
    await world.claim("email")
    assert await world.states(ada) == [("email", "pending", "channel_paused")]

    assert await world.call("resume_channel", channel="email") == {"changed": True, "messages": 1}
    assert await world.call("resume_channel", channel="email") == {"changed": False, "messages": 0}
    assert len(await world.claim("email")) == 1


async def test_a_channel_that_is_not_configured_is_neither_paused_nor_opened(world: World) -> None:
    await world.call("set_channel_state", channel="email", paused_reason="not_configured")

    for operation in ("pause_channel", "resume_channel"):
        for channel in ("email", "sms"):
            with pytest.raises(Conflict):
                await world.call(operation, channel=channel)


async def test_what_a_provider_asked_us_to_wait_for_outlasts_a_pause(world: World) -> None:
    await world.publish(step(channels=["email"]))
    await world.enroll(await world.person(telegram=False))
    until = (await world.clock.now()).replace(hour=13).isoformat()
    await world.call("set_channel_state", channel="email", blocked_until=until)

    await _pause(world, "email")
    await _resume(world, "email")

    assert await world.claim("email") == []


async def _pause(world: World, what: str) -> None:
    if what == "everything":
        await world.call("pause_everything")
    elif what == "sequence":
        await world.call("pause_sequence", sequence="course")
    else:
        await world.call("pause_channel", channel=what)


async def _resume(world: World, what: str) -> None:
    if what == "everything":
        await world.call("resume_everything")
    elif what == "sequence":
        await world.call("resume_sequence", sequence="course")
    else:
        await world.call("resume_channel", channel=what)
