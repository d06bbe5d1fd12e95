"""What admins ask about people: /admin, /users, /user, /explain, /trigger, roles."""

from __future__ import annotations

from collections.abc import Mapping

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {}


class Administration(Basics):
    """To be read aloud before it is changed."""
