"""How far somebody is in each sequence, how that began, and what has not begun yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.page import Page
from bot.stories.moments import local
from sequences.interventions import because
from sequences.reasons import in_words

Row = Mapping[str, Any]


def enrollments(story: Row, page: Page, zone: str) -> list[str]:
    rows = [
        (
            each["sequence"] + (f" ({each['key']})" if each["key"] else ""),
            f"step {each['current_step']} of {each['steps']}",
            each["status"] + (f": {in_words(each['status_reason'])}" if each["status_reason"] else ""),
            "\n".join([f"since {local(each['enrolled_at'], zone)}", *origin(each, zone)]),
        )
        for each in story["enrollments"]
    ]
    return [*page.heading("Sequences"), *(page.columns(rows) if rows else ["  none"])]


def held_back(story: Row, page: Page, zone: str) -> list[str]:
    """Whom a campaign was to enroll and has not: nothing else of it is known of them."""
    rows = [
        (f"campaign {each['campaign']}", f"since {local(each['since'], zone)}", _why_not_yet(each, zone))
        for each in story["held_back"]
    ]
    return [*page.heading("Not begun"), *page.columns(rows)] if rows else []


def _why_not_yet(held: Row, zone: str) -> str:
    why = in_words(held["reason"])
    if held["again_at"] is None:
        return why
    return f"{why} (at most {held['per_minute']}); it goes on {local(held['again_at'], zone)}"


def origin(enrollment: Row, zone: str) -> list[str]:
    """The risk or the campaign that began this, and the variant of an experiment that it is."""
    return [*_risk(enrollment), *_campaign(enrollment), *_later(enrollment, zone), *_variant(enrollment)]


def _risk(enrollment: Row) -> list[str]:
    made = enrollment.get("intervention")
    return [f"because {because(made['risk'], made['reasons'])}"] if made else []


def _campaign(enrollment: Row) -> list[str]:
    if not enrollment.get("campaign"):
        return []
    # what goes by no date has the campaign itself as its key
    is_dated = enrollment["key"][:1].isdigit()
    return [f"campaign {enrollment['campaign']}" + (f", its time {enrollment['key']}" if is_dated else "")]


def _later(enrollment: Row, zone: str) -> list[str]:
    if not enrollment.get("begins_at"):
        return []
    return [f"to begin {local(enrollment['begins_at'], zone)}: {in_words('throttled')}"]


def _variant(enrollment: Row) -> list[str]:
    if not enrollment.get("experiment"):
        return []
    return [f"variant {enrollment['variant']} of the experiment {enrollment['experiment']}"]
