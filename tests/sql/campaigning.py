"""What tests of campaigns begin and carry."""

from __future__ import annotations

from typing import Any

import asyncpg

from tests.sql.conftest import Row, World, step

ANCHORED = [
    step(name="one", after="1 day", anchor="enrollment", stale_after="12 hours"),
    step(name="two", after="3 days", anchor="enrollment", stale_after="12 hours"),
]
PRO = {"attributes.plan": "pro"}


async def drafted(world: World, **changes: Any) -> int:
    draft = {
        "name": "news",
        "title": "News",
        "kind": "one_time",
        "steps": [{"name": "hello"}],
        "schedule": {"at": "2026-03-02T13:00"},
        "timezone": "UTC",
    } | changes
    return int((await world.call("draft_campaign", campaign=draft, created_by="admin_api"))["id"])


async def begun(
    world: World, *times: str, messages: list[Row] | None = None, over: bool = True, **changes: Any
) -> int:
    """A campaign with messages of its own, which has been activated; name what differs."""
    campaign = await drafted(world, **changes)
    name = f"campaign_{changes.get('name', 'news')}"
    steps = [each | {"position": n} for n, each in enumerate(messages or [step()], 1)]
    await world.call(
        "activate_campaign",
        campaign_id=campaign,
        filter=changes.get("filter", {}),
        definition={"name": name, "title": "News", "message_class": "announcement", "steps": steps},
        upcoming=times,
        is_rule_over=over,
    )
    return campaign


async def carried(world: World, **arguments: Any) -> int:
    """In how many pieces all was done that there was to do."""
    for pieces in range(1000):
        if await world.call("carry_campaigns", **arguments) is None:
            return pieces
    raise AssertionError("it never ends")


async def runs(world: World, campaign: int) -> list[Row]:
    listed: list[Row] = await world.call("list_campaign_runs", campaign_id=campaign)
    return sorted(listed, key=lambda run: (run["due_at"], run["id"]))


async def status(world: World, campaign: int) -> str:
    return str((await world.call("describe_campaign", campaign_id=campaign))["status"])


async def settle(world: World, user: str, timezone: str) -> None:
    await world.call("set_preferences", user_id=user, changes={"timezone": timezone})


async def subscribe(connection: asyncpg.Connection, user: str, plan: str = "pro") -> None:
    query = "update tendril.users set attributes = jsonb_build_object('plan', $2::text) where id = $1"
    await connection.execute(query, user, plan)


async def crowd(connection: asyncpg.Connection, number: int) -> None:
    """So many, with a chat each, faster than one by one."""
    await connection.execute(
        "with made as (insert into tendril.users (first_name, timezone, created_at)"
        " select 'Ada', 'UTC', tendril.clock() from generate_series(1, $1) returning id) "
        "insert into tendril.contact_points (user_id, channel, address, state, created_at)"
        " select id, 'telegram', id::text, 'active', tendril.clock() from made",
        number,
    )
