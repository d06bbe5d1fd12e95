"""What is wrong with an author's text: as it is read, or when it is to be written for somebody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a text, and the line of that text (from 1) where it is."""

    line: int
    message: str


class Unrenderable(Exception):
    """A message that cannot be written for this user; `reason` is a short code, the text is for an admin."""

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message or reason)
        self.reason = reason
