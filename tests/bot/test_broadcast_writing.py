"""What an admin sends is what readers see: marks hold where they held, and nothing else means anything."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import MessageEntity

from bot.admin.broadcast_writing import LONGEST_SUBJECT, as_markdown, subject_of
from sandbox.html_reading import parse_text
from sequences.lifting import lift
from sequences.markdown import Document
from sequences.templating import TemplateLanguage

LANGUAGE = TemplateLanguage()
KINDS = ("bold", "italic", "strikethrough", "spoiler", "code", "text_link")
URL = "https://example.org/a?b=1&copy=2"
JOINER = "\u2060"


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def marked(text: str, kind: str, words: str, **more: Any) -> MessageEntity:
    return MessageEntity(kind, units(text[: text.index(words)]), units(words), **more)


def on_telegram(markdown: str) -> str:
    document = Document(lift(markdown))
    assert document.problems == []
    return LANGUAGE.telegram(document.telegram()).render({"_click": str}).strip()


def shown(text: str, *marks: MessageEntity) -> str:
    return on_telegram(as_markdown(text, marks)).replace(JOINER, "")


@pytest.mark.parametrize(
    ("kind", "html"),
    [
        ("bold", "say <b>this</b> now"),
        ("italic", "say <i>this</i> now"),
        ("strikethrough", "say <s>this</s> now"),
        ("spoiler", "say <tg-spoiler>this</tg-spoiler> now"),
        ("code", "say <code>this</code> now"),
        ("underline", "say this now"),
    ],
)
def test_a_mark_holds_where_it_held(kind: str, html: str) -> None:
    text = "say this now"

    assert shown(text, marked(text, kind, "this")) == html


def test_a_link_leads_where_it_led() -> None:
    text = "see here"

    assert shown(text, marked(text, "text_link", "here", url=URL)) == (
        'see <a href="https://example.org/a?b=1&amp;copy=2">here</a>'
    )


def test_an_address_in_the_text_becomes_a_link() -> None:
    text = "see example.org"

    html = shown(text, marked(text, "url", "example.org"))

    assert html == 'see <a href="https://example.org">example.org</a>'


def test_a_link_to_nowhere_is_only_its_words() -> None:
    text = "see here"

    assert shown(text, marked(text, "text_link", "here", url="javascript:alert(1)")) == "see here"


@pytest.mark.parametrize(
    "text",
    [
        "{{ user.first_name }} {% if x %} {# no #}",
        "<b>bold</b> & <script>",
        "**no** _no_ ~~no~~ ||no|| `no` [no](https://example.org)",
        "# no\n- no\n1. no\n> no\n===",
        "back\\slash \\{{ x }}",
        "&amp; &#123;&#123;",
    ],
)
def test_what_looks_like_markup_is_only_text(text: str) -> None:
    read, found = parse_text(shown(text), "HTML")

    assert read == text
    assert [each for each in found if each["type"] in KINDS] == []


def test_code_keeps_its_braces_and_ticks() -> None:
    text = "run\n{{ x }} ``` {% y %}"
    html = shown(text, marked(text, "pre", "{{ x }} ``` {% y %}"))

    assert html == "run\n\n<pre>{{ x }} ``` {% y %}</pre>"


def test_lines_and_paragraphs_stay() -> None:
    assert shown("one\ntwo\n\n\nthree") == "one\ntwo\n\nthree"


def test_a_quote_is_a_quote() -> None:
    text = "he said\nwell\n\nwell"

    assert shown(text, MessageEntity("blockquote", 8, 10)) == (
        "he said\n\n<blockquote>well\n\nwell</blockquote>"
    )


def test_the_first_line_is_the_subject() -> None:
    assert subject_of("\n  We  moved \nto") == "We moved"
    assert LANGUAGE.plain(subject_of("{{ x }} {% y %}")).render({}) == "{{ x }} {% y %}"
    assert len(subject_of("word " * 100)) <= LONGEST_SUBJECT


@st.composite
def messages(draw: Any) -> tuple[str, list[MessageEntity]]:
    """Marks nest, as Telegram's do."""
    text = draw(st.text(st.sampled_from("ab c.*_~|`{}%#[]()<>&\\\"!-+1.\n😀é'="), min_size=1, max_size=24))
    marks: list[MessageEntity] = []

    def nest(start: int, end: int, around: frozenset[str]) -> None:
        for _ in range(draw(st.integers(0, 2))):
            free = [kind for kind in KINDS if kind not in around]
            if start >= end or not free:
                return
            first = draw(st.integers(start, end - 1))
            last = draw(st.integers(first + 1, end))
            kind = draw(st.sampled_from(free))
            url = URL if kind == "text_link" else None
            marks.append(MessageEntity(kind, units(text[:first]), units(text[first:last]), url=url))
            if kind != "code":
                nest(first, last, around | {kind})
            start = last

    nest(0, len(text), frozenset())
    return text, marks


def marks_of(text: str, found: list[Any]) -> list[tuple[str, frozenset[str]]]:
    """Of each character that can be seen."""
    spans = [(each["type"], each["offset"], each["offset"] + each["length"]) for each in found]
    return [
        (character, frozenset(kind for kind, start, end in spans if kind in KINDS and start <= at < end))
        for character, at in ((text[place], units(text[:place])) for place in range(len(text)))
        if not character.isspace() and character != JOINER
    ]


@settings(max_examples=150, deadline=None)
@given(messages())
def test_any_message_arrives_as_it_was_marked(message: tuple[str, list[MessageEntity]]) -> None:
    text, marks = message
    if not text.strip():
        return

    read, found = parse_text(on_telegram(as_markdown(text, marks)), "HTML")

    assert marks_of(read, found) == marks_of(text, [each.to_dict() for each in marks])
