"""Messages of a broadcast are edited and deleted where they went out, whatever the channel answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from channels.channel import Outgoing
from channels.errors import Busy, Misconfigured, Refused, Unknown, Unreachable
from sequences.broadcasting import MOST_ATTEMPTS, BroadcastChanges
from sequences.mistakes import Unrenderable
from sequences.pages import Page
from tests.sql.conftest import Row, World
from tests.sql.test_broadcasts import STAYED, described, sent_to


@dataclass
class ScriptedChanges:
    """Meets each message with what is in `answers` for its number, else does as it is told."""

    answers: dict[str, Exception] = field(default_factory=dict)
    edited: list[tuple[str, str]] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)

    async def edit(self, message: Outgoing, message_id: str) -> None:
        if message.recipient in self.answers:
            raise self.answers[message.recipient]
        self.edited.append((message.recipient, message.content["text"]))

    async def delete(self, recipient: str, message_id: str) -> None:
        if recipient in self.answers:
            raise self.answers[recipient]
        self.deleted.append(recipient)


class BodyRenderer:
    """What the step says, as it is."""

    fails = False

    def render(self, definition_step: Any, channel: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.fails:
            raise Unrenderable("missing_value")
        return {"text": definition_step.content_for(channel).body, "buttons": []}

    def page(self, definition_step: Any, channel: str, row: Mapping[str, Any]) -> Page:
        return ()


async def changes_of(world: World, broadcast: int) -> Row:
    return dict((await described(world, broadcast))["changes"])


async def test_what_went_out_says_the_new_text(world: World) -> None:
    broadcast, telegram = await sent_to(world, 2), ScriptedChanges()
    changes = BroadcastChanges(world.store, telegram, BodyRenderer())

    await world.call("edit_broadcast", broadcast_id=broadcast, content=STAYED)
    counts = [await changes.carry_on() for _ in range(3)]

    assert counts == [2, 0, None]
    assert sorted(telegram.edited) == [("1", "We stayed."), ("2", "We stayed.")]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Refused("message_gone"), "gone"),
        (Refused("message_too_old"), "too_old"),
        (Refused("bad_request"), "refused"),
        (Unreachable("blocked"), "gone"),
    ],
)
async def test_what_cannot_be_changed_is_left_with_the_reason(
    world: World, error: Exception, outcome: str
) -> None:
    broadcast, telegram = await sent_to(world, 2), ScriptedChanges({"1": error})
    changes = BroadcastChanges(world.store, telegram, BodyRenderer())

    await world.call("delete_broadcast", broadcast_id=broadcast)
    await changes.carry_on()

    assert telegram.deleted == ["2"]
    assert await changes_of(world, broadcast) == {"done": 1, outcome: 1}


@pytest.mark.parametrize("error", [Busy("server_error"), Unknown("no_answer")])
async def test_what_nothing_is_learned_about_is_tried_a_few_times(world: World, error: Exception) -> None:
    broadcast, telegram = await sent_to(world, 1), ScriptedChanges({"1": error})
    changes = BroadcastChanges(world.store, telegram, BodyRenderer())
    await world.call("delete_broadcast", broadcast_id=broadcast)

    for _ in range(MOST_ATTEMPTS - 1):
        await changes.carry_on()
    before = await changes_of(world, broadcast)
    await changes.carry_on()

    assert (before, await changes_of(world, broadcast)) == ({"left": 1}, {"refused": 1})


async def test_everybody_waits_when_telegram_asks_for_it(world: World) -> None:
    broadcast = await sent_to(world, 1)
    busy = Busy("rate_limited", retry_after=30, whole_channel=True)
    changes = BroadcastChanges(world.store, ScriptedChanges({"1": busy}), BodyRenderer())
    await world.call("delete_broadcast", broadcast_id=broadcast)

    first = await changes.carry_on()
    blocked = await changes.carry_on()
    await world.clock.advance("31 seconds")
    again = await changes.carry_on()

    assert (first, blocked, again) == (1, 0, 1)


async def test_a_channel_that_is_misconfigured_is_paused(world: World) -> None:
    broadcast = await sent_to(world, 1)
    telegram = ScriptedChanges({"1": Misconfigured("unauthorized")})
    changes = BroadcastChanges(world.store, telegram, BodyRenderer())
    await world.call("delete_broadcast", broadcast_id=broadcast)

    await changes.carry_on()

    health = await world.call("queue_health")
    assert health["channels"]["telegram"]["paused_reason"] == "unauthorized"
    assert await changes_of(world, broadcast) == {"left": 1}


async def test_what_cannot_be_written_is_left_as_it_is(world: World) -> None:
    broadcast, renderer = await sent_to(world, 1), BodyRenderer()
    renderer.fails = True
    changes = BroadcastChanges(world.store, ScriptedChanges(), renderer)
    await world.call("edit_broadcast", broadcast_id=broadcast, content=STAYED)

    await changes.carry_on()

    assert await changes_of(world, broadcast) == {"refused": 1}
