"""The audiences with a name: each finds whom its sentence promises, and nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from sequences.audiences import load_audiences
from sequences.filters import BadFilter
from tests.sql.conftest import World, step

AUDIENCES = load_audiences()
QUIET_DAY = "2026-01-02T12:00:00+00:00"
TODAY = "2026-03-02T12:00:00+00:00"


async def found(world: World, name: str) -> set[str]:
    preview = await world.call("preview_audience", filter=AUDIENCES[name].filter, sample=100)
    return {each["user_id"] for each in preview["sample"]}


async def keep(world: World, user_id: str, *days: str) -> None:
    for day in days:
        moment = f"{day}T11:00:00+00:00"
        made = await world.call("create_commitment", user_id=user_id, text="Run", due_day=day, at=moment)
        await world.call("complete_commitment", user_id=user_id, commitment_id=made["id"], at=moment)


@pytest.mark.parametrize("name", AUDIENCES)
async def test_a_named_audience_can_be_asked_for(world: World, name: str) -> None:
    assert (await world.call("preview_audience", filter=AUDIENCES[name].filter))["total"] == 0


def test_every_audience_has_a_title_of_its_own_and_one_sentence() -> None:
    assert len({each.title for each in AUDIENCES.values()}) == len(AUDIENCES)
    assert [each.name for each in AUDIENCES.values() if not each.description.endswith(".")] == []


async def test_who_came_long_ago_is_found_by_how_long_they_are_quiet(world: World) -> None:
    await world.clock.set(QUIET_DAY)
    quiet, busy = await world.person(), await world.person()
    await world.clock.set(TODAY)
    await world.did(busy, "lesson")
    fresh = await world.person()

    assert await found(world, "all_users") == {quiet, busy, fresh}
    assert await found(world, "inactive_7_days") == await found(world, "inactive_30_days") == {quiet}
    assert await found(world, "active_7_days") == {busy, fresh}
    assert await found(world, "new") == {fresh}
    assert await found(world, "never_started") == {quiet, busy}


async def test_who_is_likely_to_leave_is_at_risk_and_who_is_new_is_not(world: World) -> None:
    gone, fading, busy, _new = [await world.person() for _ in range(4)]
    for user, risk in ((gone, 80), (fading, 60), (busy, 59.9)):
        await world.call("store_risks", rows=[{"user_id": user, "risk": risk}])

    assert await found(world, "at_risk") == {gone, fading}
    assert await found(world, "high_churn_risk") == {gone}


async def test_who_opens_nothing_and_does_nothing_is_disengaged(world: World) -> None:
    await world.publish(*(step(name=f"step{number}", channels=["email"]) for number in range(3)))
    silent, reader = await world.person(telegram=False), await world.person(telegram=False)
    for user_id in (silent, reader):
        await world.enroll(user_id)
    for _ in range(3):
        for row in await world.deliver("email"):
            if row["user_id"] == reader:
                await world.tell(row, "opened")
    await world.clock.set("2026-03-20T12:00:00+00:00")

    assert await found(world, "disengaged") == {silent}


async def test_a_streak_without_a_freeze_breaks_tomorrow(world: World) -> None:
    careful, loose = await world.person(), await world.person()
    await keep(world, loose, "2026-02-27", "2026-02-28", "2026-03-01")
    await keep(world, careful, "2026-02-25", "2026-02-27", "2026-03-01")

    assert await found(world, "streak_about_to_break") == {careful}
    await keep(world, careful, "2026-03-02")
    assert await found(world, "streak_about_to_break") == set()


async def test_who_keeps_much_performs_and_who_misses_much_does_not(world: World) -> None:
    performer, _other = await world.person(), await world.person()
    await keep(world, performer, *(f"2026-02-{day}" for day in range(15, 26)))

    assert await found(world, "top_performers") == {performer}
    assert await found(world, "missing_commitments") == set()


async def test_who_can_be_reached_in_one_way_only_is_found_by_it(world: World) -> None:
    both, chat, mail = (
        await world.person(),
        await world.person(email=False),
        await world.person(telegram=False),
    )
    await world.publish(step(channels=["email"]), name="email_verification", message_class="transactional")
    await world.call("request_email", user_id=chat, email_address="new@example.org")

    assert await found(world, "reachable_only_by_email") == {mail}
    assert await found(world, "reachable_only_by_telegram") == {chat}
    assert await found(world, "unverified_email") == {chat}
    assert both in await found(world, "without_a_pod")


async def test_who_takes_a_break_or_is_on_the_way_is_found(world: World) -> None:
    await world.publish(step(after="1 day"), name="onboarding")
    beginner, resting = await world.person(), await world.person()
    await world.enroll(beginner, "onboarding")
    await world.call("set_preferences", user_id=resting, changes={"paused_until": "2026-03-09T00:00:00Z"})

    assert await found(world, "still_onboarding") == {beginner}
    assert await found(world, "onboarded") == set()
    assert await found(world, "paused") == {resting}


@pytest.mark.parametrize(
    ("written", "error", "told"),
    [
        ('[Big]\ntitle="a"\ndescription="b"\nfilter={}', ValueError, "an audience's name"),
        ('[big]\ntitle="a"\nfilter={}', ValueError, "has a title, a description and a filter"),
        ('[big]\ntitle="a"\ndescription="b"\nfilter={size=1}', BadFilter, "size: a filter cannot"),
        ('[big]\ntitle="a"\ndescription="b"\nfilter={"context.x"=1}', BadFilter, "context.x"),
    ],
)
def test_a_mistake_in_the_file_is_told(
    tmp_path: Path, written: str, error: type[ValueError], told: str
) -> None:
    file = tmp_path / "audiences.toml"
    file.write_text(written, encoding="utf-8")
    with pytest.raises(error, match=told):
        load_audiences(file)


async def test_what_a_product_tells_of_its_sessions_finds_those_whom_it_concerns(world: World) -> None:
    poor, moving, broken, used_to_it = [await world.person() for _ in range(4)]
    for user, events in (
        (poor, ("session_ended", "session_poor")),
        (moving, ("session_rescheduled",) * 3),
        (broken, ("technical_issue",)),
        (used_to_it, ("session_ended", "session_ended", "session_poor", "session_rescheduled")),
    ):
        for event in events:
            await world.did(user, event, source="api")

    assert await found(world, "first_session_poor") == {poor}
    assert await found(world, "often_reschedules") == {moving}
    assert await found(world, "technical_issues") == {broken}
