"""What was accepted, out of the stand-ins' own file, against what was to be sent; never our database."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# With no failure among n trials, the rate of failures is below 3/n with 95 % confidence.
RULE_OF_THREE = 3.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """One message that a provider took."""

    provider: str
    recipient: str
    request: int
    body_hash: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """All name recipients. `strange` was to get nothing, or got other words the second time."""

    n: int
    lost: frozenset[str]
    twice: Mapping[str, int]
    strange: frozenset[str]

    @property
    def duplicates(self) -> int:
        return sum(self.twice.values())


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. A duplicate is forgiven up to `allowed`, and only where the promise says so."""

    test: str
    n: int
    lost: int = 0
    duplicates: int = 0
    wrong: int = 0
    allowed: int = 0
    notes: str = ""
    complaints: Sequence[str] = field(default_factory=tuple)

    @property
    def has_passed(self) -> bool:
        return (
            self.n > 0
            and not self.complaints
            and self.lost == 0
            and self.wrong == 0
            and self.duplicates <= self.allowed
        )

    @property
    def bound(self) -> float | None:
        """Of the rate of losses and forbidden duplicates, at 95 %; None where there were failures."""
        return RULE_OF_THREE / self.n if self.has_passed else None

    def as_json(self) -> dict[str, Any]:
        return {
            "test": self.test,
            "n": self.n,
            "lost": self.lost,
            "duplicates": self.duplicates,
            "allowed_duplicates": self.allowed,
            "wrong": self.wrong,
            "bound_95": self.bound,
            "passed": self.has_passed,
            "notes": self.notes,
            "complaints": list(self.complaints),
        }


class LedgerFile:
    """The stand-ins append to it; `news` gives what came since it was asked last."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = 0

    def news(self) -> list[Accepted]:
        fresh = self._unread()
        self._read += len(fresh)
        return [_accepted(json.loads(line)) for line in fresh.splitlines()]

    def waiting(self) -> int:
        """How many entries the next `news` would give."""
        return self._unread().count(b"\n")

    def _unread(self) -> bytes:
        """Whole lines only: the last one may still be in the writing."""
        with self.path.open("rb") as file:
            file.seek(self._read)
            unread = file.read()
        return unread[: unread.rfind(b"\n") + 1]


def _accepted(entry: Mapping[str, Any]) -> Accepted:
    return Accepted(entry["provider"], entry["recipient"], entry["request"], entry["body_hash"])


def compare(expected: Iterable[str], accepted: Sequence[Accepted]) -> Comparison:
    wanted = frozenset(expected)
    counts = Counter(entry.recipient for entry in accepted)
    first_words: dict[str, str] = {}
    changed = {
        entry.recipient
        for entry in accepted
        if first_words.setdefault(entry.recipient, entry.body_hash) != entry.body_hash
    }
    return Comparison(
        n=len(wanted),
        lost=wanted - counts.keys(),
        twice={recipient: count - 1 for recipient, count in counts.items() if count > 1},
        strange=frozenset(counts.keys() - wanted | changed),
    )
