"""Who came is written down once, and can be corrected."""

from typing import Any

import asyncpg
import pytest

from storage.store import Conflict
from tests.events.conftest import Gathering


async def recorded(connection: asyncpg.Connection, user: str) -> list[str]:
    rows = await connection.fetch(
        "select type from tendril.behavior_events "
        "where user_id = $1 and type in ('meeting_attended', 'meeting_missed') order by id",
        user,
    )
    return [row["type"] for row in rows]


async def held(gathering: Gathering, *people: str) -> int:
    """An event that has begun, with these people registered."""
    event = await gathering.event()
    for each in people:
        await gathering.register(event, each)
    await gathering.world.clock.set("2026-03-03T17:30")
    return event


async def came(gathering: Gathering, event: int, *people: str) -> Any:
    return await gathering.call(
        "record_who_came", event_id=event, came=list(people), recorded_by="telegram:1"
    )


async def test_who_came_and_who_did_not_is_written_down(
    gathering: Gathering, connection: asyncpg.Connection
) -> None:
    ada, bo = await gathering.person(), await gathering.person()
    event = await held(gathering, ada, bo)

    saved = await came(gathering, event, ada)

    assert (saved["came"], saved["missed"]) == (1, 1)
    assert await recorded(connection, ada) == ["meeting_attended"]
    assert await recorded(connection, bo) == ["meeting_missed"]


async def test_writing_it_down_again_records_nothing_more(
    gathering: Gathering, connection: asyncpg.Connection
) -> None:
    ada = await gathering.person()
    event = await held(gathering, ada)

    for _ in range(3):
        await came(gathering, event, ada)

    assert await recorded(connection, ada) == ["meeting_attended"]


async def test_a_correction_counts_and_each_event_is_recorded_once(
    gathering: Gathering, connection: asyncpg.Connection
) -> None:
    ada = await gathering.person()
    event = await held(gathering, ada)

    for people in ([], [ada], [], [ada]):
        await came(gathering, event, *people)

    assert await recorded(connection, ada) == ["meeting_missed", "meeting_attended"]
    attendance = await gathering.call("describe_attendance", user_id=ada)
    assert (attendance["attended"], attendance["recorded"]) == (1, 1)


async def test_who_gave_the_place_back_is_excused_and_who_just_came_is_counted(gathering: Gathering) -> None:
    excused, guest = await gathering.person(), await gathering.person()
    event = await gathering.event()
    await gathering.register(event, excused)
    await gathering.leave(event, excused)
    await gathering.world.clock.set("2026-03-03T17:30")

    saved = await came(gathering, event, guest)

    assert (saved["came"], saved["missed"]) == (1, 0)


async def test_what_an_admin_writes_down_is_no_activity_of_the_user(
    gathering: Gathering, connection: asyncpg.Connection
) -> None:
    ada = await gathering.person()
    seen = "select last_active_at from tendril.users where id = $1"
    event = await held(gathering, ada)
    before = await connection.fetchval(seen, ada)

    await came(gathering, event)

    assert await connection.fetchval(seen, ada) == before


async def test_what_is_over_cannot_be_cancelled(gathering: Gathering) -> None:
    event = await held(gathering, await gathering.person())
    await gathering.world.clock.advance("1 hour")

    with pytest.raises(Conflict, match="over"):
        await gathering.call("cancel_event", event_id=event)


async def test_attendance_waits_for_the_meeting(gathering: Gathering) -> None:
    ada = await gathering.person()
    event = await gathering.event()

    with pytest.raises(Conflict, match="not begun"):
        await came(gathering, event, ada)


async def test_a_cancelled_event_has_no_attendance(gathering: Gathering) -> None:
    ada = await gathering.person()
    event = await held(gathering, ada)
    await gathering.call("cancel_event", event_id=event)

    with pytest.raises(Conflict, match="cancelled"):
        await came(gathering, event, ada)
