"""The words of the template language: values, filters, questions and statements that an author may use."""

from __future__ import annotations

from collections.abc import Mapping

from engagement.profile import FIELDS as PROFILE_FIELDS
from sequences.values import local_day, local_time

USER_FIELDS = ("first_name", "last_name", "username", "locale", "timezone", "attributes")
OPTIONAL_USER_FIELDS = ("first_name", "last_name", "username", "locale", "attributes")
LINKS = ("unsubscribe", "preferences", "confirm_email", "privacy")
BRAND_FIELDS = ("name", "url")
ENGAGEMENT = "engagement"
LEVELS = ("low", "medium", "high")
"""How engaged the reader is, for blocks such as {% if engagement == "low" %}."""
JINJAS_FILTERS = (
    "capitalize", "default", "d", "first", "int", "join", "last", "length", "lower", "title", "trim",
    "truncate", "upper",
)  # fmt: skip
OUR_FILTERS = {"local_day": local_day, "local_time": local_time}
FILTERS = (*JINJAS_FILTERS, *OUR_FILTERS)
QUESTIONS = ("defined", "undefined")
STATEMENTS = ("if", "elif", "else", "endif", "for", "endfor")

KNOWN: Mapping[str, tuple[str, ...]] = {
    "user": USER_FIELDS,
    "profile": tuple(PROFILE_FIELDS),
    "links": LINKS,
    "brand": BRAND_FIELDS,
    "context": (),
}
"""What can stand after a root and a dot; of `context` each sequence says it."""
