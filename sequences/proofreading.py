"""What is wrong with the words of a step: its templates, its Markdown, its links, its length."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from sequences.definition import Button, Content
from sequences.lifting import lift
from sequences.markdown import Document, address_problem
from sequences.mistakes import Problem, Unrenderable
from sequences.rendering import TELEGRAM_TEXT, telegram_length
from sequences.templating import TemplateLanguage
from sequences.values import sample_values
from sequences.vocabulary import ENGAGEMENT, LEVELS, LINKS

Found = tuple[str, Problem]
"""Where (body, subject, preheader, buttons.INDEX.KEY) and what."""

TELEGRAM_ENTITIES = 100


def content_problems(content: Content, context: tuple[str, ...]) -> list[Found]:
    """All mistakes in these words, for an enrollment that brings the fields of `context`."""
    return [*_Reader(context).read(content)]


def telegram_problems(content: Content, context: tuple[str, ...]) -> list[Problem]:
    """Why these words, otherwise faultless, do not fit into a Telegram message."""
    reader = _Reader(context)
    return [] if [*reader.read(content)] else [*reader.trial(content.body or "", on_telegram=True)]


class _Reader:
    def __init__(self, context: tuple[str, ...]) -> None:
        self._context = context
        self._language = TemplateLanguage()

    def read(self, content: Content) -> Iterator[Found]:
        if content.body:
            yield from (("body", problem) for problem in self._body(content.body))
        for place, text in (("subject", content.subject), ("preheader", content.preheader)):
            if text is not None:
                yield from ((place, problem) for problem in self._line(text))
        for index, button in enumerate(content.buttons or ()):
            yield from self._button(button, f"buttons.{index}")

    def _body(self, body: str) -> Iterator[Problem]:
        problems = [*self._language.problems(body, self._context)]
        if not problems:
            document = Document(lift(body))
            problems = document.problems or [*self.trial(body)]
        yield from problems
        yield from self._confirmation(body)

    def _line(self, text: str) -> Iterator[Problem]:
        """A text that has to stay on one line."""
        yield from self._language.problems(text, self._context)
        yield from self._confirmation(text)
        if "\n" in text.strip() or "\r" in text:
            yield Problem(1, "has to be one line")

    def _button(self, button: Button, place: str) -> Iterator[Found]:
        yield from ((f"{place}.label", problem) for problem in self._line(button.label))
        if button.url is not None:
            problems = [*self._line(button.url)]
            if not problems:
                lifted = lift(button.url)
                message = address_problem(lifted.text, lifted)
                problems = [Problem(1, message)] if message else []
            yield from ((f"{place}.url", problem) for problem in problems)

    def _confirmation(self, text: str) -> Iterator[Problem]:
        if "links.confirm_email" in text and not {"contact_point_id", "code"} <= set(self._context):
            yield Problem(1, "links.confirm_email needs contact_point_id and code in context")
        if "links.privacy" in text and "until" not in self._context:
            yield Problem(1, "links.privacy needs until in context")

    def trial(self, body: str, *, on_telegram: bool = False) -> Iterator[Problem]:
        """Renders with sample values, with all of them and with only those that nobody lacks, for readers of
        each level of engagement where that matters.
        """
        compiled = self._language.telegram(Document(lift(body)).telegram())
        paths = self._language.paths(body)
        levels = LEVELS if (ENGAGEMENT,) in paths else LEVELS[:1]
        for everything, level in product((True, False), levels):
            values = sample_values(paths, self._context, everything=everything)
            try:
                text = compiled.render({**values, **_OURS, ENGAGEMENT: level}).strip()
            except Unrenderable as bad:
                yield Problem(1, str(bad))
                return
            if on_telegram and (message := _too_much_for_telegram(text)):
                yield Problem(1, message)
                return


_OURS: dict[str, Any] = {
    "links": dict.fromkeys(LINKS, "https://example.org/"),
    "brand": {"name": "Sample", "url": "https://example.org"},
    "_click": str,
}


def _too_much_for_telegram(text: str) -> str | None:
    if (length := telegram_length(text)) > TELEGRAM_TEXT:
        return f"the text has {length} characters; Telegram takes {TELEGRAM_TEXT}"
    if (entities := text.count("</")) > TELEGRAM_ENTITIES:
        return (
            f"the text has {entities} bold, linked or other marked places; Telegram takes {TELEGRAM_ENTITIES}"
        )
    return None
