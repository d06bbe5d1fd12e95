"""A log of what people did, from a CSV file: who, when, what, and perhaps who left.

Columns are found by their names (`user`, `time`, `event_type`, `label` and what else is usual) or named by
whoever asks. Times are ISO 8601 or seconds since 1970; without an offset they are UTC.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

USUAL_NAMES: Mapping[str, tuple[str, ...]] = {
    "user": ("user", "user_id", "enrollment_id", "enroll_id", "username", "student", "id"),
    "time": ("time", "timestamp", "occurred_at", "date", "datetime", "ts"),
    "event_type": ("event_type", "event type", "type", "event", "action"),
    "label": ("label", "dropout", "dropped", "truth", "target", "churn", "y"),
}
GROUP = "group"
"""The column of what people belong to, such as a course: read only where its name is given."""
LINES_PER_WORD = 500_000
_EPOCH = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
_TRUE, _FALSE = {"1", "true", "yes", "1.0"}, {"0", "false", "no", "0.0"}


Progress = Callable[[str], None]


class BadLog(ValueError):
    """A file that cannot be read as a log; the message names the line and says what is expected."""


@dataclass(slots=True)
class Log:
    """One entry per event in `users` (the place in `names`), `moments` (seconds since 1970) and `types` (the
    place in `kinds`); `labels` says of a name whether they left, where the file says so, and `groups` has for
    each name the place of their group, where that was asked for.
    """

    names: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    users: array[int] = field(default_factory=lambda: array("l"))
    moments: array[float] = field(default_factory=lambda: array("d"))
    types: array[int] = field(default_factory=lambda: array("l"))
    labels: dict[str, bool] = field(default_factory=dict)
    groups: array[int] = field(default_factory=lambda: array("l"))

    @property
    def first_day(self) -> date:
        return day_of(min(self.moments))

    @property
    def last_day(self) -> date:
        return day_of(max(self.moments))


def day_of(moment: float) -> date:
    return datetime.fromtimestamp(moment, UTC).date()


def end_of(day: date) -> float:
    """The first second after a day."""
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC).timestamp()


def read_log(file: Path, columns: Mapping[str, str] | None = None, say: Progress = lambda _: None) -> Log:
    """Raises BadLog. `columns` names those that are not called as usual."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = csv.reader(opened)
        header = next(rows, None)
        if header is None:
            raise BadLog(f"{file}: the file is empty; a log has the columns user, time and event_type")
        places = _places(header, columns or {}, file)
        return _read(_told(enumerate(rows, 2), say), places, file)


def read_labels(file: Path) -> dict[str, bool]:
    """Two columns, user and label; a first line that is no label is taken for the header."""
    found: dict[str, bool] = {}
    with file.open(encoding="utf-8-sig", newline="") as opened:
        for line, row in enumerate(csv.reader(opened), 1):
            if len(row) < 2 or (line == 1 and row[1].strip().lower() not in _TRUE | _FALSE):
                continue
            found[row[0].strip()] = _label(row[1], file, line)
    if not found:
        raise BadLog(f"{file}: there is no label; write user,label on each line, the label being 0 or 1")
    return found


def _places(header: Sequence[str], columns: Mapping[str, str], file: Path) -> dict[str, int]:
    names = [name.strip().lower() for name in header]
    places: dict[str, int] = {}
    for column, usual in (*USUAL_NAMES.items(), (GROUP, ())):
        wanted = (columns[column].lower(),) if column in columns else usual
        found = [names.index(name) for name in wanted if name in names]
        if found:
            places[column] = found[0]
        elif column not in ("label", GROUP) or column in columns:
            known = f"it has {', '.join(header)}"
            raise BadLog(f"{file}: no column for {column} ({' or '.join(wanted)}); {known}")
    return places


def _told(rows: Iterator[tuple[int, list[str]]], say: Progress) -> Iterator[tuple[int, list[str]]]:
    for line, row in rows:
        if line % LINES_PER_WORD == 0:
            say(f"reading line {line:,}")
        yield line, row


def _read(rows: Iterable[tuple[int, list[str]]], places: Mapping[str, int], file: Path) -> Log:
    log = Log()
    user_numbers, kind_numbers, group_numbers = dict[str, int](), dict[str, int](), dict[str, int]()
    needed = max(places.values()) + 1
    user, time, kind = places["user"], places["time"], places["event_type"]
    label, group = places.get("label"), places.get(GROUP)
    for line, row in _full(rows, needed, file):
        person = user_numbers.setdefault(row[user], len(user_numbers))
        log.users.append(person)
        log.moments.append(_moment(row[time], file, line))
        log.types.append(kind_numbers.setdefault(row[kind], len(kind_numbers)))
        if label is not None:
            log.labels[row[user]] = _label(row[label], file, line)
        if group is not None:
            place = group_numbers.setdefault(row[group], len(group_numbers))
            _belongs(log.groups, person, place, f"{file}:{line}: {row[user]!r}")
    if not log.users:
        raise BadLog(f"{file}: there is nothing below the header")
    log.names, log.kinds = [*user_numbers], [*kind_numbers]
    return log


def _belongs(groups: array[int], person: int, group: int, where: str) -> None:
    if person == len(groups):
        groups.append(group)
    elif groups[person] != group:
        raise BadLog(f"{where} is in two groups; each enrollment needs a name of its own, --column user=…")


def _full(rows: Iterable[tuple[int, list[str]]], needed: int, file: Path) -> Iterator[tuple[int, list[str]]]:
    for line, row in rows:
        if len(row) >= needed:
            yield line, row
        elif row:
            raise BadLog(f"{file}:{line}: there are {len(row)} columns, and {needed} are needed")


def _moment(text: str, file: Path, line: int) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _seconds(text, file, line)
    # millions of them: by a difference it is a fraction of the time
    return moment.timestamp() if moment.tzinfo else (moment - _EPOCH).total_seconds()


def _seconds(text: str, file: Path, line: int) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 10**11:
        raise BadLog(f"{file}:{line}: {text!r} is no time; write 2026-03-02T18:00:00 or seconds since 1970")
    return seconds


def _label(text: str, file: Path, line: int) -> bool:
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise BadLog(f"{file}:{line}: {text!r} is no label; write 1 for who left, 0 for who stayed")
    return word in _TRUE
