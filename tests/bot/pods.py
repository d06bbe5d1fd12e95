"""Pods for tests: who is in one, and what their messages become."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.bot.conftest import OWNER
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person


@asynccontextmanager
async def led_from_berlin(run_tendril: RunTendril, owner: Person) -> AsyncIterator[Tendril]:
    async with run_tendril(admin_telegram_ids=frozenset({OWNER})) as running:
        await owner.writes("/start")
        await owner.receives(1)
        await running.process.store.call(
            "set_preferences", user_id=await user_id(running, owner), changes={"timezone": "Europe/Berlin"}
        )
        yield running


async def user_id(tendril: Tendril, person: Person) -> str:
    return str((await tendril.explain(person))["user"]["id"])


async def pod_of(tendril: Tendril, host: Person, **given: Any) -> Any:
    asked = {"name": "Early birds", "timezone": "Europe/Berlin", "weekday": 2, "local_time": "18:00"} | given
    return await tendril.process.store.call("create_pod", created_by=await user_id(tendril, host), **asked)


async def member(tendril: Tendril, pod: Any, first_name: str, **given: Any) -> Person:
    person = await tendril.started(first_name, **given)
    await tendril.process.store.call(
        "join_pod", code=pod["invitation_code"], user_id=await user_id(tendril, person)
    )
    return person


async def newest(person: Person, text: str, after: Any) -> Any:
    return await person.hears(text, after=after["message_id"])


async def toast(person: Person, message: Any, button: str | int) -> str:
    """What a tap is answered with."""
    return str((await person.taps(message, button))["text"])
