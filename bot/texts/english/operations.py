"""What admins ask about the service: sequences, pauses, deliveries, statistics, health, alerts."""

from __future__ import annotations

from collections.abc import Mapping

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {}


class Operations(Basics):
    """To be read aloud before it is changed."""
