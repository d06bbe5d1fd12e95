"""Every step of the catalogue on every channel: as it was approved, and fit to be sent.

`REFRESH_GOLDEN=1 pytest tests/sequences/test_catalogue.py` writes the approved renderings anew; read the
difference before committing it.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import html5lib
import pytest

from sequences.definition import Sequence, Step
from sequences.loading import load_catalogue
from sequences.rendering import EMAIL_BYTES, TELEGRAM_TEXT, telegram_length
from tests.sequences.content import CATALOGUE, HEX_ID, renderer, row

GOLDEN = Path(__file__).parent / "golden"
CONTEXTS: dict[str, dict[str, Any]] = {
    "email_verification": {"email": "maya@example.org", "code": "482915", "contact_point_id": 7},
    "commitment_followup": {
        "commitment_id": 7,
        "text": "Write two pages of chapter one & send them to <Ben>",
        "due_at": "2026-03-06T20:00:00+00:00",
        "remind_before": True,
        "remind_on_day": True,
    },
    "meeting_reminder": {
        "event_id": 7,
        "kind": "meeting",
        "title": "The early birds",
        "starts_at": "2026-03-03T17:00:00+00:00",
        "join_url": "https://meet.example.org/birds",
    },
    "meeting_news": {
        "event_id": 7,
        "kind": "meeting",
        "title": "The early birds",
        "starts_at": "2026-03-03T17:00:00+00:00",
        "news": "moved",
    },
    "privacy_link": {"until": "2026-03-02T13:00:00+00:00"},
    "streak_celebration": {"event": {"days": 30}},
    "streak_reminder": {"event": {"days": 12, "freezes": 1}},
    "streak_frozen": {"event": {"days": 12, "freezes": 1}},
    "streak_lost": {"event": {"days": 12, "repair_until": "2026-03-04T00:00:00+00:00"}},
    "level_up": {"event": {"level": 4, "name": "Achiever", "xp": 600}},
    "achievement_earned": {"event": {"achievement": "early_bird", "title": "Early bird", "icon": "🌅"}},
    "league_ended": {"event": {"league": "Sprout", "people": 28, "place": 3, "result": "promoted"}},
    "community_building": {"event": {"pod_id": 3, "pod": "The early birds"}},
    "admin_alert": {
        "kind": "channel_paused",
        "is_over": False,
        "channel": "email",
        "reason": "invalid_api_key",
    },
    "feedback_received": {"feedback_id": 7, "text": "More of *this*,\n<please>!", "name": "Bo"},
    "outreach_task": {
        "task_id": 7,
        "name": "Bo Berg",
        "risk": 91,
        "reasons": [{"words": "nothing for 12 days"}, {"words": "6 messages unanswered"}],
        "is_reminder": False,
        "telegram_id": "77001",
        "email": "bo@example.org",
    },
    "direct_message": {
        "body": "Hi Maya,\n\nthe pod meets at *seven*, not six.\nSee you!",
        "subject": "New time",
    },
}
STEPS = [(sequence, step) for sequence in load_catalogue(CATALOGUE) for step in sequence.steps]
CASES = [pytest.param(*case, id=f"{case[0].name}.{case[1].name}") for case in STEPS]
every_step = pytest.mark.parametrize(("sequence", "step"), CASES)


def rendered(sequence: Sequence, step: Step, channel: str, **changes: Any) -> dict[str, Any]:
    values = {
        "sequence_type": sequence.name,
        "message_class": step.message_class or sequence.message_class,
        "context": CONTEXTS.get(sequence.name, {}),
    }
    return renderer().render(step, channel, row(**(values | changes)))


def files(name: str, content: dict[str, Any]) -> dict[str, str]:
    """A rendering as files that a person can read."""
    rest = dict(content)
    pages = {f"{name}.{kind}": rest.pop(kind) for kind in ("html", "text") if isinstance(rest.get(kind), str)}
    if rest:
        pages[f"{name}.json"] = json.dumps(rest, indent=2, ensure_ascii=False)
    return {file: text.rstrip("\n") + "\n" for file, text in pages.items()}


@every_step
@pytest.mark.parametrize("channel", ["telegram", "email", "sms"])
def test_a_rendering_is_as_it_was_approved(sequence: Sequence, step: Step, channel: str) -> None:
    found = files(f"{sequence.name}.{step.name}.{channel}", rendered(sequence, step, channel))
    for file, text in found.items():
        if os.environ.get("REFRESH_GOLDEN"):
            GOLDEN.mkdir(exist_ok=True)
            (GOLDEN / file).write_text(text, encoding="utf-8")
        assert text == (GOLDEN / file).read_text(encoding="utf-8")


def test_no_approved_rendering_is_left_over() -> None:
    expected = {
        file
        for sequence, step in STEPS
        for channel in ("telegram", "email", "sms")
        for file in files(f"{sequence.name}.{step.name}.{channel}", rendered(sequence, step, channel))
    }
    assert {path.name for path in GOLDEN.iterdir()} == expected


@every_step
def test_an_email_is_valid_html(sequence: Sequence, step: Step) -> None:
    html5lib.HTMLParser(strict=True).parse(rendered(sequence, step, "email")["html"])


@every_step
def test_an_email_is_complete(sequence: Sequence, step: Step) -> None:
    message = rendered(sequence, step, "email")
    assert len(message["html"].encode()) < EMAIL_BYTES
    assert message["subject"] == message["subject"].strip() != ""
    assert len(message["text"]) > 40
    assert "{{" not in json.dumps(message)
    assert "{%" not in json.dumps(message)
    assert "\ue000" not in json.dumps(message, ensure_ascii=False)
    assert "fonts.googleapis.com" not in message["html"]


@every_step
def test_the_links_and_pictures_of_an_email_are_whole(sequence: Sequence, step: Step) -> None:
    page = html5lib.parse(rendered(sequence, step, "email")["html"], namespaceHTMLElements=False)
    for link in page.iter("a"):
        assert re.match(r"https://\S+\Z", link.get("href", "")), link.attrib
    for picture in page.iter("img"):
        assert re.match(r"https://\S+\Z", picture.get("src", ""))
        assert picture.get("alt") is not None
    assert not [*page.iter("link"), *page.iter("script")]


@every_step
def test_an_email_can_be_left_unless_it_is_transactional(sequence: Sequence, step: Step) -> None:
    message = rendered(sequence, step, "email")
    is_mailing = sequence.message_class != "transactional"
    for part in (message["html"], message["text"], json.dumps(message["headers"])):
        assert ("https://t.example/u/" in part) is is_mailing


@every_step
def test_a_telegram_message_is_complete(sequence: Sequence, step: Step) -> None:
    message = rendered(sequence, step, "telegram")
    assert 0 < telegram_length(message["text"]) <= TELEGRAM_TEXT
    assert set(re.findall(r"</?(\w+)", message["text"])) <= {"b", "i", "s", "a", "code", "pre", "blockquote"}
    for button in [button for line in message["buttons"] for button in line]:
        assert button.get("url", "https://").startswith("https://")
        assert len(button.get("callback_data", "").encode()) <= 64


@every_step
def test_a_step_reads_well_without_a_name(sequence: Sequence, step: Step) -> None:
    for channel in ("telegram", "email", "sms"):
        message = rendered(sequence, step, channel, user={"timezone": "Europe/Berlin"})
        assert not re.search(r" [,.!?:]|\bNone\b|Hi *[,.!]", message["text"]), message["text"]


def onboarding() -> Sequence:
    return next(sequence for sequence in load_catalogue(CATALOGUE) if sequence.name == "onboarding")


def test_the_first_week_begins_at_once_and_ends_on_its_seventh_day() -> None:
    steps = onboarding().steps
    assert (steps[0].after, steps[0].quiet_hours) == ("0 seconds", False)
    assert steps[-1].after == "6 days"
    assert len(steps) >= 4


def test_the_first_week_prefers_email_once_and_turns_to_telegram_when_nobody_reads_it() -> None:
    (letter,) = [step for step in onboarding().steps if step.channels[0] == "email"]
    assert (letter.channels, letter.fallback, letter.fallback_after) == (
        ("email", "telegram"),
        "no_engagement",
        "24 hours",
    )


def test_the_nudge_is_only_for_those_without_a_goal_and_can_end_that() -> None:
    (nudge,) = [step for step in onboarding().steps if step.condition]
    assert nudge.condition == {"behavior.goal_set": {"$exists": False}}
    row_of_buttons = rendered(onboarding(), nudge, "telegram")["buttons"][0]
    assert row_of_buttons[0]["callback_data"] == f"e:{HEX_ID}:goal_set"


def test_a_direct_message_is_plain_text() -> None:
    (case,) = [case for case in STEPS if case[0].name == "direct_message"]
    body = "*not bold* <b>not</b> {{ 7 * 7 }} [x](https://e.org)"
    text = rendered(*case, "telegram", context={"body": body})["text"]
    assert text == "*not bold* &lt;b&gt;not&lt;/b&gt; {{ 7 * 7 }} [x](https://e.org)"


def test_a_direct_message_without_a_subject_has_one() -> None:
    (case,) = [case for case in STEPS if case[0].name == "direct_message"]
    assert rendered(*case, "email", context={"body": "Hi"})["subject"] == "A message from Tendril"


def test_a_verification_goes_to_the_address_it_is_about_and_shows_its_code() -> None:
    (case,) = [case for case in STEPS if case[0].name == "email_verification"]
    assert (case[1].recipient, case[1].quiet_hours, case[1].channels) == ("email", False, ("email",))
    message = rendered(*case, "email")
    assert "482915" in message["subject"]
    assert "https://t.example/confirm/" in message["html"]
