"""Campaigns: each time comes once, on the right clock, and everything stops when it is told to."""

from __future__ import annotations

from typing import Any

from tests.fixtures.database import Clock
from tests.sql.conftest import Row, World, step

ANCHORED = [
    step(name="one", after="1 day", anchor="enrollment"),
    step(name="two", after="3 days", anchor="enrollment"),
]


async def begun(world: World, *, times: list[str] | None = None, **changes: Any) -> int:
    """A campaign with messages of its own, which has been activated; name what differs."""
    draft = {
        "name": "news",
        "title": "News",
        "kind": "one_time",
        "steps": [],
        "schedule": {"at": (times or ["2026-03-02T12:00"])[0]},
        "timezone": "UTC",
    } | {key: value for key, value in changes.items() if key != "messages"}
    campaign = await world.call("draft_campaign", campaign=draft, created_by="admin_api")
    steps = [each | {"position": n} for n, each in enumerate(changes.get("messages") or [step()], 1)]
    definition = {"name": f"campaign_{draft['name']}", "title": "News", "message_class": "announcement"}
    await world.call(
        "activate_campaign",
        campaign_id=campaign["id"],
        filter=draft.get("filter", {}),
        definition=definition | {"steps": steps},
        upcoming=times or [],
    )
    return int(campaign["id"])


async def carried(world: World, **arguments: Any) -> int:
    """In how many pieces all was done that there was to do."""
    for pieces in range(1000):
        if await world.call("carry_campaigns", **arguments) is None:
            return pieces
    raise AssertionError("it never ends")


async def runs(world: World, campaign: int) -> list[Row]:
    listed: list[Row] = await world.call("list_campaign_runs", campaign_id=campaign)
    return sorted(listed, key=lambda run: (run["due_at"], run["id"]))


async def campaign_of(world: World, campaign: int) -> Row:
    described: Row = await world.call("describe_campaign", campaign_id=campaign)
    return described


async def test_a_time_that_has_come_enrolls_everybody_once(world: World, clock: Clock) -> None:
    people = [await world.person() for _ in range(5)]
    campaign = await begun(world, times=["2026-03-02T13:00"])
    assert await carried(world) == 0
    await clock.advance("1 hour")

    await carried(world, batch=2)
    await carried(world, batch=2)

    assert [len(await world.deliveries(person)) for person in people] == [1] * 5
    (run,) = await runs(world, campaign)
    assert (run["status"], run["seen"], run["enrolled"]) == ("done", 5, 5)
