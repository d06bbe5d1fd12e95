"""Every word of the pages where people choose what they get, in their language."""

from __future__ import annotations

from collections.abc import Mapping

from webhooks.words.english import English
from webhooks.words.german import German

__all__ = ["LANGUAGES", "English", "words"]

_LANGUAGES: Mapping[str, English] = {"en": English(), "de": German()}

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
"""Each by the name that it has for itself."""


def words(locale: str | None) -> English:
    """In somebody's language (`de`, `pt-br`), in English where there is no translation."""
    return _LANGUAGES.get((locale or "en").split("-")[0].lower(), _LANGUAGES["en"])
