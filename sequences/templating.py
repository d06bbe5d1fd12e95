"""The template language: the part of Jinja2 that an author may use.

Its words are in `vocabulary`, what may be said with them in `inspection`, and `engines` fills in what has
passed. `lifting` gets expressions past the Markdown parser.
"""

from __future__ import annotations

from jinja2 import TemplateSyntaxError

from sequences.engines import Compiled, Engine, with_line_breaks
from sequences.inspection import TOO_DEEP, Inspection
from sequences.lifting import CLOSE, OPEN, lift
from sequences.mistakes import Problem, Unrenderable
from sequences.values import Path

MAX_TEMPLATE = 16_384


class TemplateLanguage:
    """The engines (for email, for Telegram, for plain text) and the one check of an author's template."""

    def __init__(self) -> None:
        self._email = Engine(autoescape=True, finalize=with_line_breaks)
        self._telegram = Engine(autoescape=True)
        self._plain = Engine(autoescape=False)

    def problems(self, source: str, context: tuple[str, ...]) -> list[Problem]:
        if len(source) > MAX_TEMPLATE:
            return [Problem(1, f"the text has {len(source)} characters; at most {MAX_TEMPLATE} are allowed")]
        if OPEN in source or CLOSE in source:
            return [Problem(1, "the text contains private-use characters (U+E000, U+E001)")]
        try:
            lift(source)
            parsed = self._plain.parse(source)
        except TemplateSyntaxError as mistake:
            return [Problem(mistake.lineno, f"template: {mistake.message}")]
        except RecursionError:
            return [Problem(1, TOO_DEEP)]
        inspection = Inspection(context)
        inspection.template(parsed)
        return inspection.problems

    def paths(self, *sources: str | None) -> frozenset[Path]:
        """The values that these templates take."""
        inspection = Inspection(None)
        for source in filter(None, sources):
            inspection.template(self._plain.parse(source))
        if inspection.problems:
            raise Unrenderable("broken_template", inspection.problems[0].message)
        return frozenset(inspection.paths)

    def email(self, source: str) -> Compiled:
        return self._email.compiled(source)

    def telegram(self, source: str) -> Compiled:
        return self._telegram.compiled(source)

    def plain(self, source: str) -> Compiled:
        return self._plain.compiled(source)
