"""Experiments for tests: drafted, begun, and asked who got what."""

from __future__ import annotations

from typing import Any

import asyncpg

from tests.sql.conftest import Row, World

GOAL = {"event": "lesson", "within": "7 days"}
CONTROL = {"name": "as_it_is", "weight": 0.5}


async def draft(world: World, *variants: Row, **more: Any) -> Row:
    experiment = {
        "name": "words",
        "title": "Words",
        "sequence": "course",
        "goal": GOAL,
        "variants": [CONTROL, *(variants or ({"name": "other", "weight": 0.5},))],
    } | more
    drafted: Row = await world.call("create_experiment", experiment=experiment, actor="admin")
    return drafted


async def start(world: World, drafted: Row, **definitions: Row) -> Row:
    """`definitions` has, by the name of a variant, the steps that it has instead."""
    base = await world.call("experiment_base", sequence=drafted["target"])
    started: Row = await world.call(
        "start_experiment",
        experiment_id=drafted["id"],
        base_version=base["version_id"],
        definitions={
            name: base["definition"] | {"steps": [changed | {"position": 1}]}
            for name, changed in definitions.items()
        },
        first_difference=1,
        compared_from="exposure",
    )
    return started


async def begin(world: World, *variants: Row, **more: Any) -> Row:
    return await start(world, await draft(world, *variants, **more))


async def people(world: World, count: int) -> list[str]:
    """In one call: users without addresses, which is all that an assignment asks of them."""
    made = [await world.call("create_user", external_id=f"person{number}") for number in range(count)]
    return [each["user_id"] for each in made]


async def drawn(world: World, users: list[str], **more: Any) -> dict[str, str | None]:
    """What each of those gets whom anything concerns; None for silence."""
    asked = {"sequence": "course", "campaign_id": None, "key": ""} | more
    rows = await world.call("choose_versions", users=users, **asked)
    return {row["user_id"]: None if row["is_held_out"] else row["variant"] for row in rows}


async def runs_of(world: World, user_id: str) -> list[Row]:
    found: list[Row] = (await world.call("explain_user", reference=user_id))["enrollments"]
    return found


async def assigned(world: World, experiment: Row, user_id: str) -> Row:
    found: Row = await world.call("experiment_assignment", experiment_id=experiment["id"], reference=user_id)
    return found


async def outcomes(world: World, experiment: Row, counted_from: str = "assignment") -> dict[str | None, Row]:
    rows = await world.call("experiment_outcomes", experiment_id=experiment["id"])
    return {row["variant"]: row for row in rows if row["counted_from"] == counted_from}


async def audience(world: World, **more: Any) -> Row:
    page: Row = await world.call("enroll_audience", sequence="course", **more)
    return page


async def campaign(world: World, connection: asyncpg.Connection, **changes: Any) -> int:
    columns = {"name": "news", "title": "News", "sequence": "course", "holdout": 0.0} | changes
    number: int = await connection.fetchval(
        "insert into tendril.campaigns"
        " (name, title, kind, sequence, schedule, holdout, created_by, created_at, changed_at)"
        " values ($1, $2, 'one_time', $3, '{}', $4, 'admin', tendril.clock(), tendril.clock()) returning id",
        *columns.values(),
    )
    return number


SPARING = {"temperature": 0.0025, "penalty": 0.017, "half_life": 15, "floor": 0.0}
