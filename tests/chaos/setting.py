"""How much of everything: the short form or the long one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Setting:
    is_short: bool

    def choose(self, *, short: T, long: T) -> T:
        return short if self.is_short else long
