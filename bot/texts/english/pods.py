"""/pods and the meetings of a pod."""

from __future__ import annotations

from collections.abc import Mapping

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {}


class Pods(Basics):
    """To be read aloud before it is changed."""
