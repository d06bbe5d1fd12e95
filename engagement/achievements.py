"""What there is to achieve, read from achievements.toml: each is a filter, with its words and its sign."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from storage.store import Invalid, Store

FILE = Path(__file__).with_name("achievements.toml")

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Words = Annotated[str, Field(min_length=1, max_length=200)]


class InLanguages(BaseModel):
    """English is what everybody reads whose own language is not there."""

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[Annotated[str, Field(pattern="^[a-z]{2,3}$")], Words]

    en: Words


class Achievement(BaseModel):
    """A `quiet` one is had without anybody being told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    icon: Annotated[str, Field(min_length=1, max_length=16)]
    title: InLanguages
    description: InLanguages
    filter: dict[str, Any]
    quiet: bool = False


class BadAchievements(ValueError):
    """One line for each mistake of the file, beginning with the achievement's name and the place in it."""


_FILE = TypeAdapter(dict[Name, Achievement])


def load_achievements(file: Path = FILE) -> dict[str, Achievement]:
    """By name, in the order of the file. What a filter asks is judged by the database."""
    try:
        return _FILE.validate_python(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as wrong:
        lines = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in wrong.errors()]
        raise BadAchievements("\n".join(lines)) from None


async def publish_achievements(store: Store, file: Path = FILE) -> int:
    """Says how many are new or changed; an admin's own stay as they are. Raises BadAchievements."""
    rows = [{"name": name, **each.model_dump()} for name, each in load_achievements(file).items()]
    try:
        changed: int = await store.call("configure_achievements", achievements=rows)
    except Invalid as wrong:
        raise BadAchievements(f"{wrong.detail}: {wrong.message}") from wrong
    return changed
