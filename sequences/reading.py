"""Steps and their words being read, from a file of the catalogue or from JSON: takes what it knows, and
reports the rest to the place where it is written.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol, Self

from sequences.definition import (
    CHANNELS,
    EVENT_NAME,
    MESSAGE_CLASSES,
    NAME,
    BadDuration,
    Button,
    Content,
    Step,
    interval,
)
from sequences.filters import BadFilter, check_filter

STEP_KEYS = (
    "name", "after", "anchor", "at", "weekdays", "channels", "fallback", "condition", "stale_after",
    "quiet_hours", "at_most_once", "max_attempts", "message_class", "recipient",
)  # fmt: skip
FRONT_KEYS = ("subject", "preheader", "buttons", "link_preview", "silent")
BUTTON_KEYS = ("label", "url", "event")
EVENT_RULE = "the event name {!r} has to have at most 29 of a-z, 0-9 and _, a letter first"
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,62}\??\Z")
_ENGAGEMENT = re.compile(r"no_engagement within (.+)\Z")


class Place(Protocol):
    """Where a table is written."""

    def say(self, key: str, message: str, part: str = "") -> None:
        """Reports a mistake at a key of the table; `part` is the key below that one, where it is known."""

    def below(self, key: str, index: int) -> Self:
        """Where a table of a list of tables is written."""


class Table:
    """One table being read: takes known keys of the right type, reports the rest."""

    def __init__(self, place: Place, written: Mapping[str, Any]) -> None:
        self.place = place
        self._written = written

    def say(self, key: str, message: str) -> None:
        self.place.say(key, message)

    def only(self, known: tuple[str, ...]) -> None:
        for key in self._written:
            if key not in known:
                self.say(key, f"unknown key {key!r}; there are: {', '.join(known)}")

    def get(self, key: str, kind: type, default: Any = None, *, required: bool = False) -> Any:
        value = self._written.get(key)
        if value is None:
            if required:
                self.say(key, f"{key} is missing")
            return default
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            self.say(key, f"{key} has to be {_KINDS[kind]}")
            return default
        return value

    def choice(self, key: str, known: tuple[str, ...], default: Any) -> Any:
        value = self.get(key, str, default)
        if value is not default and value not in known:
            self.say(key, f"{key} {value!r} is unknown; there are: {', '.join(known)}")
            return default
        return value

    def strings(self, key: str, default: tuple[str, ...] = (), *, required: bool = False) -> tuple[str, ...]:
        values = self.get(key, list, list(default), required=required)
        if not all(isinstance(value, str) for value in values):
            self.say(key, f"{key} has to be a list of texts")
            return default
        for value in sorted(value for value, count in Counter(values).items() if count > 1):
            self.say(key, f"{key} names {value!r} twice")
        return tuple(values)

    def duration(self, key: str, default: str | None) -> str | None:
        value = self.get(key, str, None)
        return default if value is None else self.as_interval(key, value, default)

    def as_interval(self, key: str, written: str, default: str | None = None) -> str | None:
        try:
            return interval(written)
        except BadDuration as mistake:
            self.say(key, f"{key}: {mistake}")
            return default

    def filter(self, key: str, check: Callable[[object], None]) -> Mapping[str, Any] | None:
        document = self._written.get(key)
        if document is None:
            return None
        try:
            check(document)
        except BadFilter as bad:
            for problem in bad.problems:
                parts = document if isinstance(document, dict) else ()
                part = next((part for part in parts if problem.path.startswith(part)), "")
                self.place.say(key, f"{key}: {problem}", part)
            return None
        return dict(document)

    def tables(self, key: str) -> list[Table] | None:
        """None where there is no such list, which is not the same as an empty one."""
        if (written := self.get(key, list)) is None:
            return None
        if len(tables(written)) < len(written):
            self.say(key, f"{key} has to be a list of tables")
        return [Table(self.place.below(key, index), item) for index, item in enumerate(tables(written))]


_KINDS: Mapping[type, str] = {
    str: "a text in quotes",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "a table",
}


def tables(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def read_context(table: Table) -> tuple[str, ...]:
    context = table.strings("context")
    for field in context:
        if not _FIELD.match(field):
            table.say("context", f"the context field {field!r} is not a name (a-z, 0-9 and _; ? if optional)")
    return context


def read_words(table: Table, body: str | None) -> Content:
    """What is said on one channel; whether it can be said is for proofreading."""
    buttons = table.tables("buttons")
    return Content(
        body=body,
        subject=table.get("subject", str),
        preheader=table.get("preheader", str),
        buttons=None if buttons is None else tuple(filter(None, map(_button, buttons))),
        link_preview=table.get("link_preview", bool),
        silent=table.get("silent", bool),
    )


def _button(table: Table) -> Button | None:
    table.only(BUTTON_KEYS)
    label, url, event = (table.get(key, str) for key in BUTTON_KEYS)
    if not label or not label.strip() or len(label) > 64:
        table.say("label", "a button needs a label of at most 64 characters")
        return None
    if (url is None) == (event is None):
        table.say("label", f"the button {label!r} needs either url or event")
        return None
    if event is not None and not EVENT_NAME.match(event):
        table.say("event", EVENT_RULE.format(event))
        return None
    return Button(label, url, event)


class StepTable(Table, ABC):
    """One step; where its words are, the kinds of tables differ in."""

    keys: tuple[str, ...] = STEP_KEYS
    words_key = "name"

    def __init__(
        self,
        place: Place,
        written: Mapping[str, Any],
        position: int,
        context: tuple[str, ...],
        names: tuple[str, ...],
    ) -> None:
        super().__init__(place, written)
        self._position = position
        self._context = context
        self._names = names

    @abstractmethod
    def words(self, step: str, channels: tuple[str, ...]) -> Mapping[str, Content]:
        """What the step says, by channel; nothing where that could not be read."""

    def step(self) -> Step:
        self.only(self.keys)
        name = self.get("name", str, "", required=True)
        if name and not NAME.match(name):
            self.say("name", f"the step name {name!r} has to have a-z, 0-9 and _, a letter first")
        channels = self._channels()
        fallback, fallback_after = self._fallback()
        anchor = self._anchor()
        return Step(
            position=self._position,
            name=name,
            after=self._after(anchor),
            anchor=anchor,
            at=self._at(),
            weekdays=self._weekdays(),
            channels=channels,
            fallback=fallback,
            fallback_after=fallback_after,
            condition=self.filter(
                "condition", lambda found: check_filter(found, steps=self._names, context=self._context)
            ),
            stale_after=self.duration("stale_after", "3 days"),
            quiet_hours=self.get("quiet_hours", bool, True),
            at_most_once=self.get("at_most_once", bool, False),
            max_attempts=self._attempts(),
            message_class=self.choice("message_class", MESSAGE_CLASSES, None),
            recipient=self._recipient(),
            content=self._said(name, channels),
        )

    def _channels(self) -> tuple[str, ...]:
        channels = self.strings("channels", ("telegram", "email"), required=True)
        for channel in channels:
            if channel not in CHANNELS:
                self.say("channels", f"unknown channel {channel!r}; there are: {', '.join(CHANNELS)}")
        if not channels:
            self.say("channels", "a step needs at least one channel")
        return channels

    def _anchor(self) -> str:
        anchor = self.get("anchor", str, "previous")
        field = anchor.removeprefix("context.")
        if anchor in ("enrollment", "previous") or (field != anchor and field in self._context):
            return str(anchor)
        if field != anchor:
            self.say("anchor", f"the anchor {anchor!r} is not declared (or optional) in context")
        else:
            self.say("anchor", f"unknown anchor {anchor!r}; there are: enrollment, previous, context.FIELD")
        return "previous"

    def _after(self, anchor: str) -> str:
        after = self.duration("after", "0 seconds") or "0 seconds"
        if after.startswith("-") and not anchor.startswith("context."):
            self.say("after", "only a step with an anchor in the context can be due before it")
        return after

    def _at(self) -> str | None:
        at = self.get("at", str)
        if at is not None and at != "preferred" and not _TIME.match(at):
            self.say("at", f'at {at!r} is not a time of day; write "09:30" or "preferred"')
            return None
        return str(at) if at is not None else None

    def _weekdays(self) -> tuple[int, ...] | None:
        names = self.strings("weekdays")
        for name in names:
            if name not in _WEEKDAYS:
                self.say("weekdays", f"unknown weekday {name!r}; there are: {', '.join(_WEEKDAYS)}")
        return tuple(sorted(_WEEKDAYS.index(name) + 1 for name in set(names) & set(_WEEKDAYS))) or None

    def _fallback(self) -> tuple[Any, str | None]:
        written = self.get("fallback", str, "on_failure")
        if written in ("none", "on_failure", "both"):
            return written, None
        if match := _ENGAGEMENT.match(written):
            after = self.as_interval("fallback", match[1])
            return ("no_engagement", after) if after else ("on_failure", None)
        known = '"none", "on_failure", "both", "no_engagement within 24h"'
        self.say("fallback", f"unknown fallback {written!r}; there are: {known}")
        return "on_failure", None

    def _attempts(self) -> int:
        attempts = self.get("max_attempts", int, 5)
        if not 1 <= attempts <= 20:
            self.say("max_attempts", "max_attempts has to be between 1 and 20")
        return int(attempts)

    def _recipient(self) -> str | None:
        recipient = self.get("recipient", str)
        if recipient is not None and recipient not in self._context:
            self.say("recipient", f"the recipient {recipient!r} is not declared (or optional) in context")
        return str(recipient) if recipient is not None else None

    def _said(self, name: str, channels: tuple[str, ...]) -> Mapping[str, Content]:
        content = self.words(name, channels) if NAME.match(name) else {}
        for channel in channels if content else ():
            default = content.get("default", Content())
            words = content[channel].over(default) if channel in content else default
            if not words.body or not words.body.strip():
                self.say(self.words_key, f"the step {name!r} has no text for {channel}")
            if channel == "email" and not (words.subject or "").strip():
                self.say(self.words_key, f"the step {name!r} has no subject for email")
        return content
