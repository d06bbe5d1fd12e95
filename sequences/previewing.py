"""What words look like to a reader on each channel, before anybody gets them, and what would arrive badly."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sequences.definition import Content, Step
from sequences.lifting import lift
from sequences.links import LinkBuilder
from sequences.mail_clients import mail_warnings
from sequences.mistakes import Unrenderable
from sequences.rendering import (
    EMAIL_BYTES,
    SMS_TEXT,
    SUBJECT_LENGTH,
    TELEGRAM_TEXT,
    Brand,
    Renderer,
    telegram_length,
)
from sequences.values import required_and_optional
from sequences.vocabulary import LEVELS

NOBODY = UUID(int=0)
SAMPLE: Mapping[str, Any] = {
    "first_name": "Alexandra",
    "last_name": "Sample",
    "username": "alexandra",
    "locale": "en",
    "timezone": "Europe/Berlin",
    "attributes": {},
    "engagement": LEVELS[1],
}
"""The person that words are shown to where nobody else was named."""
LIMITS = {"telegram": TELEGRAM_TEXT, "email": EMAIL_BYTES, "sms": SMS_TEXT}
_SUBJECT_ON_A_PHONE = 50
_UNENCRYPTED = re.compile(r"http://[^\s\"'<>]+")
_SMS_PART = 160
_SMS_PARTS = 153
_ADDRESSES = re.compile(r"https?://[^\s\"'<>)\]]+")


@dataclass(frozen=True, slots=True)
class Preview:
    """`content` is what would be stored and sent, null where `problem` says why it cannot be.

    `length` is in characters for Telegram and SMS, in bytes for email, of `limit` at most.
    """

    channel: str
    content: Mapping[str, Any] | None
    length: int
    limit: int
    warnings: tuple[str, ...]
    problem: str | None = None


class UntrackedLinks(LinkBuilder):
    """Links lead where they lead; what would act on a delivery acts on none."""

    def __init__(self, public_url: str) -> None:
        self._base = public_url.rstrip("/")
        self._sign = lambda *_: "preview"

    def click(self, tracking_id: str, url: str) -> str:
        return url


class Previewer:
    def __init__(self, brand: Brand, public_url: str) -> None:
        self._renderer = Renderer(brand, UntrackedLinks(public_url))

    def preview(
        self,
        content: Mapping[str, Content],
        channel: str,
        *,
        reader: Mapping[str, Any] = SAMPLE,
        context: Mapping[str, Any] | None = None,
        message_class: str = "sequence",
    ) -> Preview:
        """To one reader; mistakes in the words themselves are for proofreading."""
        step = Step(1, "preview", content, (channel,))
        row = {
            "tracking_id": str(NOBODY),
            "user_id": str(reader.get("id", NOBODY)),
            "version_id": None,
            "message_class": message_class,
            "user": reader,
            "context": context or {},
        }
        limit = LIMITS[channel]
        try:
            message = self._renderer.render(step, channel, row)
        except Unrenderable as bad:
            return Preview(channel, None, 0, limit, (), str(bad))
        length = _length(channel, message)
        return Preview(channel, message, length, limit, tuple(_warnings(channel, message, length)))


def missing_fields(context: tuple[str, ...], given: Mapping[str, Any]) -> list[str]:
    """Of the declared fields, those that have to be there and are not."""
    return sorted(required_and_optional(context)[0].difference(given))


def addresses_in(content: Mapping[str, Content]) -> list[str]:
    """The addresses that are the same for every reader: one with a value inside is another for each."""
    texts = [text for words in content.values() for text in _texts(words)]
    found = [address for text in texts for address in _ADDRESSES.findall(lift(text).text)]
    return sorted({address.rstrip(".,;:!?") for address in found if "\ue000" not in address})


def _texts(words: Content) -> list[str]:
    return [text for text in (words.body, *(button.url for button in words.buttons or ())) if text]


def _length(channel: str, message: Mapping[str, Any]) -> int:
    if channel == "email":
        return len(message["html"].encode())
    return telegram_length(message["text"]) if channel == "telegram" else len(message["text"])


def _warnings(channel: str, message: Mapping[str, Any], length: int) -> list[str]:
    if channel == "email":
        return [*_warnings_on_subject(message["subject"]), *mail_warnings(message["html"])]
    told = [message["text"], *(b.get("url", "") for row in message.get("buttons", ()) for b in row)]
    found = [
        f"{address} is not encrypted: write https." for text in told for address in _UNENCRYPTED.findall(text)
    ]
    if channel == "sms" and length > _SMS_PART:
        found.append(f"It is sent, and paid, as {math.ceil(length / _SMS_PARTS)} parts or more.")
    return found


def _warnings_on_subject(subject: str) -> list[str]:
    if len(subject) >= SUBJECT_LENGTH:
        return [f"The subject was shortened to {SUBJECT_LENGTH} characters."]
    if len(subject) > _SUBJECT_ON_A_PHONE:
        return [f"The subject has {len(subject)} characters: a phone shows about {_SUBJECT_ON_A_PHONE}."]
    return []
