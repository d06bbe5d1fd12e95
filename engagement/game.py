"""The game's rules: what earns XP, what keeps a streak, which levels there are; read from game.toml.

What is wrong in such a file is found here, all at once, each with its line.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from storage.store import Store

FILE = Path(__file__).with_name("game.toml")
MOST_XP = 100_000
SETTLED_AT_ONCE = 1000

_TABLE = re.compile(r"\s*\[\[?\s*([\w.-]+)\s*\]\]?")
_ENTRY = re.compile(r"\s*\"?([\w-]+)\"?\s*=")
_TOML_PLACE = re.compile(r" \(at line (\d+), column \d+\)")

Place = tuple[str | int, ...]
Mistake = tuple[Place, str]

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Words = Annotated[str, Field(min_length=1, max_length=80)]
Cap = Annotated[int, Field(ge=1, le=1_000_000)]


class BadRules(ValueError):
    """All mistakes of a file, one line each: file:line: message."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Action(_Table):
    """`event` is the behavior event that earns it, where its metadata has all of `where`.

    Without one it is earned only where somebody awards it.
    """

    title: Words
    event: Name | None = None
    where: dict[str, str | int | float | bool] = Field(default_factory=dict)
    xp: int = Field(ge=0, le=MOST_XP)
    daily_cap: Cap | None = None
    total_cap: Cap | None = None
    keeps_streak: bool = False

    @model_validator(mode="after")
    def _has_an_event_to_look_into(self) -> Action:
        if self.event is None and (self.where or self.keeps_streak):
            raise ValueError("what no event earns has no `where` and keeps no streak")
        return self


class Reward(_Table):
    """What a level is worth: a sign beside the name, freezes for the streak, attributes of the user."""

    badge: Annotated[str, Field(min_length=1, max_length=16)] | None = None
    freezes: Annotated[int | None, Field(ge=1, le=100)] = None
    attributes: dict[str, str | int | float | bool] | None = None


class Level(_Table):
    """`names` are those in other languages; `xp` is from where on it holds."""

    name: Words
    names: dict[Annotated[str, Field(pattern="^[a-z]{2}$")], Words] = Field(default_factory=dict)
    xp: int = Field(ge=0, le=1_000_000_000)
    reward: Reward = Reward()


class StreakRules(_Table):
    """`milestones`: after so many days, so many freezes are given back."""

    freezes: int = Field(ge=0, le=100)
    repair_hours: int = Field(ge=1, le=24 * 14)
    repair_acts: int = Field(ge=1, le=100)
    milestones: dict[str, Annotated[int, Field(ge=0, le=100)]]

    @field_validator("milestones")
    @classmethod
    def _are_days(cls, milestones: dict[str, int]) -> dict[str, int]:
        wrong = [days for days in milestones if not re.fullmatch(r"[1-9]\d{0,4}", days)]
        if wrong:
            raise ValueError(f"a milestone is a number of days, which {wrong[0]!r} is not")
        return milestones


class Game(_Table):
    streak: StreakRules
    levels: Annotated[list[Level], Field(min_length=1, max_length=100)]
    actions: dict[Name, Action]

    def as_json(self) -> dict[str, Any]:
        """As the database has it: a table's rows in the order of their key."""
        milestones = sorted((int(days), freezes) for days, freezes in self.streak.milestones.items())
        return {
            "actions": [_action(name, action) for name, action in sorted(self.actions.items())],
            "levels": [_level(number, level) for number, level in enumerate(self.levels, 1)],
            "streak": {
                "freezes": self.streak.freezes,
                "milestones": [days for days, _ in milestones],
                "given_back": [freezes for _, freezes in milestones],
                "repair_hours": self.streak.repair_hours,
                "repair_acts": self.streak.repair_acts,
            },
        }


def _action(name: str, action: Action) -> dict[str, Any]:
    row = action.model_dump(exclude={"event", "where"})
    return {"action": name, "event_type": action.event, "condition": action.where, **row}


def _level(number: int, level: Level) -> dict[str, Any]:
    reward = level.reward.model_dump(exclude_none=True)
    return {"number": number, "name": level.name, "names": level.names, "xp": level.xp, "reward": reward}


def load_game(file: Path = FILE) -> Game:
    """Raises BadRules, or OSError where there is no such file."""
    text = file.read_text(encoding="utf-8")
    try:
        game = Game.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as mistake:
        place = _TOML_PLACE.search(str(mistake))
        line = place[1] if place else len(text.splitlines())
        raise BadRules(f"{file}:{line}: not TOML: {_TOML_PLACE.sub('', str(mistake))}") from None
    except ValidationError as refused:
        mistakes = [(error["loc"], error["msg"].removeprefix("Value error, ")) for error in refused.errors()]
        raise _bad_rules(file, text, mistakes) from None
    if mistakes := list(_level_mistakes(game.levels)):
        raise _bad_rules(file, text, mistakes)
    return game


async def configure_game(store: Store, game: Game) -> bool:
    """Puts the rules into force; says whether they differ from those before."""
    answer = await store.call("configure_game", rules=game.as_json())
    changed: bool = answer["changed"]
    return changed


async def settle_streaks(store: Store) -> None:
    """Lets days that are over count for the streaks of those who did nothing on them."""
    while await store.call("settle_due_streaks", batch=SETTLED_AT_ONCE) == SETTLED_AT_ONCE:
        pass


def _level_mistakes(levels: Sequence[Level]) -> Iterator[Mistake]:
    if levels[0].xp != 0:
        yield ("levels", 0, "xp"), "the first level begins at 0"
    for place, (lower, higher) in enumerate(pairwise(levels), 1):
        if higher.xp <= lower.xp:
            yield ("levels", place, "xp"), f"has to be more than the {lower.xp} of the level before"


def _bad_rules(file: Path, text: str, mistakes: Sequence[Mistake]) -> BadRules:
    lines = _lines(text)
    return BadRules(
        "\n".join(f"{file}:{_line(lines, place)}: {_path(place)}: {message}" for place, message in mistakes)
    )


def _path(place: Place) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place)


def _lines(text: str) -> dict[Place, int]:
    """Where each table and each entry of the file stands; tomllib does not say."""
    found: dict[Place, int] = {}
    table: Place = ()
    counted: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.match(line):
            name = header[1]
            table = tuple(name.split("."))
            if line.lstrip().startswith("[["):
                counted[name] = counted.get(name, -1) + 1
                table = (*table, counted[name])
            found.setdefault(table, number)
        elif entry := _ENTRY.match(line):
            found.setdefault((*table, entry[1]), number)
    return found


def _line(lines: Mapping[Place, int], place: Place) -> int:
    """Of the place, or of the nearest around it."""
    known = (lines.get(place[:length]) for length in range(len(place), 0, -1))
    return next((line for line in known if line), 1)
