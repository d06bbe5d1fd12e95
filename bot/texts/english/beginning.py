"""The first conversation after /start."""

from __future__ import annotations

from collections.abc import Mapping

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {}


class Beginning(Basics):
    """To be read aloud before it is changed."""
