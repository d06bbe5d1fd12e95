"""Who somebody is, how they are reached, what they wish, and all that was begun and sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.page import Page
from bot.stories.deliveries import delivery_lines
from bot.stories.enrollments import enrollments, held_back
from bot.stories.moments import local
from sequences.reasons import in_words

Row = Mapping[str, Any]


def user_story(story: Row, page: Page) -> list[str]:
    zone = story["user"]["timezone"]
    return [
        *_who(story, page),
        *_addresses(story, page, zone),
        *_wishes(story, page, zone),
        *_dropping_off(story, page, zone),
        *enrollments(story, page, zone),
        *held_back(story, page, zone),
        *_messages(story, page, zone),
    ]


def _who(story: Row, page: Page) -> list[str]:
    user = story["user"]
    name = (
        " ".join(part for part in (user["first_name"], user["last_name"]) if part)
        or "Somebody without a name"
    )
    handle = f" (@{user['username']})" if user.get("username") else ""
    facts = [f"id {user['id']}"]
    facts += [f"external id {user['external_id']}"] if user.get("external_id") else []
    facts += [f"came by {user['source']}"] if user.get("source") else []
    facts += (
        [f"last seen {local(user['last_active_at'], user['timezone'])}"] if user.get("last_active_at") else []
    )
    return [page.paint(name + handle, "bold"), "  " + page.paint(", ".join(facts), "dim")]


def _addresses(story: Row, page: Page, zone: str) -> list[str]:
    points = story["contact_points"]
    if not points:
        return [*page.heading("Addresses"), "  none: there is no way to reach this user"]
    return [
        *page.heading("Addresses"),
        *page.columns((point["channel"], point["address"], _point_state(point, zone)) for point in points),
    ]


def _point_state(point: Row, zone: str) -> str:
    reason = in_words(point.get("state_reason"))
    state = f"{point['state']}: {reason}" if reason and point["state"] != "active" else str(point["state"])
    if point.get("unsubscribed_at"):
        return f"{state}, unsubscribed {local(point['unsubscribed_at'], zone)}"
    return state


def _wishes(story: Row, page: Page, zone: str) -> list[str]:
    wishes = story["preferences"]
    chosen = wishes["preferred_channel"]
    where = (
        f"{chosen}, chosen by the user"
        if chosen
        else f"no choice made; {story['preferred_channel']} works best"
    )
    quiet = f"{wishes['quiet_from'][:5]} to {wishes['quiet_until'][:5]}"
    rows = [
        ("channel", where),
        ("time", f"in the {wishes['preferred_time']}, {zone}; quiet from {quiet}"),
        ("at most", _at_most(wishes)),
    ]
    if wishes["declined"]:
        rows.append(("declined", ", ".join(each["sequence"] for each in wishes["declined"])))
    if wishes["stopped_at"]:
        rows.append(("stopped", f"everything, since {local(wishes['stopped_at'], zone)}"))
    if wishes["paused_until"]:
        until = wishes["paused_until"]
        rows.append(
            (
                "paused",
                "until resumed" if until.startswith(("9999", "inf")) else f"until {local(until, zone)}",
            )
        )
    return [*page.heading("Wishes"), *page.columns(rows)]


def _at_most(wishes: Row) -> str:
    week = f", {wishes['max_per_week']} a week" if wishes["max_per_week"] is not None else ""
    return f"{wishes['max_per_day']} a day{week}"


def _dropping_off(story: Row, page: Page, zone: str) -> list[str]:
    risk = story["risk"]
    if risk is None:
        return []
    rows = [
        ("risk", f"{risk['risk']:.0f}%, which is {risk['band']}; told {local(risk['calculated_at'], zone)}"),
        ("over", f"7 days {risk['weekly']:.0f}%, 30 days {risk['monthly']:.0f}%"),
        ("why", "; ".join(each["words"] for each in risk["reasons"]) or "nothing raises it"),
        ("by", f"{risk['model']}, with a confidence of {risk['confidence']:.2f}"),
    ]
    return [*page.heading("Risk of dropping off"), *page.columns(rows)]


def _messages(story: Row, page: Page, zone: str) -> list[str]:
    if not story["deliveries"]:
        return [*page.heading("Messages"), "  none yet"]
    deliveries = story["deliveries"]
    return [
        *page.heading(f"Messages (times in {zone})"),
        *delivery_lines(deliveries, deliveries, page, zone),
    ]
