"""Simulations as tests ask for them, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import asyncpg

from tests.sql.conftest import Row, World
from tests.sql.living import BEGIN, Ended


async def simulated(world: World, *users: str, **more: Any) -> Row:
    given = {"sequence": "course", "users": list(users), "days": 20} | more
    report: Row = await world.call("simulate", simulation=given, at=BEGIN)
    return report


def told(report: Row, user: int = 0) -> list[tuple[str, ...]]:
    """(local day and time, step, channel, verdict, reason) of one user's entries."""
    return [
        (
            each["local"][8:16].replace("T", " "),
            each["step"],
            each["channel"],
            each["verdict"],
            each.get("reason", ""),
        )
        for each in report["users"][user]["entries"]
    ]


def foretold(user: Mapping[str, Any]) -> list[Ended]:
    ended = [
        (
            each["step"],
            each["channel"],
            each["verdict"].replace("fallback", "fail"),
            each.get("reason"),
            datetime.fromisoformat(each["at"]),
        )
        for each in user["entries"]
        if each["verdict"] != "hold" and each.get("reason") != "no_engagement"
    ]
    return sorted(ended, key=str)


async def begin(world: World, campaign_id: int, at: datetime) -> None:
    described = await world.call("describe_campaign", campaign_id=campaign_id)
    await world.call("activate_campaign", campaign_id=campaign_id, filter=described["filter"], at=at)


async def contents(connection: asyncpg.Connection) -> dict[str, str]:
    """What is in every table, as a fingerprint."""
    tables = await connection.fetch(
        "select relname as name from pg_class where relnamespace = 'tendril'::regnamespace and relkind = 'r'"
    )
    return {
        table["name"]: await connection.fetchval(
            f"select count(*) || coalesce(md5(string_agg(t::text, ',' order by t::text)), '') "
            f"from tendril.{table['name']} t"
        )
        for table in tables
    }


async def campaign(world: World, **more: Any) -> Row:
    drafted: Row = await world.call(
        "draft_campaign",
        campaign={
            "name": "weekly",
            "title": "Weekly",
            "kind": "recurring",
            "sequence": "course",
            "schedule": {"every": "week", "on": ["mon", "wed"], "at": "09:00"},
            "filter": {"user.days_inactive": {"$gte": 7}},
        }
        | more,
        created_by="admin",
    )
    return drafted


def foretold_sends(user: Row) -> list[datetime]:
    return [datetime.fromisoformat(each["at"]) for each in user["entries"] if each["verdict"] == "send"]
