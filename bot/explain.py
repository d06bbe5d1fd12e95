"""`python -m bot explain USER [DELIVERY]`: who it is, what was sent, held or skipped, and why, in words."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.build import direct_address, opened_store
from bot.settings import Settings
from sequences.reasons import in_words

Row = Mapping[str, Any]
_STEPS = {"sent": "green", "delivered": "green", "opened": "green", "clicked": "green", "pending": "yellow"}
_COLORS = {"bold": "1", "dim": "2", "green": "32", "yellow": "33", "red": "31"}


async def explain(settings: Settings, arguments: argparse.Namespace) -> int:
    page = Page(sys.stdout.isatty())
    async with direct_address(settings) as address, opened_store(settings, address) as store:
        user = await store.call("explain_user", reference=arguments.user)
        if arguments.delivery is None:
            lines = user_story(user, page)
        else:
            delivery = await store.call("explain_delivery", delivery_id=arguments.delivery)
            lines = delivery_story(delivery, user["user"]["timezone"], page)
    print("\n".join(lines))
    return 0


class Page:
    """Plain text; with color where a person looks at it."""

    def __init__(self, is_colored: bool) -> None:
        self._is_colored = is_colored

    def paint(self, text: str, color: str) -> str:
        return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if self._is_colored else text

    def heading(self, text: str) -> list[str]:
        return ["", self.paint(text, "bold")]

    def columns(self, rows: Iterable[Sequence[str]], colors: Sequence[str] = ()) -> list[str]:
        """Aligned; the last column is as long as it likes. `colors` has one for each row, or none."""
        table = [list(row) for row in rows]
        widths = [max(map(len, column)) for column in zip(*(row[:-1] for row in table), strict=True)]
        lines = []
        for number, row in enumerate(table):
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            last = self.paint(row[-1], colors[number]) if colors else row[-1]
            lines.append("  " + "  ".join([*cells, last]).rstrip())
        return lines


def user_story(story: Row, page: Page) -> list[str]:
    zone = story["user"]["timezone"]
    return [
        *_who(story, page),
        *_addresses(story, page, zone),
        *_wishes(story, page, zone),
        *_enrollments(story, page, zone),
        *_messages(story, page, zone),
    ]


def delivery_story(story: Row, zone: str, page: Page) -> list[str]:
    delivery = story["delivery"]
    moments = [(delivery["scheduled_at"], "due", "")]
    moments += [_event(event, zone) for event in story["events"]]
    moments += _passed(delivery, {moment[1].split(" ")[0] for moment in moments})
    moments.sort(key=lambda moment: datetime.fromisoformat(moment[0]))
    title = f"Delivery {delivery['delivery_id']}: {_step(delivery)}, over {delivery['channel']}"
    lines = [page.paint(title, "bold"), f"  {what_happened(delivery, zone)}", *page.heading("What happened")]
    lines += page.columns((local(at, zone), what, why) for at, what, why in moments)
    if story.get("siblings"):
        lines += page.heading("The same step on other channels")
        lines += _delivery_lines(story["siblings"], page, zone)
    return lines


def what_happened(delivery: Row, zone: str) -> str:
    """One delivery in one sentence."""
    reason = in_words(delivery["failure_reason"] or delivery["reason"])
    match delivery["delivery_status"]:
        case "pending":
            when = (
                local(delivery["next_attempt_at"], zone) if delivery["next_attempt_at"] else "further notice"
            )
            return f"waits until {when}" + (f": {reason}" if reason else "")
        case "sending":
            return "is being sent"
        case "sent" | "delivered" | "opened" | "clicked":
            return "sent " + local(delivery["sent_at"], zone) + _reactions(delivery, zone)
        case "skipped":
            return f"skipped: {reason or 'no reason was noted'}"
        case "cancelled":
            return f"canceled: {reason or 'no reason was noted'}"
        case "unknown":
            return f"nobody knows whether it arrived: {reason or 'the provider never answered'}"
        case "parked":
            return f"waits for an admin: {reason or 'it could not be written'}"
        case status:
            return f"{status}: {reason or 'no reason was noted'}"


def local(moment: str | None, zone: str) -> str:
    if moment is None:
        return "never"
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).strftime("%a %d %b %Y %H:%M")


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
    state = f"{point['state']}: {reason}" if reason else str(point["state"])
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
        ("at most", f"{wishes['max_per_day']} a day"),
    ]
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


def _enrollments(story: Row, page: Page, zone: str) -> list[str]:
    rows = [
        (
            each["sequence"] + (f" ({each['key']})" if each["key"] else ""),
            f"step {each['current_step']} of {each['steps']}",
            each["status"] + (f": {in_words(each['status_reason'])}" if each["status_reason"] else ""),
            f"since {local(each['enrolled_at'], zone)}",
        )
        for each in story["enrollments"]
    ]
    return [*page.heading("Sequences"), *(page.columns(rows) if rows else ["  none"])]


def _messages(story: Row, page: Page, zone: str) -> list[str]:
    if not story["deliveries"]:
        return [*page.heading("Messages"), "  none yet"]
    title = f"Messages (times in {zone}; `explain USER NUMBER` tells one's whole story)"
    return [*page.heading(title), *_delivery_lines(story["deliveries"], page, zone)]


def _delivery_lines(deliveries: Sequence[Row], page: Page, zone: str) -> list[str]:
    rows = [
        (str(each["delivery_id"]), _step(each), each["channel"], what_happened(each, zone) + _instead(each))
        for each in deliveries
    ]
    return page.columns(rows, [_STEPS.get(each["delivery_status"], "red") for each in deliveries])


def _step(delivery: Row) -> str:
    return f"{delivery['sequence_type']} {delivery['message_step']} {delivery['step_name'] or ''}".rstrip()


def _instead(delivery: Row) -> str:
    instead = f" (instead of {delivery['fallback_of']})" if delivery["fallback_of"] else ""
    return instead + (" (perhaps twice)" if delivery["possibly_duplicate"] else "")


def _reactions(delivery: Row, zone: str) -> str:
    told = [
        f"{word} {local(delivery[column], zone)}"
        for column, word in (("opened_at", "opened"), ("clicked_at", "clicked"))
        if delivery[column]
    ]
    return "".join(f", {each}" for each in told)


_DECISIONS = {
    "send": "may be sent",
    "hold": "held",
    "skip": "skipped",
    "stop": "stopped, and the sequence with it",
    "reroute": "goes another way",
    "opened": "opened",
    "clicked": "clicked",
    "busy": "put off by the provider",
}
_SOURCES = {"gate": "policy gate", "worker": "delivery", "resend": "Resend", "link": "a tracked link"}


def _event(event: Row, zone: str) -> tuple[str, str, str]:
    kind: str = event["type"]
    what = _DECISIONS.get(kind, kind.replace("_", " "))
    if event["type"] == "hold" and event.get("until"):
        what += f" until {local(event['until'], zone)}"
    if event["type"] == "reroute" and event.get("channel"):
        what += f", over {event['channel']}"
    why = in_words(event["reason"]) or (event.get("url") or "")
    source: str = event["source"]
    by = _SOURCES.get(source, source) + (", a machine" if event["is_machine"] else "")
    return event["occurred_at"], what, f"{why} ({by})" if why else f"({by})"


def _passed(delivery: Row, told: set[str]) -> list[tuple[str, str, str]]:
    """What the delivery's own columns know and no event told."""
    columns = {"sent_at": "sent", "delivered_at": "delivered", "failed_at": "failed"}
    return [
        (delivery[column], word, "")
        for column, word in columns.items()
        if delivery[column] and word not in told
    ]
