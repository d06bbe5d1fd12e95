"""What a sequence is: its steps, when each is due, on which channels, and what it says.

`as_json` gives the document that a version stores; `from_json` reads it back. Neither judges:
`sequences.loading` finds the mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

Filter = Mapping[str, Any]
MessageClass = Literal["transactional", "sequence", "announcement", "reminder"]
Fallback = Literal["none", "on_failure", "no_engagement", "both"]

MESSAGE_CLASSES: tuple[str, ...] = ("transactional", "sequence", "announcement", "reminder")
FALLBACKS: tuple[str, ...] = ("none", "on_failure", "no_engagement", "both")
CHANNELS: tuple[str, ...] = ("telegram", "email", "sms")
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}\Z")
EVENT_NAME = re.compile(r"[a-z][a-z0-9_]{0,28}\Z")
"""At most 29 characters: Telegram gives a button 64 bytes, of which `e:<32 hex>:` takes 35."""


@dataclass(frozen=True, slots=True)
class Button:
    """Opens a page (`url`) or records a behavior event (`event`); exactly one of the two."""

    label: str
    url: str | None = None
    event: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"label": self.label, **({"url": self.url} if self.event is None else {"event": self.event})}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(document["label"], document.get("url"), document.get("event"))


@dataclass(frozen=True, slots=True)
class Content:
    """Words for one channel, or for all (`default`). None means: as in the default content."""

    body: str | None = None
    subject: str | None = None
    preheader: str | None = None
    buttons: tuple[Button, ...] | None = None
    link_preview: bool | None = None
    silent: bool | None = None

    def as_json(self) -> dict[str, Any]:
        words = {
            "subject": self.subject,
            "preheader": self.preheader,
            "body": self.body,
            "buttons": None if self.buttons is None else [button.as_json() for button in self.buttons],
            "link_preview": self.link_preview,
            "silent": self.silent,
        }
        return {key: value for key, value in words.items() if value is not None}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        buttons = document.get("buttons")
        return cls(
            body=document.get("body"),
            subject=document.get("subject"),
            preheader=document.get("preheader"),
            buttons=None if buttons is None else tuple(Button.from_json(button) for button in buttons),
            link_preview=document.get("link_preview"),
            silent=document.get("silent"),
        )

    def over(self, default: Content) -> Content:
        """This content where it says something, the default where it does not."""
        return Content(
            **{
                name: own if (own := getattr(self, name)) is not None else getattr(default, name)
                for name in ("body", "subject", "preheader", "buttons", "link_preview", "silent")
            }
        )


@dataclass(frozen=True, slots=True)
class Step:
    position: int
    name: str
    content: Mapping[str, Content]
    channels: tuple[str, ...]
    after: str = "0 seconds"
    anchor: str = "previous"
    at: str | None = None
    weekdays: tuple[int, ...] | None = None
    fallback: Fallback = "on_failure"
    fallback_after: str | None = None
    condition: Filter | None = None
    stale_after: str | None = "3 days"
    quiet_hours: bool = True
    at_most_once: bool = False
    max_attempts: int = 5
    message_class: MessageClass | None = None
    recipient: str | None = None
    # the template version whose words these are: name, number and version_id
    template: Mapping[str, Any] | None = None

    def content_for(self, channel: str) -> Content:
        default = self.content.get("default", Content())
        return self.content[channel].over(default) if channel in self.content else default

    def as_json(self) -> dict[str, Any]:
        document = {key: getattr(self, key) for key in _STEP_KEYS}
        return {
            **document,
            "channels": list(self.channels),
            "weekdays": None if self.weekdays is None else list(self.weekdays),
            "content": {channel: content.as_json() for channel, content in self.content.items()},
            **({} if self.template is None else {"template": dict(self.template)}),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        known = {key: document[key] for key in (*_STEP_KEYS, "template") if key in document}
        weekdays = document.get("weekdays")
        known["channels"] = tuple(document["channels"])
        known["weekdays"] = None if weekdays is None else tuple(weekdays)
        known["content"] = {name: Content.from_json(words) for name, words in document["content"].items()}
        return cls(**known)


_STEP_KEYS = (
    "position", "name", "after", "anchor", "at", "weekdays", "channels", "fallback", "fallback_after",
    "condition", "stale_after", "quiet_hours", "at_most_once", "max_attempts", "message_class", "recipient",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trigger:
    """The behavior event that enrolls a user, where the filter (if any) holds.

    `again_after` is an interval: how long after one enrollment the event may enroll again; never if None.
    """

    event: str
    filter: Filter | None = None
    again_after: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {"event": self.event, "filter": self.filter, "again_after": self.again_after}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        return cls(document["event"], document.get("filter"), document.get("again_after"))


@dataclass(frozen=True, slots=True)
class Sequence:
    """`context` names the fields that an enrollment brings; a name that ends in `?` may be absent.

    `exit` is a filter: a user for whom it holds leaves the sequence before the next step.
    """

    name: str
    title: str
    steps: tuple[Step, ...]
    description: str = ""
    message_class: MessageClass = "sequence"
    trigger: Trigger | None = None
    exit: Filter | None = None
    context: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "message_class": self.message_class,
            "context": list(self.context),
            "trigger": None if self.trigger is None else self.trigger.as_json(),
            "exit": self.exit,
            "steps": [step.as_json() for step in self.steps],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        trigger = document.get("trigger")
        return cls(
            name=document["name"],
            title=document["title"],
            description=document.get("description", ""),
            message_class=document.get("message_class", "sequence"),
            context=tuple(document.get("context", ())),
            trigger=None if trigger is None else Trigger.from_json(trigger),
            exit=document.get("exit"),
            steps=tuple(Step.from_json(step) for step in document["steps"]),
        )


class BadDuration(ValueError):
    """A length of time that cannot be read; the message says what to write instead."""


_UNITS = {
    "seconds": ("s", "sec", "secs", "second", "seconds"),
    "minutes": ("min", "mins", "minute", "minutes"),
    "hours": ("h", "hr", "hrs", "hour", "hours"),
    "days": ("d", "day", "days"),
    "weeks": ("w", "week", "weeks"),
}
_UNIT_OF = {spelling: unit for unit, spellings in _UNITS.items() for spelling in spellings}
_VAGUE = {"mo", "mon", "month", "months", "y", "yr", "year", "years"}
_PART = re.compile(r"\s*(\d{1,6})\s*([a-z]+)\s*")


def interval(written: object) -> str:
    """A duration as an author writes it ("24h", "3 days", "1 day 2 hours", "-90 minutes"), as PostgreSQL
    interval text.

    Days stay days (they follow the user's calendar), hours stay hours (they elapse).
    """
    text = written.strip().lower() if isinstance(written, str) else ""
    sign = "-" if text.startswith("-") else ""
    rest, parts = text.removeprefix("-"), []
    while rest and (part := _PART.match(rest)):
        parts.append(_interval_part(sign, int(part[1]), part[2]))
        rest = rest[part.end() :]
    if rest or not parts:
        raise BadDuration(
            f'{written!r} is not a duration; write it like "24h", "3 days", "90 minutes" or "1 week"'
        )
    return " ".join(parts)


def _interval_part(sign: str, count: int, spelling: str) -> str:
    if spelling in _VAGUE:
        raise BadDuration(
            "months and years differ in length, so they are not durations; write days, like 30 days"
        )
    if spelling == "m":
        raise BadDuration('"m" could mean minutes or months; write "min" or "days"')
    if spelling not in _UNIT_OF:
        raise BadDuration(
            f'"{spelling}" is not a unit; the units are seconds, minutes, hours, days and weeks'
        )
    unit = _UNIT_OF[spelling]
    if unit == "weeks":
        count, unit = count * 7, "days"
    return f"{sign}{count} {unit.removesuffix('s') if count == 1 else unit}"
