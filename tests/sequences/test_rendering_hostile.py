"""What users put into their names and values stays words: no markup, no link, no template, no header."""

from __future__ import annotations

import re
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sequences.definition import Button
from sequences.mistakes import Unrenderable
from sequences.rendering import Renderer
from tests.sequences.content import renderer, row, step

TAG = re.compile(r"<[^>]*>")
WORDS = step(
    "# Hi {{ user.first_name | default('you') }}\n\n"
    "**{{ user.username | default('x') }}** `{{ context.note }}` "
    "[{{ context.note }}](https://example.org/?n={{ context.note }})\n\n"
    "- {{ context.note }}\n\n> {{ context.note }}",
    Button("Go {{ user.first_name | default('on') }}", event="go"),
    subject="Hi {{ user.first_name | default('you') }}: {{ context.note }}",
    preheader="{{ context.note }}",
)
HOSTILE = [
    "<b>bold</b><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "**bold** _it_ [x](https://evil.example) `code`\n# Heading\n> quote\n- item",
    "{{ 7 * 7 }}{% for a in b %}{# c #}",
    "a\r\nBcc: victim@example.org\r\n\r\nbody",
    "\u202eevil\u202c \u2066x\u2069 \u200f",
    "zero\u200bwidth\u2060joiner\ufeff\u00ad",
    "\ue0000\ue001 \ue0001\ue001 mark-0-mark",
    "x" * 900,
    "مرحبا",
    "\x00\x1b[31m\x7f",
    "&amp;&lt;b&gt;",
    "</a></td></table><style>*{display:none}</style>",
]


def shape(html: str) -> list[str]:
    """The elements of a page with the names of their attributes: what is not words."""
    page = html5lib.parse(html, namespaceHTMLElements=False)
    return [f"{element.tag} {sorted(element.attrib)}" for element in page.iter() if element.tag != "br"]


def rendered(channel: str, value: str, compiled: Renderer | None = None) -> dict[str, Any]:
    user = {"first_name": value, "username": value}
    return (compiled or renderer()).render(
        WORDS, channel, row(version_id=1, user=user, context={"note": value})
    )


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_brings_no_tag_into_telegram(value: str) -> None:
    tags = [re.sub(r'href="[^"]*"', "href", tag) for tag in TAG.findall(rendered("telegram", value)["text"])]
    plain = [
        re.sub(r'href="[^"]*"', "href", tag) for tag in TAG.findall(rendered("telegram", "plain")["text"])
    ]
    assert tags == plain


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_brings_no_element_into_an_email(value: str) -> None:
    assert shape(rendered("email", value)["html"]) == shape(rendered("email", "plain")["html"])


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_brings_no_line_into_a_subject_or_a_button(value: str) -> None:
    assert not re.search(r"[\r\n\x00-\x1f]", rendered("email", value)["subject"])
    assert not re.search(r"[\r\n\x00-\x1f]", rendered("telegram", value)["buttons"][0][0]["text"])


def test_markdown_in_a_value_stays_as_it_was_typed() -> None:
    assert "**bold** _it_" in rendered("telegram", HOSTILE[2])["text"]


def test_template_syntax_in_a_value_stays_as_it_was_typed() -> None:
    for channel in ("telegram", "sms"):
        assert "{{ 7 * 7 }}" in rendered(channel, HOSTILE[3])["text"]


@pytest.mark.parametrize(
    "mark", "\u202a\u202b\u202d\u202e\u2066\u2067\u200e\u200f\u061c\u200b\u2060\ufeff\u00ad"
)
def test_direction_marks_and_invisible_characters_are_taken_out(mark: str) -> None:
    assert mark not in rendered("telegram", f"a{mark}b")["text"]


def test_a_name_that_runs_from_right_to_left_does_not_turn_the_sentence() -> None:
    assert "Hi \u2068مرحبا\u2069" in rendered("telegram", "مرحبا")["text"]


def test_joined_emoji_stay_whole() -> None:
    assert "👩‍🌾" in rendered("telegram", "👩‍🌾")["text"]


@pytest.mark.parametrize(
    "name", ["evil.example", "https://evil.example/x", "@evil", "/stop", "#now", "www.evil.example"]
)
def test_no_app_makes_a_link_of_a_name(name: str) -> None:
    text = renderer().render(
        step("Hi {{ user.first_name | default('you') }}"), "telegram", row(user={"first_name": name})
    )
    assert not re.search(r"[@#/:]|\.\w", text["text"])


def test_a_very_long_name_is_cut() -> None:
    text = renderer().render(
        step("Hi {{ user.first_name | default('you') }}"), "telegram", row(user={"first_name": "x" * 10_000})
    )
    assert len(text["text"]) == len("Hi ") + 64


def test_line_breaks_of_a_value_stay_line_breaks() -> None:
    words, values = step("{{ context.note }}"), row(context={"note": "one\r\ntwo"})
    assert renderer().render(words, "telegram", values)["text"] == "one\ntwo"
    assert "one<br>\ntwo" in renderer().render(words, "email", values)["html"]


COMPILED = renderer()
USUAL = {channel: rendered(channel, "plain", COMPILED) for channel in ("telegram", "email", "sms")}


@settings(deadline=None)  # a busy machine is not a failure
@given(st.text(max_size=200))
def test_no_text_changes_the_shape_of_a_message(value: str) -> None:
    try:
        message = {channel: rendered(channel, f"x{value}", COMPILED) for channel in USUAL}
    except Unrenderable as refused:
        raise AssertionError(str(refused)) from refused
    assert len(TAG.findall(message["telegram"]["text"])) == len(TAG.findall(USUAL["telegram"]["text"]))
    assert shape(message["email"]["html"]) == shape(USUAL["email"]["html"])
    assert "\n" not in message["email"]["subject"]
    for channel in USUAL:
        assert "\x00" not in message[channel]["text"]
