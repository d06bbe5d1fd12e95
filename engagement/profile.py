"""How people learn: what a profile can say, and what of behavior speaks for it, read from profile.toml.

What somebody chose themselves wins over what is inferred; see docs/profile.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from storage.store import Store

FILE = Path(__file__).with_name("profile.toml")

FIELDS: Mapping[str, tuple[str, ...]] = {
    "learning_style": ("visual", "reading", "listening", "hands_on", "social"),
    "pace": ("slow", "steady", "fast"),
    "difficulty": ("easy", "standard", "challenging"),
    "study_time": ("morning", "midday", "evening", "night"),
    "formats": ("video", "text", "audio", "exercise", "live"),
    "motivation": ("progress", "competition", "commitment", "community", "rewards"),
}
LISTS = ("formats", "motivation")
"""Those that may have several values at once."""

_CLOCK = r"^([01]\d|2[0-3]):(00|30)$"


class BadProfile(ValueError):
    """All mistakes of the file, one line each."""


class _Evidence(BaseModel):
    """Speaks for a value by one of three things: an event, a time of day, or days a week."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: Annotated[str | None, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")] = None
    where: dict[str, str | int | float | bool] = Field(default_factory=dict)
    from_: Annotated[str | None, Field(alias="from", pattern=_CLOCK)] = None
    until: Annotated[str | None, Field(pattern=_CLOCK)] = None
    days: tuple[Annotated[int, Field(ge=1, le=7)], Annotated[int, Field(ge=1, le=7)]] | None = None
    weight: Annotated[float, Field(gt=0, le=100)] = 1

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> Self:
        times = [each is not None for each in (self.from_, self.until)]
        if any(times) != all(times):
            raise ValueError("a time of day has a `from` and an `until`")
        if [self.event is not None, any(times), self.days is not None].count(True) != 1:
            raise ValueError("takes one of: `event`; `from` and `until`; `days`")
        if self.where and self.event is None:
            raise ValueError("`where` belongs to an `event`")
        return self

    def as_row(self) -> dict[str, Any]:
        least, most = self.days or (None, None)
        return {
            "event_type": self.event,
            "metadata": self.where or None,
            "half_hours": _half_hours(self.from_, self.until) if self.from_ and self.until else None,
            "least_days": least,
            "most_days": most,
            "weight": self.weight,
        }


class _Field(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, list[_Evidence]]

    prior: Annotated[float, Field(gt=0, le=1000)] = 4
    least_confidence: Annotated[float, Field(ge=0, lt=1)] = 0.5


def load_profile(file: Path = FILE) -> dict[str, Any]:
    """What `configure_profile` takes. Raises BadProfile."""
    try:
        read = TypeAdapter(dict[str, _Field]).validate_python(tomllib.loads(file.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as wrong:
        raise BadProfile(f"{file.name}: {wrong}") from wrong
    except ValidationError as wrong:
        places = ("{}: {}".format(".".join(map(str, each["loc"])), each["msg"]) for each in wrong.errors())
        raise BadProfile("\n".join(f"{file.name}: {place}" for place in places)) from wrong
    if mistakes := [*_unknown(read)]:
        raise BadProfile("\n".join(f"{file.name}: {mistake}" for mistake in mistakes))
    return {"fields": [*_fields(read)], "rules": [*_rules(read)]}


def _unknown(read: Mapping[str, _Field]) -> Iterator[str]:
    if set(read) != set(FIELDS):
        yield f"its fields are {', '.join(FIELDS)}, each of them, and not {', '.join(read)}"
        return
    for name, field in read.items():
        for value in field.__pydantic_extra__:
            if value not in FIELDS[name]:
                yield f"{name} has no {value!r}; there are: {', '.join(FIELDS[name])}"


def _fields(read: Mapping[str, _Field]) -> Iterator[dict[str, Any]]:
    for position, (name, values) in enumerate(FIELDS.items(), 1):
        yield {
            "field": name,
            "position": position,
            "values": values,
            "is_list": name in LISTS,
            "prior": read[name].prior,
            "least_confidence": read[name].least_confidence,
        }


def _rules(read: Mapping[str, _Field]) -> Iterator[dict[str, Any]]:
    for name, field in read.items():
        for value, speaking in field.__pydantic_extra__.items():
            for evidence in speaking:
                yield {"field": name, "value": value} | evidence.as_row()


def _half_hours(begin: str, end: str) -> int:
    """The half-hours from one time of day to another, past midnight if need be, as half_hour.sql has them."""
    first, last = (int(time[:2]) * 2 + int(time[3:]) // 30 for time in (begin, end))
    return sum(1 << (each % 48) for each in range(first, last if last > first else last + 48))


async def configure_profile(store: Store, profile: Mapping[str, Any]) -> None:
    """Puts what `load_profile` gave into force."""
    await store.call("configure_profile", rules=profile)


async def look_after_profiles(store: Store) -> None:
    """Infers anew a piece of what yesterday's behavior tells."""
    await store.call("look_after_profiles")
