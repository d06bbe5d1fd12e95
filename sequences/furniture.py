"""What stands around a message in its reader's language: why they get it, and the ways to get less of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Furniture:
    """`why` is by message class and names the brand as `{}`; `not_this` by class as well, because not to want
    one piece of news is not to want news.
    """

    why: Mapping[str, str]
    less: str
    not_this: Mapping[str, str]
    stop: str
    less_often: str
    unsubscribe: str
    settings: str
    less_or_stop: str


ENGLISH = Furniture(
    why={
        "transactional": "This message is about your account at {}.",
        "sequence": "You get this because you joined {}.",
        "announcement": "You get this because you said yes to news from {}.",
        "reminder": "You get this because you asked {} for reminders.",
    },
    less="Less",
    not_this={"sequence": "Not this", "announcement": "No news", "reminder": "Not this"},
    stop="Stop",
    less_often="Less often",
    unsubscribe="Unsubscribe",
    settings="All settings",
    less_or_stop="Less or stop",
)
GERMAN = Furniture(
    why={
        "transactional": "In dieser Nachricht geht es um dein Konto bei {}.",
        "sequence": "Du bekommst das, weil du bei {} dabei bist.",
        "announcement": "Du bekommst das, weil du Neues von {} hören möchtest.",
        "reminder": "Du bekommst das, weil du {} um Erinnerungen gebeten hast.",
    },
    less="Weniger",
    not_this={"sequence": "Das nicht", "announcement": "Nichts Neues", "reminder": "Das nicht"},
    stop="Stopp",
    less_often="Seltener",
    unsubscribe="Abbestellen",
    settings="Alle Einstellungen",
    less_or_stop="Weniger oder stopp",
)
_LANGUAGES: Mapping[str, Furniture] = {"en": ENGLISH, "de": GERMAN}


def language_of(locale: str | None) -> str:
    """The one of ours that serves for `de-AT`; English where there is none."""
    language = (locale or "en").split("-")[0].lower()
    return language if language in _LANGUAGES else "en"


def furniture(language: str) -> Furniture:
    return _LANGUAGES[language]
