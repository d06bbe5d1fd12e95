"""/commit, /list, /done, /progress, /feedback."""

from __future__ import annotations

from collections.abc import Mapping

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {}


class Commitments(Basics):
    """To be read aloud before it is changed."""
