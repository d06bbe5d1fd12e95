"""How much of everything: the short form, the long one, or a share of the long one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Setting:
    is_short: bool
    share: float = 1.0

    def choose(self, *, short: int, long: int) -> int:
        return short if self.is_short else max(short, round(long * self.share))
