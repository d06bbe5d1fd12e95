from __future__ import annotations

from collections.abc import Mapping

from bot.texts import english

COMMANDS: Mapping[str, str] = {}


class Settings(english.settings.Settings):
    pass
