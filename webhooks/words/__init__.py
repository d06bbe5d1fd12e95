"""Every word of the pages that people see, in their language."""

from __future__ import annotations

from collections.abc import Mapping

from webhooks.words.english import English
from webhooks.words.german import German

__all__ = ["LANGUAGES", "English", "language_asked_for", "words"]

_LANGUAGES: Mapping[str, English] = {"en": English(), "de": German()}

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
"""Each by the name that it has for itself."""


def language_asked_for(headers: Mapping[str, str]) -> str:
    """What a browser prefers, of somebody whom we do not know."""
    return headers.get("Accept-Language", "").split(",")[0].split(";")[0].strip()


def words(locale: str | None) -> English:
    """In somebody's language (`de`, `pt-br`), in English where there is no translation."""
    return _LANGUAGES.get((locale or "en").split("-")[0].lower(), _LANGUAGES["en"])
