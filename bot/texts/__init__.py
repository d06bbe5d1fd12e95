"""Every word that the bot says.

A text belongs to a topic, a file in each language's folder. A translation is a folder with the same topics
and one line in `_LANGUAGES`. Texts are Telegram HTML; what people typed is escaped here, so that nobody else
has to think of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.texts.english import English
from bot.texts.german import German

__all__ = ["LANGUAGES", "English", "words"]

_LANGUAGES: Mapping[str, English] = {"en": English(), "de": German()}

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
"""Each by the name that it has for itself."""


def words(locale: str | None) -> English:
    """The bot's words in a language (`de`, `pt-br`, `de_AT`), in English where there is no translation."""
    return _LANGUAGES.get((locale or "en").replace("_", "-").split("-")[0].lower(), _LANGUAGES["en"])
