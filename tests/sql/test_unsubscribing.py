"""Unsubscribing by the link in a message: from its channel, or from everything."""

import asyncpg
import pytest

from storage.store import Invalid, NotFound
from tests.sql.conftest import World, step


async def mailed(world: World) -> tuple[str, str]:
    """A user with a course over both channels, and the tracking id of a mail of it."""
    await world.publish(step(channels=["email", "telegram"]), step(name="second", after="1 day"))
    ada = await world.person()
    await world.enroll(ada)
    (mail,) = await world.deliver("email")
    return ada, mail["tracking_id"]


async def test_who_unsubscribes_from_the_channel_gets_the_sequence_over_the_other(world: World) -> None:
    ada, tracking_id = await mailed(world)
    answer = await world.call("unsubscribe", tracking_id=tracking_id, scope="channel", source="email")
    assert answer == {
        "user_id": ada,
        "channel": "email",
        "scope": "channel",
        "address": "user1@example.org",
        "locale": None,
    }
    await world.clock.advance("1 day")
    assert await world.claim("email") == []
    assert len(await world.claim("telegram")) == 1


async def test_who_unsubscribes_from_everything_gets_nothing_more_anywhere(world: World) -> None:
    ada, tracking_id = await mailed(world)
    await world.call("unsubscribe", tracking_id=tracking_id, scope="everything", source="email")
    await world.clock.advance("1 day")
    assert await world.claim("email") + await world.claim("telegram") == []
    assert (await world.states(ada))[-1] == ("telegram", "cancelled", "user_stopped")


@pytest.mark.parametrize("scope", ["channel", "everything"])
async def test_unsubscribing_twice_is_unsubscribing_once(
    world: World, connection: asyncpg.Connection, scope: str
) -> None:
    _, tracking_id = await mailed(world)
    answers = [
        await world.call("unsubscribe", tracking_id=tracking_id, scope=scope, source="email")
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    told = await connection.fetchval(
        "select count(*) from tendril.behavior_events where type = 'unsubscribed'"
    )
    assert told == 1


async def test_the_page_is_told_whether_it_has_happened_already(world: World) -> None:
    _, tracking_id = await mailed(world)
    before = await world.call("describe_unsubscribe", tracking_id=tracking_id)
    await world.call("unsubscribe", tracking_id=tracking_id, scope="channel", source="email")
    after = await world.call("describe_unsubscribe", tracking_id=tracking_id)
    assert (before["already"], after["already"]) == (False, True)
    assert (before["channel"], before["address"]) == ("email", "user1@example.org")


async def test_a_link_of_no_message_of_ours_unsubscribes_nobody(world: World) -> None:
    unknown = "00000000-0000-0000-0000-000000000000"
    with pytest.raises(NotFound):
        await world.call("unsubscribe", tracking_id=unknown, scope="channel", source="email")
    with pytest.raises(NotFound):
        await world.call("describe_unsubscribe", tracking_id=unknown)


async def test_there_are_two_scopes_to_unsubscribe_from(world: World) -> None:
    _, tracking_id = await mailed(world)
    with pytest.raises(Invalid) as refused:
        await world.call("unsubscribe", tracking_id=tracking_id, scope="some", source="email")
    assert refused.value.detail == "scope"
