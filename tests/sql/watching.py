"""People who may leave, and the look that acts on it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import asyncpg

from tests.sql.conftest import Row, World, step

KINDS = ("gentle_reminder", "personalized_content", "peer_comparison")
WAYS = [
    {"type": kind, "sequence": f"intervention_{kind}", "urgent": f"intervention_{kind}_both"}
    for kind in KINDS
]
SILENCE = {"signal": "days_since_active", "value": 9, "words": "nothing for 9 days"}


class Watch:
    """The world with sequences for three kinds of messages, and risks that rise when a test says so."""

    def __init__(self, world: World, connection: asyncpg.Connection) -> None:
        self.world = world
        self.connection = connection

    async def rises(
        self, user_id: str, risk: float = 70, wanted: Iterable[str] = KINDS, **reason: Any
    ) -> None:
        await self.connection.execute(
            """insert into tendril.drop_off_risks (user_id, risk, weekly, monthly, confidence, reasons,
                interventions, model, day, calculated_at, due_at, rose_at)
            values ($1, $2, $2, $2, 0.5, $3, $4, 'rules', '2026-03-02', tendril.clock(), 'infinity',
                tendril.clock())
            on conflict (user_id) do update set risk = excluded.risk, rose_at = excluded.rose_at,
                calculated_at = excluded.calculated_at, reasons = excluded.reasons""",
            user_id,
            risk,
            json.dumps([SILENCE | reason]),
            json.dumps(list(wanted)),
        )

    async def at_risk(self, risk: float = 70, **given: Any) -> str:
        user_id = await self.world.person(**given)
        await self.rises(user_id, risk)
        return user_id

    async def look(self, ways: list[Row] = WAYS, **more: Any) -> Row:
        looked: Row = await self.world.call("intervene", ways=ways, **more)
        return looked

    async def of(self, user_id: str) -> list[Row]:
        """Newest first."""
        listed: list[Row] = await self.world.call("list_interventions", user_id=user_id)
        return listed

    async def configure(self, mode: str = "on", **rules: Any) -> None:
        await self.world.call(
            "configure_interventions", **{"mode": mode, "holdout": 0, "exploration": 0} | rules
        )

    async def admin(self) -> str:
        user_id = await self.world.person()
        await self.world.call("set_roles", user_id=user_id, roles=["admin"], actor="owner")
        return user_id

    async def remembers(self, kind: str, people: int, back: int, *, held_out: bool = False) -> None:
        """What came of interventions of the past, for people of the band "high"."""
        await self.connection.execute(
            """with past as (
                insert into tendril.users (first_name, created_at)
                select 'Past', tendril.clock() from generate_series(1, $1::int) returning id
            ), numbered as (select id, row_number() over () as n from past)
            insert into tendril.interventions (user_id, type, status, is_held_out, risk, band, created_at,
                begun_at, until, came_back_at, ended_at)
            select id, $3, case when n <= $2 then 'came_back' else 'stayed_away' end, $4, 70, 'high',
                tendril.clock() - interval '20 days', tendril.clock() - interval '20 days',
                tendril.clock() - interval '13 days',
                case when n <= $2 then tendril.clock() - interval '15 days' end,
                tendril.clock() - interval '13 days'
            from numbered""",
            people,
            back,
            kind,
            held_out,
        )


async def watched(world: World, connection: asyncpg.Connection) -> Watch:
    for kind in KINDS:
        await world.publish(step(), name=f"intervention_{kind}")
        await world.publish(step(fallback="both"), name=f"intervention_{kind}_both")
    watch = Watch(world, connection)
    await watch.configure()
    return watch
