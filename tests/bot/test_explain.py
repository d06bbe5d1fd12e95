"""What `explain` says of who got what, and why this way."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

import pytest

from bot.explain import explain
from bot.page import Page
from bot.settings import SettingsError
from bot.stories.deliveries import delivery_story, what_happened
from tests.fixtures.process import Tendril
from tests.fixtures.sandbox import Person, until

Printed = pytest.CaptureFixture[str]
PLAIN = Page(is_colored=False)


def delivery(**changes: Any) -> dict[str, Any]:
    """One that was sent over Telegram on a Monday at nine."""
    columns = (
        "reason",
        "failure_reason",
        "next_attempt_at",
        "delivered_at",
        "opened_at",
        "clicked_at",
        "failed_at",
    )
    return {
        **dict.fromkeys(columns),
        "delivery_id": 8,
        "sequence_type": "course",
        "message_step": 1,
        "step_name": "one",
        "channel": "telegram",
        "delivery_status": "sent",
        "scheduled_at": "2026-03-02T09:00:00+00:00",
        "sent_at": "2026-03-02T09:00:00+00:00",
        "possibly_duplicate": False,
        "passed_over": None,
        "fallback_of": None,
        **changes,
    }


def event(kind: str, **changes: Any) -> dict[str, Any]:
    told = {
        "source": "gate",
        "type": kind,
        "reason": None,
        "actor": None,
        "judge_at": None,
        "until": None,
        "channel": None,
    }
    return told | {"url": None, "occurred_at": "2026-03-02T10:00:00+00:00"} | changes


def story(of: dict[str, Any], *events: dict[str, Any], siblings: tuple[dict[str, Any], ...] = ()) -> str:
    told = {"delivery": of, "enrollment": {}, "events": list(events), "siblings": list(siblings)}
    return "\n".join(delivery_story(told, "UTC", PLAIN))


def test_the_story_of_one_says_which_variant_it_is() -> None:
    enrollment = {"experiment": "shorter_subject", "variant": "short"}
    told = {"delivery": delivery(), "enrollment": enrollment, "events": [], "siblings": []}

    lines = delivery_story(told, "UTC", PLAIN)

    assert "  variant short of the experiment shorter_subject" in lines


def test_the_story_of_one_says_which_campaign_and_which_time_of_it_it_is() -> None:
    enrollment = {"campaign": "come_back", "key": "2026-03-02T09:00"}
    told = {"delivery": delivery(), "enrollment": enrollment, "events": [], "siblings": []}

    assert "  campaign come_back, its time 2026-03-02T09:00" in delivery_story(told, "UTC", PLAIN)


async def printed(tendril: Tendril, person: Person, number: int | None, capsys: Printed) -> str:
    capsys.readouterr()
    assert await explain(tendril.settings, Namespace(user=str(person.id), delivery=number)) == 0
    return capsys.readouterr().out


async def confirmed(tendril: Tendril) -> Person:
    ada = await tendril.started("Ada")
    point = {"channel": "email", "address": "ada@example.com"}
    user = await tendril.process.store.call("find_user", reference=str(ada.id))
    await tendril.process.store.call("open_contact_point", user_id=user["id"], **point)
    return ada


async def test_the_list_says_why_it_was_email(tendril: Tendril, capsys: Printed) -> None:
    ada = await confirmed(tendril)
    await ada.blocks()
    await tendril.advance("3 days")

    assert "email, because the user blocked the bot" in await printed(tendril, ada, None, capsys)


async def test_the_story_of_one_says_why_it_was_email(tendril: Tendril, capsys: Printed) -> None:
    ada = await confirmed(tendril)
    await ada.blocks()
    await tendril.advance("3 days")
    sent = next(each for each in (await tendril.explain(ada))["deliveries"] if each["channel"] == "email")

    told = await printed(tendril, ada, sent["delivery_id"], capsys)

    assert "email, because the user blocked the bot" in told


async def test_a_delivery_of_somebody_else_is_refused(tendril: Tendril) -> None:
    ada, bea = await tendril.started("Ada"), await tendril.started("Bea")
    hers = (await tendril.explain(bea))["deliveries"][0]["delivery_id"]

    with pytest.raises(SettingsError, match=f"delivery {hers} went to somebody else"):
        await explain(tendril.settings, Namespace(user=str(ada.id), delivery=hers))


async def test_a_tapped_button_is_told_by_its_name(tendril: Tendril, capsys: Printed) -> None:
    ada = await tendril.started("Ada")
    (welcome,) = await ada.messages()
    button = welcome["buttons"][0][0]["text"]
    await tendril.control.post(f"/users/{ada.id}/tap", message_id=welcome["message_id"], button=button)

    async def story_of_welcome() -> list[str]:
        number = (await tendril.explain(ada))["deliveries"][0]["delivery_id"]
        return (await printed(tendril, ada, number, capsys)).splitlines()

    async def is_told() -> bool:
        return "tapped «" in (await story_of_welcome())[-1]

    await until(is_told)
    assert not any("delivered" in line for line in await story_of_welcome())


def test_a_click_shows_where_it_led_and_no_more() -> None:
    url = "https://example.com/lesson/?utm_source=mail#top"

    told = story(delivery(), event("clicked", source="link", url=url))

    assert "clicked  example.com/lesson (our link)" in told


def test_a_failure_of_the_first_channel_is_the_reason_for_the_second() -> None:
    failed = delivery(
        delivery_id=7,
        channel="email",
        delivery_status="bounced",
        failed_at="2026-03-02T08:59:00+00:00",
        failure_reason="hard_bounce",
    )

    told = story(delivery(fallback_of=7), siblings=(failed,))

    assert "telegram, because email failed: the mailbox does not exist" in told


def test_silence_is_the_reason_for_the_second_channel() -> None:
    unanswered = delivery(delivery_id=7, channel="email", sent_at="2026-03-01T09:00:00+00:00")

    told = story(delivery(fallback_of=7), siblings=(unanswered,))

    assert "telegram, because nobody answered over email in 24 hours" in told


def test_a_reroute_names_the_other_channel_and_the_reason() -> None:
    blocked = [{"channel": "telegram", "reason": "blocked"}]

    told = story(
        delivery(channel="email", passed_over=blocked), event("reroute", reason="rerouted", channel="email")
    )

    assert "goes over email instead  the user blocked the bot (policy gate)" in told


def test_a_paused_channel_is_called_by_its_name() -> None:
    paused = [{"channel": "email", "reason": "channel_paused"}]

    assert "telegram, because email is paused" in story(delivery(passed_over=paused))


def test_what_was_skipped_does_not_say_why_it_took_a_channel() -> None:
    blocked = [{"channel": "email", "reason": "unreachable"}]

    told = story(delivery(delivery_status="skipped", reason="stale", passed_over=blocked))

    assert "because" not in told


def test_a_reaction_says_how_long_it_took() -> None:
    clicked = delivery(delivery_status="clicked", clicked_at="2026-03-05T09:00:00+00:00")

    assert what_happened(clicked, "UTC") == "sent Mon 02 Mar 2026 09:00, clicked 3 days later"
