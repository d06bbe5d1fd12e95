from __future__ import annotations

from bot.texts import english


class Basics(english.basics.Basics):
    pass
