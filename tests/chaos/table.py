"""The table: on a terminal, and in the documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.chaos.oracle import Row

HEADINGS = ("test", "n", "lost", "duplicates", "wrong", "95 % bound", "")


def as_text(rows: Sequence[Row]) -> str:
    cells = [HEADINGS, *(_cells(row.as_json()) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
    lines = ["  ".join(map(_aligned, row, widths, range(len(row)))) for row in cells]
    complaints = [f"! {row.test}: {complaint}" for row in rows for complaint in row.complaints]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], *complaints])


def as_markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Out of the JSON of a run."""
    head = "| test | n | lost | duplicates | wrong | 95 % bound | | |\n|---|--:|--:|--:|--:|--:|---|---|"
    return "\n".join([head, *("| " + " | ".join((*_cells(row), row["notes"])) + " |" for row in rows)])


def line(row: Row) -> str:
    test, n, lost, duplicates, wrong, _, verdict = _cells(row.as_json())
    text = f"{verdict:4}  {test}: n {n}, lost {lost}, duplicates {duplicates}, wrong {wrong}  {row.notes}"
    return "\n".join([text, *(f"      ! {complaint}" for complaint in row.complaints)])


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    allowed = f" ≤ {row['allowed_duplicates']}" if row["allowed_duplicates"] else ""
    duplicates = f"{row['duplicates']}{allowed}"
    bound = "–" if row["bound_95"] is None else f"{row['bound_95']:.3%}"
    verdict = "pass" if row["passed"] else "FAIL"
    return row["test"], f"{row['n']:,}", str(row["lost"]), duplicates, str(row["wrong"]), bound, verdict


def _aligned(text: str, width: int, column: int) -> str:
    return text.ljust(width) if column in (0, len(HEADINGS) - 1) else text.rjust(width)
