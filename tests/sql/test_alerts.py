"""Alerts: each cause once to each admin, until it is over, over whichever channel is open."""

from pathlib import Path
from typing import Any

import pytest

import sequences
from sequences.loading import load_catalogue
from tests.fixtures.database import Clock
from tests.sql.conftest import World, step

CATALOGUE = Path(sequences.__file__).parent / "catalogue"


@pytest.fixture
async def olga(world: World) -> str:
    """An owner, in Telegram and with an email address; the alerts' sequence is published."""
    published = next(each for each in load_catalogue(CATALOGUE) if each.name == "admin_alert")
    await world.call("publish_sequence", definition=published.as_json())
    olga = await world.person()
    await world.call("set_roles", user_id=olga, roles=["owner"], actor="ADMIN_TELEGRAM_IDS")
    return olga


async def told(world: World, admin: str) -> list[tuple[str, bool]]:
    """The kinds that an admin was told of, and whether as over."""
    exported = await world.call("export_user", user_id=admin)
    runs = [each for each in exported["enrollments"] if each["sequence"] == "admin_alert"]
    news = [each["context"] for each in sorted(runs, key=lambda run: run["id"])]
    return [(each["kind"], each["is_over"]) for each in news]


async def mails(world: World, count: int) -> list[Any]:
    await world.publish(step(channels=["email"], fallback="none"))
    for _ in range(count):
        await world.enroll(await world.person(telegram=False))
    return await world.deliver("email")


async def test_a_channel_that_a_provider_closed_is_told_once_and_when_it_is_open_again(
    world: World, olga: str
) -> None:
    await world.call("set_channel_state", channel="email", paused_reason="invalid_api_key")
    assert await world.call("raise_alerts") == 1
    assert await world.call("raise_alerts") == 0
    assert await told(world, olga) == [("channel_paused", False)]

    await world.call("set_channel_state", channel="email")
    assert await world.call("raise_alerts") == 1
    assert await world.call("raise_alerts") == 0
    assert await told(world, olga) == [("channel_paused", False), ("channel_paused", True)]


async def test_the_same_cause_after_it_was_over_is_a_new_alert(world: World, olga: str, clock: Clock) -> None:
    for _ in range(2):
        await world.call("set_channel_state", channel="email", paused_reason="invalid_api_key")
        await world.call("raise_alerts")
        await clock.advance("1 minute")
        await world.call("set_channel_state", channel="email")
        await world.call("raise_alerts")
        await clock.advance("1 minute")

    assert len(await told(world, olga)) == 4


async def test_an_alert_goes_by_email_when_telegram_is_what_is_broken(world: World, olga: str) -> None:
    await world.call("set_channel_state", channel="telegram", paused_reason="unauthorized")
    await world.call("raise_alerts")

    assert await world.claim("telegram") == []
    (row,) = await world.claim("email")
    assert (row["user_id"], row["context"]["channel"]) == (olga, "telegram")


async def test_what_an_admin_closed_and_what_was_never_configured_needs_nobody(
    world: World, olga: str
) -> None:
    await world.call("pause_channel", channel="telegram")
    await world.call("set_channel_state", channel="email", paused_reason="not_configured")

    assert await world.call("raise_alerts") == 0


async def test_only_admins_and_owners_who_want_to_know_are_told(world: World, olga: str) -> None:
    viewer, admin = await world.person(), await world.person()
    await world.call("set_roles", user_id=viewer, roles=["viewer"], actor="ADMIN_TELEGRAM_IDS")
    await world.call("set_roles", user_id=admin, roles=["admin"], actor="ADMIN_TELEGRAM_IDS")
    await world.call("mute_alerts", user_id=olga, is_muted=True)

    await world.call("set_channel_state", channel="email", paused_reason="invalid_api_key")
    await world.call("raise_alerts")

    assert [len(await told(world, each)) for each in (olga, viewer, admin)] == [0, 0, 1]
    assert (await world.call("list_alerts", user_id=olga))["is_muted"] is True


async def test_a_parked_message_is_one_alert_per_step_until_none_is_left(world: World, olga: str) -> None:
    await world.publish(step())
    people = [await world.person() for _ in range(2)]
    for each in people:
        await world.enroll(each)
    for _ in range(3):
        await world.record(await world.claim(), "unrenderable", reason="missing_value")
        await world.clock.advance("4 minutes")

    assert await world.call("raise_alerts") == 1
    (alert,) = (await world.call("list_alerts", user_id=olga))["alerts"]
    assert alert["details"] == {"sequence": "Course", "step": "hello", "reason": "missing_value"}

    assert await world.call("retry_all", since=(await world.clock.now()).isoformat()) == 2
    await world.call("raise_alerts")
    assert (await world.call("list_alerts", user_id=olga))["alerts"] == []


