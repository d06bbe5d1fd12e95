"""`python -m bot explain USER [DELIVERY]`: who it is, what was sent, held or skipped, and why, in words."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.database import direct_address, opened_store
from bot.settings import Settings, SettingsError
from sequences.interventions import because
from sequences.reasons import in_words

Row = Mapping[str, Any]
_STATUS_COLORS = {
    **dict.fromkeys(("sent", "delivered", "opened", "clicked"), "green"),
    **dict.fromkeys(("pending", "sending"), "yellow"),
    **dict.fromkeys(("skipped", "cancelled"), "dim"),
}
_COLORS = {"bold": "1", "dim": "2", "green": "32", "yellow": "33", "red": "31"}


async def explain(settings: Settings, arguments: argparse.Namespace) -> int:
    page = Page(sys.stdout.isatty())
    async with direct_address(settings) as address, opened_store(settings, address) as store:
        user = await store.call("explain_user", reference=arguments.user)
        if arguments.delivery is None:
            lines = [*user_story(user, page), *_what_to_type(user, arguments.user, page)]
        else:
            delivery = await store.call("explain_delivery", delivery_id=arguments.delivery)
            if not is_theirs(delivery, user):
                raise SettingsError(
                    f"delivery {arguments.delivery} went to somebody else: "
                    f"`python -m bot explain {arguments.user}` lists those of {arguments.user}"
                )
            lines = delivery_story(delivery, user["user"]["timezone"], page)
    print("\n".join(lines))
    return 0


def is_theirs(delivery: Row, user: Row) -> bool:
    enrollments = {each["enrollment_id"] for each in user["enrollments"]}
    return delivery["enrollment"]["enrollment_id"] in enrollments


class Page:
    """Plain text; with color where a person looks at it."""

    def __init__(self, is_colored: bool) -> None:
        self._is_colored = is_colored

    def paint(self, text: str, color: str) -> str:
        return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if self._is_colored else text

    def heading(self, text: str) -> list[str]:
        return ["", self.paint(text, "bold")]

    def line(self, text: str) -> str:
        return f"  {text}"

    def columns(self, rows: Iterable[Sequence[str]], colors: Sequence[str] = ()) -> list[str]:
        """Aligned; the last column is as long as it likes, and its further lines stand below, dim.

        `colors` has one for each row, or none.
        """
        table = [list(row) for row in rows]
        widths = [max(map(len, column)) for column in zip(*(row[:-1] for row in table), strict=True)]
        lines = []
        for number, row in enumerate(table):
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            first, *more = row[-1].split("\n")
            last = self.paint(first, colors[number]) if colors else first
            lines.append("  " + "  ".join([*cells, last]).rstrip())
            indent = " " * (2 + sum(width + 2 for width in widths))
            lines += [indent + self.paint(line, "dim") for line in more]
        return lines


def user_story(story: Row, page: Page) -> list[str]:
    zone = story["user"]["timezone"]
    return [
        *_who(story, page),
        *_addresses(story, page, zone),
        *_wishes(story, page, zone),
        *_dropping_off(story, page, zone),
        *_enrollments(story, page, zone),
        *_held_back(story, page, zone),
        *_messages(story, page, zone),
    ]


def delivery_story(story: Row, zone: str, page: Page) -> list[str]:
    delivery = story["delivery"]
    siblings = story["siblings"]
    moments = [(delivery["scheduled_at"], "due", "")]
    moments += [_event(event, delivery, zone) for event in story["events"]]
    moments += _passed(delivery, {event["type"] for event in story["events"]})
    moments.sort(key=lambda moment: _moment(moment[0]))
    title = f"Delivery {delivery['delivery_id']}: {_step(delivery)}, over {delivery['channel']}"
    lines = [page.paint(title, "bold"), page.line(what_happened(delivery, zone))]
    lines += [page.line(line) for line in _why_this_way(delivery, siblings)]
    lines += [page.line(line) for line in _origin(story["enrollment"], zone)]
    lines += page.heading(f"What happened (times in {zone})")
    lines += page.columns((local(at, zone), what, why) for at, what, why in moments)
    if siblings:
        lines += page.heading("The same step on other channels")
        lines += _delivery_lines(siblings, [*siblings, delivery], page, zone)
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
            return "sent " + local(delivery["sent_at"], zone) + _reactions(delivery)
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
    return _moment(moment).astimezone(ZoneInfo(zone)).strftime("%a %d %b %Y %H:%M")


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


def _at_most(wishes: Row) -> str:
    week = f", {wishes['max_per_week']} a week" if wishes["max_per_week"] is not None else ""
    return f"{wishes['max_per_day']} a day{week}"


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


def _enrollments(story: Row, page: Page, zone: str) -> list[str]:
    rows = [
        (
            each["sequence"] + (f" ({each['key']})" if each["key"] else ""),
            f"step {each['current_step']} of {each['steps']}",
            each["status"] + (f": {in_words(each['status_reason'])}" if each["status_reason"] else ""),
            "\n".join([f"since {local(each['enrolled_at'], zone)}", *_origin(each, zone)]),
        )
        for each in story["enrollments"]
    ]
    return [*page.heading("Sequences"), *(page.columns(rows) if rows else ["  none"])]


def _held_back(story: Row, page: Page, zone: str) -> list[str]:
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


def _origin(enrollment: Row, zone: str) -> list[str]:
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


def _messages(story: Row, page: Page, zone: str) -> list[str]:
    if not story["deliveries"]:
        return [*page.heading("Messages"), "  none yet"]
    deliveries = story["deliveries"]
    return [
        *page.heading(f"Messages (times in {zone})"),
        *_delivery_lines(deliveries, deliveries, page, zone),
    ]


def _what_to_type(story: Row, reference: str, page: Page) -> list[str]:
    """The next question, ready to be pasted."""
    if not story["deliveries"]:
        return []
    number = story["deliveries"][-1]["delivery_id"]
    command = f".venv/bin/python -m bot explain {shlex.quote(reference)} {number}"
    return ["", page.paint(f"  The whole story of one: {command}", "dim")]


def _delivery_lines(deliveries: Sequence[Row], known: Sequence[Row], page: Page, zone: str) -> list[str]:
    """`known` are those among which an earlier attempt may be found."""
    rows = [
        (
            str(each["delivery_id"]),
            _step(each),
            each["channel"],
            "\n".join([what_happened(each, zone), *_why_this_way(each, known)]),
        )
        for each in deliveries
    ]
    return page.columns(rows, [_STATUS_COLORS.get(each["delivery_status"], "red") for each in deliveries])


def _step(delivery: Row) -> str:
    return f"{delivery['sequence_type']} {delivery['message_step']} {delivery['step_name'] or ''}".rstrip()


def _why_this_way(delivery: Row, known: Sequence[Row]) -> list[str]:
    """Why it took this channel and not another, where that needs to be said."""
    channel = delivery["channel"]
    why = _instead_of(delivery, known) or _passed_over(delivery)
    lines = [f"{channel}, because {why}"] if why else []
    return (
        [*lines, "perhaps twice: a process died while it was sent"]
        if delivery["possibly_duplicate"]
        else lines
    )


def _passed_over(delivery: Row) -> str:
    """Of what was sent or will be: what was not sent has a reason of its own."""
    if delivery["delivery_status"] in ("skipped", "cancelled"):
        return ""
    others = [each for each in delivery["passed_over"] or () if each["channel"] != delivery["channel"]]
    return " and ".join(_of(each["channel"], each["reason"]) for each in others)


def _of(channel: str, reason: str) -> str:
    """A reason that speaks of "the channel" or "there", told of a channel by its name."""
    words = in_words(reason).replace("the channel", channel)
    return re.sub(r"\bthere\b", f"over {channel}", words)


def _instead_of(delivery: Row, known: Sequence[Row]) -> str:
    before = next((each for each in known if each["delivery_id"] == delivery["fallback_of"]), None)
    if delivery["fallback_of"] is None:
        return ""
    if before is None:
        return f"delivery {delivery['fallback_of']} did not reach the user"
    if before["failed_at"] and _moment(before["failed_at"]) <= _moment(delivery["scheduled_at"]):
        reason = _of(before["channel"], before["failure_reason"] or before["reason"] or "")
        return f"{before['channel']} failed" + (f": {reason}" if reason else "")
    waited = _span(before["sent_at"] or before["scheduled_at"], delivery["scheduled_at"])
    return f"nobody answered over {before['channel']} in {waited}"


def _reactions(delivery: Row) -> str:
    """The strongest one, how long it took: who clicks has opened."""
    for column, word in (("clicked_at", "clicked"), ("opened_at", "opened")):
        if delivery[column]:
            return f", {word} {_span(delivery['sent_at'], delivery[column])} later"
    return ""


def _span(start: str, end: str) -> str:
    """In the largest unit of which there are two: 36 hours, 3 days."""
    seconds = (_moment(end) - _moment(start)).total_seconds()
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit}"
    return "a moment" if seconds < 60 else "a minute"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


_DECISIONS = {
    "send": "may be sent",
    "hold": "held",
    "skip": "skipped",
    "stop": "stopped, and the sequence with it",
    "reroute": "goes another way",
    "opened": "opened",
    "clicked": "clicked",
    "engaged": "answered",
    "trapped": "followed a link that nobody sees",
    "busy": "put off by the provider",
}
_SOURCES = {
    "gate": "policy gate",
    "worker": "delivery",
    "resend": "Resend",
    "link": "our link",
    "telegram": "Telegram",
}
_ACTORS = {"machine": ", a machine", "unknown": ", perhaps a machine"}


def _event(event: Row, delivery: Row, zone: str) -> tuple[str, str, str]:
    kind: str = event["type"]
    if kind == "clicked" and event["source"] == "link" and not event["url"]:
        return event["occurred_at"], _tapped(event), ""
    what = _DECISIONS.get(kind, kind.replace("_", " "))
    why = in_words(event["reason"])
    if kind == "hold" and event["until"]:
        what += f" until {local(event['until'], zone)}"
    elif kind == "reroute" and event["channel"]:
        what, why = f"goes over {event['channel']} instead", _passed_over(delivery) or why
    elif event["url"]:
        why = _without_query(event["url"])
    source: str = event["source"]
    by = _SOURCES.get(source, source) + _ACTORS.get(event["actor"], "")
    if event["judge_at"]:
        by += ", and waits to be judged"
    return event["occurred_at"], what, f"{why} ({by})" if why else f"({by})"


def _tapped(event: Row) -> str:
    """SQL names the label when it knows it; the event that the button stands for is noted as the reason."""
    name = event.get("button") or (event["reason"] or "a button").replace("_", " ")
    return f"tapped «{name}»"


def _without_query(url: str) -> str:
    """Where a link leads, without what it carries along, which may be about a person."""
    split = urlsplit(url)
    return f"{split.hostname or ''}{split.path.rstrip('/')}"[:100] or f"{split.scheme}: link"


def _passed(delivery: Row, told: set[str]) -> list[tuple[str, str, str]]:
    """What the delivery's own columns know and no event told; not what is only concluded from a reaction."""
    columns = {"sent_at": "sent", "delivered_at": "delivered", "failed_at": "failed"}
    reactions = {delivery["opened_at"], delivery["clicked_at"]}
    return [
        (delivery[column], word, "")
        for column, word in columns.items()
        if delivery[column] and word not in told and delivery[column] not in reactions
    ]
