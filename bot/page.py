"""Plain text for a terminal or a chat: headings and columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_COLORS = {"bold": "1", "dim": "2", "green": "32", "yellow": "33", "red": "31"}


class Page:
    """Plain text; with color where a person looks at it."""

    def __init__(self, is_colored: bool) -> None:
        self._is_colored = is_colored

    def paint(self, text: str, color: str) -> str:
        return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if self._is_colored else text

    def heading(self, text: str) -> list[str]:
        return ["", self.paint(text, "bold")]

    def line(self, text: str) -> str:
        return f"  {text}"

    def columns(self, rows: Iterable[Sequence[str]], colors: Sequence[str] = ()) -> list[str]:
        """Aligned; the last column is as long as it likes, and its further lines stand below, dim.

        `colors` has one for each row, or none.
        """
        table = [list(row) for row in rows]
        widths = [max(map(len, column)) for column in zip(*(row[:-1] for row in table), strict=True)]
        lines = []
        for number, row in enumerate(table):
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
            first, *more = row[-1].split("\n")
            last = self.paint(first, colors[number]) if colors else first
            lines.append("  " + "  ".join([*cells, last]).rstrip())
            indent = " " * (2 + sum(width + 2 for width in widths))
            lines += [indent + self.paint(line, "dim") for line in more]
        return lines
