"""The kinds of values that many bodies have: each checks itself and says what to write instead."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, AwareDatetime, Field

from sequences.definition import NAME, interval
from sequences.filters import BadFilter, check_filter
from sequences.schedules import FIRST_YEAR, LAST_YEAR


def real_address(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError(str(error).rstrip(".")) from error


def _real_zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("not a time zone of the IANA list, as Europe/Berlin is") from error
    return value


def _near(value: datetime) -> datetime:
    """Calendars can be reckoned with for so long; nobody means a moment beyond."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"a moment is between the years {FIRST_YEAR} and {LAST_YEAR}")
    return value


def _slug(value: str) -> str:
    if not NAME.match(value):
        raise ValueError("a name has at most 63 of a-z, 0-9 and _, a letter first")
    return value


def _filter(value: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        check_filter(value, steps=(), context=())
    except BadFilter as bad:
        raise ValueError(str(bad)) from bad
    return value


Address = Annotated[str, AfterValidator(real_address), Field(examples=["mira@example.org"])]
Zone = Annotated[str, AfterValidator(_real_zone), Field(examples=["Europe/Berlin"])]
Slug = Annotated[
    str,
    AfterValidator(_slug),
    Field(json_schema_extra={"pattern": "^[a-z][a-z0-9_]{0,62}$"}, examples=["spring_news"]),
]
Title = Annotated[str, Field(min_length=1, max_length=200, examples=["Spring news"])]
Words = Annotated[str, Field(max_length=2000)]
Moment = Annotated[AwareDatetime, AfterValidator(_near)]
FilterIn = Annotated[
    dict[str, Any],
    AfterValidator(_filter),
    Field(
        description="A filter over users, in the language of docs/writing-sequences.md.",
        examples=[{"user.days_inactive": {"$gte": 7}}],
    ),
]
Duration = Annotated[str, AfterValidator(interval), Field(examples=["3 days"])]
"""Written as "3 days" or "24h"; becomes the text of a PostgreSQL interval."""
Channel = Annotated[str, Field(pattern="^(telegram|email|sms)$", examples=["email"])]
