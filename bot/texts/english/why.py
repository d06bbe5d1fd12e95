"""/why: what the last message was sent for, or what holds the next."""

from __future__ import annotations

from collections.abc import Mapping

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {}


class Why(Basics):
    """To be read aloud before it is changed."""
