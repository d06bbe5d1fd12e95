"""One Markdown text becomes Telegram HTML, the body of an email and plain text."""

from __future__ import annotations

import html5lib
import pytest

from sequences.lifting import lift
from sequences.markdown import Document
from sequences.templating import TemplateLanguage

LANGUAGE = TemplateLanguage()


def document(source: str) -> Document:
    return Document(lift(source))


def filled(template: str, **values: object) -> str:
    return LANGUAGE.plain(template).render({"_click": str, "user": {}, "context": values})


def telegram(source: str, **values: object) -> str:
    return filled(document(source).telegram(), **values)


def plain(source: str, **values: object) -> str:
    return filled(document(source).plain(), **values)


def email(source: str) -> str:
    words = document(source)
    return filled(words.lifted.fill(words.email()))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**a** *b* ~~c~~ `d`", "<b>a</b> <i>b</i> <s>c</s> <code>d</code>"),
        ("a ||b *c*|| d || e", "a <tg-spoiler>b <i>c</i></tg-spoiler> d || e"),
        ("# Title\n\nText", "<b>Title</b>\n\nText"),
        ("# **Title**", "<b>Title</b>"),
        ("one\ntwo", "one two"),
        ("one  \ntwo", "one\ntwo"),
        ("one\n\n\n\ntwo", "one\n\ntwo"),
        ("- a\n- b\n\nc", "• a\n• b\n\nc"),
        ("2. a\n3. b", "2. a\n3. b"),
        ("- a\n  - b\n  - c\n- d", "• a\n   • b\n   • c\n• d"),
        ("> a\n>\n> b", "<blockquote>a\n\nb</blockquote>"),
        ("> a\n> > b", "<blockquote>a\n\nb</blockquote>"),
        ("```\na < b\n```", "<pre>a &lt; b</pre>"),
        ("a\n\n---\n\nb", "a\n\n———\n\nb"),
        ("<b>a</b> & b", "&lt;b&gt;a&lt;/b&gt; &amp; b"),
        ("[a **b**](https://e.org/?x=1&y=2)", '<a href="https://e.org/?x=1&y=2">a <b>b</b></a>'),
        ("![a tree](https://e.org/t.png)", '<a href="https://e.org/t.png">a tree</a>'),
        (r"\*a\* \_b\_", "*a* _b_"),
        (r"\{\{ 7 }} {\% x %}", "{{ 7 }} {% x %}"),
    ],
)
def test_markdown_becomes_the_html_of_telegram(source: str, expected: str) -> None:
    assert telegram(source).strip() == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("**a** *b* `c` [d](https://e.org)", "a b c d"),
        ("# Title\n\n> quote\n> more", "Title\n\n> quote more"),
        ("{*{{ context.x }}*", "{X"),
        ("a < b & c", "a < b & c"),
    ],
)
def test_markdown_becomes_text_that_reads_well_plain(source: str, expected: str) -> None:
    assert plain(source, x="X").strip() == expected


def test_the_text_of_an_email_shows_where_its_links_lead() -> None:
    words = document("Read [this](https://e.org).\n\n![a tree](https://e.org/t.png)")
    assert filled(words.lifted.fill(words.email_text())) == "Read this (https://e.org).\n\n[a tree]"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# T", "<h1>T</h1>"),
        ("a *b* **c** ~~d~~", "<p>a <em>b</em> <strong>c</strong> <s>d</s></p>"),
        ("a ||b|| c", "<p>a b c</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3. a", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("`482915`", '<p class="code"><code>482915</code></p>'),
        ("a `b`", "<p>a <code>b</code></p>"),
        (
            '![a "tree"](https://e.org/t.png)',
            '<p><img src="https://e.org/t.png" alt="a &quot;tree&quot;" /></p>',
        ),
        ("a  \nb", "<p>a<br />\nb</p>"),
        ("> a", "<blockquote><p>a</p>\n</blockquote>"),
    ],
)
def test_markdown_becomes_the_html_of_an_email(source: str, expected: str) -> None:
    assert email(source) == expected
    html5lib.HTMLParser(strict=True).parseFragment(expected.replace(" />", ">"))


def test_a_statement_on_a_line_of_its_own_takes_the_whole_paragraph_with_it() -> None:
    source = "Before.\n{% if context.x %}\nOnly then.\n{% endif %}\nAfter."
    assert telegram(source, x=1).split("\n\n") == ["Before.", "Only then.", "After."]
    assert telegram(source, x=0).split() == ["Before.", "After."]


def test_a_statement_inside_a_paragraph_stays_inside_it() -> None:
    source = "Hi{% if context.x %}, {{ context.x }}{% endif %}!"
    assert (telegram(source, x="you"), telegram(source, x="")) == ("Hi, you!", "Hi!")


def test_a_list_is_made_by_a_loop() -> None:
    source = "{% for item in context.items %}\n- {{ item }}\n{% endfor %}"
    assert telegram(source, items=["a", "b"]).split() == ["•", "a", "•", "b"]


@pytest.mark.parametrize(
    "source",
    [
        "**{% if context.x %}a** b{% endif %}",
        "{% if context.x %}\n- a\n- {% endif %}\nb",
        "> {% if context.x %}\n\na{% endif %}",
    ],
)
def test_a_statement_that_crosses_markup_is_a_problem(source: str) -> None:
    assert "has to begin and end in the same paragraph" in document(source).problems[0].message


def test_values_are_never_read_as_markdown() -> None:
    assert telegram("{{ context.x }}", x="**a** [b](https://e.org)\n# c") == "**a** [b](https://e.org)\n# c"
