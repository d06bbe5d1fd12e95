"""What became of messages, and why over this channel: each in a line, or one from beginning to end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from bot.page import Page
from bot.stories.enrollments import origin
from bot.stories.moments import local, moment_of, span
from sequences.reasons import in_words

Row = Mapping[str, Any]
_STATUS_COLORS = {
    **dict.fromkeys(("sent", "delivered", "opened", "clicked"), "green"),
    **dict.fromkeys(("pending", "sending"), "yellow"),
    **dict.fromkeys(("skipped", "cancelled"), "dim"),
}


def delivery_story(story: Row, zone: str, page: Page) -> list[str]:
    delivery = story["delivery"]
    siblings = story["siblings"]
    moments = [(delivery["scheduled_at"], "due", "")]
    moments += [_event(event, delivery, zone) for event in story["events"]]
    moments += _passed(delivery, {event["type"] for event in story["events"]})
    moments.sort(key=lambda moment: moment_of(moment[0]))
    title = f"Delivery {delivery['delivery_id']}: {_step(delivery)}, over {delivery['channel']}"
    lines = [page.paint(title, "bold"), page.line(what_happened(delivery, zone))]
    lines += [page.line(line) for line in _why_this_way(delivery, siblings)]
    lines += [page.line(line) for line in origin(story["enrollment"], zone)]
    lines += page.heading(f"What happened (times in {zone})")
    lines += page.columns((local(at, zone), what, why) for at, what, why in moments)
    if siblings:
        lines += page.heading("The same step on other channels")
        lines += delivery_lines(siblings, [*siblings, delivery], page, zone)
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


def delivery_lines(deliveries: Sequence[Row], known: Sequence[Row], page: Page, zone: str) -> list[str]:
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
    if before["failed_at"] and moment_of(before["failed_at"]) <= moment_of(delivery["scheduled_at"]):
        reason = _of(before["channel"], before["failure_reason"] or before["reason"] or "")
        return f"{before['channel']} failed" + (f": {reason}" if reason else "")
    waited = span(before["sent_at"] or before["scheduled_at"], delivery["scheduled_at"])
    return f"nobody answered over {before['channel']} in {waited}"


def _reactions(delivery: Row) -> str:
    """The strongest one, how long it took: who clicks has opened."""
    for column, word in (("clicked_at", "clicked"), ("opened_at", "opened")):
        if delivery[column]:
            return f", {word} {span(delivery['sent_at'], delivery[column])} later"
    return ""


# What happened to one of them

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
