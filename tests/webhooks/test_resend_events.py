"""Resend's words become ours at the edge."""

from typing import Any

import pytest

from webhooks.resend_events import as_delivery_event

TRACKING_ID = "7d8c6f3e-1111-4222-8333-444455556666"


def _event(**mail: Any) -> dict[str, Any]:
    return {"type": "email.bounced", "created_at": "2026-03-02T09:00:00.000Z", "data": mail}


@pytest.mark.parametrize(
    ("bounce", "kind"),
    [
        ({"type": "Permanent", "subType": "NoEmail"}, "bounced"),
        ({"type": "Permanent", "subType": "Suppressed"}, "bounced"),
        ({"type": "Transient", "subType": "MailboxFull"}, "soft_bounce"),
        ({"type": "transient"}, "soft_bounce"),
        ({"type": "Undetermined"}, "soft_bounce"),
        ({"type": None}, "bounced"),
        ({}, "bounced"),
        (None, "bounced"),
        ("550", "bounced"),
    ],
)
def test_a_bounce_is_hard_unless_it_says_otherwise(bounce: Any, kind: str) -> None:
    assert as_delivery_event("e", _event(bounce=bounce))["type"] == kind


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        ({"bounce": {"subType": "MailboxFull"}}, "mailbox_full"),
        ({"bounce": {"subType": "General"}}, "general"),
        ({"failed": {"reason": "reached_daily_quota"}}, "reached_daily_quota"),
        ({"suppressed": {"type": "OnAccountSuppressionList"}}, "on_account_suppression_list"),
        ({}, None),
    ],
)
def test_the_reason_is_a_short_code(mail: dict[str, Any], reason: str | None) -> None:
    assert as_delivery_event("e", _event(**mail))["reason"] == reason


@pytest.mark.parametrize(
    "tags", [{"tracking_id": TRACKING_ID}, [{"name": "tracking_id", "value": TRACKING_ID.upper()}]]
)
def test_tags_are_read_in_both_of_their_forms(tags: Any) -> None:
    assert as_delivery_event("e", _event(tags=tags))["tracking_id"] == TRACKING_ID


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-03-02T09:00:00.000Z", "2026-03-02T09:00:00+00:00"),
        ("2026-03-02 09:00:00.5+00", "2026-03-02T09:00:00.500000+00:00"),
        ("2026-03-02T09:00:00", "2026-03-02T09:00:00+00:00"),
        ("yesterday", None),
        (1767225600, None),
        (None, None),
    ],
)
def test_moments_are_read_as_they_come(written: Any, moment: str | None) -> None:
    event = as_delivery_event("e", {"type": "email.sent", "created_at": written, "data": {}})

    assert event["occurred_at"] == moment


@pytest.mark.parametrize(
    ("agent", "actor"),
    [
        ("Mozilla/5.0 (X11) Firefox/140.0", "human"),
        ("Mozilla/5.0", "machine"),
        ("Barracuda Sentinel", "machine"),
        (None, "human"),
    ],
)
def test_the_client_of_a_click_says_whether_it_was_a_person(agent: str | None, actor: str) -> None:
    event = as_delivery_event("e", _event(click={"link": "https://example.org", "userAgent": agent}))

    assert event["actor"] == actor
    assert event["details"]["url"] == "https://example.org"


def test_the_address_of_whoever_clicked_is_not_kept() -> None:
    click = {"link": "https://example.org", "ipAddress": "198.51.100.77", "userAgent": "Firefox"}

    kept = as_delivery_event("e", _event(click=click))["details"]

    assert "198.51.100.77" not in str(kept)
    assert kept["raw"]["data"]["click"]["network"] == "198.51.0.0/16"