@pytest.mark.parametrize(
    ("count", "bounced", "expected"), [(49, 10, []), (50, 1, []), (50, 2, [("bounces", False)])]
)
async def test_too_many_bounces_are_told_from_fifty_mails_on(
    world: World, olga: str, count: int, bounced: int, expected: list[tuple[str, bool]]
) -> None:
    rows = await mails(world, count)
    for row in rows[:bounced]:
        await world.tell(row, "bounced")

    await world.call("raise_alerts")

    assert await told(world, olga) == expected


async def test_one_complaint_among_fifty_mails_is_too_many_until_a_day_is_over(
    world: World, olga: str, clock: Clock
) -> None:
    row, *_ = await mails(world, 50)
    await world.tell(row, "complained")
    await world.call("raise_alerts")
    await clock.advance("25 hours")
    await world.call("raise_alerts")

    assert await told(world, olga) == [("complaints", False), ("complaints", True)]


async def test_a_late_queue_is_told_when_it_stays_late(world: World, olga: str, clock: Clock) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    await clock.advance("6 minutes")

    assert await world.call("raise_alerts") == 0
    await clock.advance("61 seconds")
    assert await world.call("raise_alerts") == 1
    assert await told(world, olga) == [("queue_late", False)]


async def test_a_process_that_was_asleep_alarms_nobody(world: World, olga: str, clock: Clock) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    await clock.advance("6 minutes")
    await world.call("raise_alerts")
    await world.deliver()
    await clock.advance("2 minutes")

    assert await world.call("raise_alerts") == 0
    assert await told(world, olga) == []


@pytest.mark.parametrize("what", ["pause_everything", "pause_channel"])
async def test_what_waits_because_it_is_paused_is_not_late(
    world: World, olga: str, clock: Clock, what: str
) -> None:
    await world.publish(step())
    await world.enroll(await world.person())
    await world.call(what, **({"channel": "telegram"} if what == "pause_channel" else {}))
    for _ in range(2):
        await clock.advance("6 minutes")
        assert await world.call("raise_alerts") == 0


async def test_refused_callbacks_are_one_alert_until_an_hour_is_quiet(
    world: World, olga: str, clock: Clock
) -> None:
    for _ in range(3):
        await world.call("count_refused_callbacks", provider="resend", refused=100)
        await world.call("raise_alerts")
    await clock.advance("61 minutes")
    await world.call("raise_alerts")

    assert await told(world, olga) == [("callbacks_refused", False), ("callbacks_refused", True)]


async def test_what_people_wrote_and_nobody_could_handle_is_an_alert_for_an_hour(
    world: World, olga: str, clock: Clock
) -> None:
    written = [{"update_id": number, "message": {"from": {"id": number}}} for number in (1, 2, 3)]
    await world.call("receive_updates", updates=written)
    await world.call("take_updates", worker="bot")
    await world.call("finish_update", update_id=1)
    await world.call("raise_alerts")
    assert await told(world, olga) == []

    for number in (2, 3):
        await world.call("finish_update", update_id=number, error="KeyError")
    (cause,) = await world.call("alert_causes")
    assert cause["details"] == {"updates": 2, "error": "KeyError"}
    for wait in ("0 minutes", "61 minutes"):
        await clock.advance(wait)
        await world.call("raise_alerts")

    assert await told(world, olga) == [("updates_failed", False), ("updates_failed", True)]


async def test_alerts_wait_for_their_sequence_to_be_published(world: World) -> None:
    await world.call("set_channel_state", channel="email", paused_reason="invalid_api_key")

    assert await world.call("raise_alerts") == 0


async def test_a_provider_that_wants_a_long_pause_is_told_and_a_short_one_not(
    world: World, olga: str, clock: Clock
) -> None:
    now = await clock.now()
    for minutes in (now.replace(minute=3), now.replace(minute=20)):
        await world.call("set_channel_state", channel="email", blocked_until=minutes.isoformat())
        await world.call("raise_alerts")
    await world.deliver()
    await clock.advance("18 minutes")
    await world.call("raise_alerts")
    assert await told(world, olga) == [("channel_blocked", False)]

    await clock.advance("3 minutes")
    await world.call("raise_alerts")
    assert await told(world, olga) == [("channel_blocked", False), ("channel_blocked", True)]


async def test_a_webhook_that_is_gone_is_told_until_it_is_deleted(world: World, olga: str) -> None:
    made = await world.call(
        "create_subscriber",
        url="https://crm.example:8443/hook",
        events=["delivery.sent"],
        secret="whsec_cGxhY2Vob2xkZXI=",
        created_by="admin_api",
    )
    ping = await world.call("begin_ping", subscriber_id=made["id"])
    gone = {"id": ping["id"], "lease": ping["lease"], "status_code": 410, "milliseconds": 5}
    await world.call("record_callbacks", outcomes=[gone])
    await world.call("raise_alerts")
    await world.call("delete_subscriber", subscriber_id=made["id"])
    await world.call("raise_alerts")

    assert await told(world, olga) == [("webhook_paused", False), ("webhook_paused", True)]
