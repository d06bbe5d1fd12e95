"""What a campaign or an experiment is for, as it is written in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from sequences.filters import BadFilter, check_filter
from webhooks.api.fields import Duration, Slug
from webhooks.bodies import Body


def _event_filter(value: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        check_filter(value, steps=())
    except BadFilter as bad:
        raise ValueError(str(bad)) from bad
    return value


def _ahead(value: str) -> str:
    if value.startswith("-") or not any(digit in "123456789" for digit in value):
        raise ValueError("has to be longer than nothing")
    return value


Span = Annotated[Duration, AfterValidator(_ahead)]
"""A duration that leads into the future."""


class Goal(Body):
    """The behavior event that counts as success, within how long.

    `filter` may ask for the fields of the event as `context.FIELD`, as that of a trigger does; `value` is the
    field with what it is worth, a number.
    """

    event: Slug
    filter: Annotated[dict[str, Any], AfterValidator(_event_filter)] | None = None
    value: Annotated[str, Field(min_length=1, max_length=63, examples=["amount"])] | None = None
    within: Span = "7 days"
