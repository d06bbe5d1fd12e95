"""Takes a template's expressions out of its text, and puts them back in.

Values never meet the Markdown parser: `lift` takes the expressions out before Markdown is read, and
`Lifted.fill` puts them back into its result, for the engine to compile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment, TemplateSyntaxError

from sequences.vocabulary import STATEMENTS

OPEN, CLOSE = "\ue000", "\ue001"
MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")
_BRACES = re.compile(f"{{(?=[{{%#{OPEN}])")
_LANGUAGE = Environment(keep_trailing_newline=True)
"""It splits sources; the engines that fill them in are elsewhere."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """One `{{ value }}` or `{% statement %}` of a template; `word` is the statement's keyword, else empty."""

    code: str
    word: str
    line: int

    @property
    def expression(self) -> str:
        return self.code[2:-2].strip("-+ \t\n")


class Lifted:
    """A text whose template parts are replaced by marks that mean nothing to Markdown, HTML or MJML."""

    def __init__(self, text: str, chunks: list[Chunk], lines: list[int]) -> None:
        self.text = text
        self.lines = lines
        self._chunks = chunks

    def chunk(self, mark: re.Match[str]) -> Chunk:
        return self._chunks[int(mark[1])]

    def add(self, code: str) -> str:
        """A mark for a further expression, written by us."""
        self._chunks.append(Chunk(code, "", 1))
        return f"{OPEN}{len(self._chunks) - 1}{CLOSE}"

    def take(self, other: Lifted) -> str:
        """The text of another template, its marks made this one's."""
        return MARK.sub(lambda mark: self.add(other.chunk(mark).code), other.text)

    def line(self, position: int) -> int:
        """The source line (from 1) of a line of `text` (from 0)."""
        return self.lines[min(position, len(self.lines) - 1)]

    def fill(self, text: str) -> str:
        """Template source: the marks become their expressions, and stray braces stay text."""
        literal = _BRACES.sub("{{ '{' }}", text)
        return MARK.sub(lambda mark: self.chunk(mark).code, literal)


def lift(source: str) -> Lifted:
    """Takes the template parts out; a line with nothing but statements becomes a paragraph of its own.
    Raises TemplateSyntaxError.
    """
    text, chunks = "", list[Chunk]()
    for line, kind, code in _chunks(source):
        if kind == "data":
            text += code
        elif kind != "comment":
            word = code[2:].lstrip("-+ \t\n").split(maxsplit=1)[0].rstrip("-+%}") if kind == "block" else ""
            if kind == "block" and word not in STATEMENTS:
                raise TemplateSyntaxError(f"{word!r} is not part of the template language", line)
            chunks.append(Chunk(code, word, line))
            text += f"{OPEN}{len(chunks) - 1}{CLOSE}"
    return _on_lines_of_their_own(text, chunks)


def _chunks(source: str) -> Iterator[tuple[int, str, str]]:
    """The source in pieces: (line, "data" | "variable" | "block" | "comment", text)."""
    kind, start, code = "", 1, ""
    for line, token, value in _LANGUAGE.lex(source):
        if token.endswith("_begin"):
            kind, start, code = token.removesuffix("_begin"), line, value
            if kind == "raw":
                raise TemplateSyntaxError("raw blocks are not part of the template language", line)
        elif token.endswith("_end"):
            yield start, kind, code + value
            kind = ""
        elif kind:
            code += value
        else:
            yield line, "data", value


def _on_lines_of_their_own(text: str, chunks: list[Chunk]) -> Lifted:
    out, lines, number = list[str](), list[int](), 1
    for written in text.split("\n"):
        marks = [chunks[int(mark[1])] for mark in MARK.finditer(written)]
        alone = bool(marks) and all(chunk.word for chunk in marks) and not MARK.sub("", written).strip()
        block = ["", written.strip(), ""] if alone else [written]
        out += block
        lines += [number] * len(block)
        number += 1 + sum(chunk.code.count("\n") for chunk in marks)
    return Lifted("\n".join(out), chunks, lines)
