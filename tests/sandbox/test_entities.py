"""Message text as Telegram reads it. The error texts are those of the real server."""

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.entities import BadText, checked_entities, utf16_length
from sandbox.html_reading import parse_text
from sandbox.html_writing import as_html
from sandbox.links import BadLink, checked_link


def kinds(source: str) -> list[tuple[str, int, int]]:
    return [(e["type"], e["offset"], e["length"]) for e in parse_text(source, "HTML")[1]]


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>bold</b> <strong>too</strong>", "bold too", [("bold", 0, 4), ("bold", 5, 3)]),
        ("<i>a</i><em>b</em>", "ab", [("italic", 0, 1), ("italic", 1, 1)]),
        ("<u>a</u><ins>b</ins>", "ab", [("underline", 0, 1), ("underline", 1, 1)]),
        ("<s>a</s><del>b</del>", "ab", [("strikethrough", 0, 1), ("strikethrough", 1, 1)]),
        (
            '<tg-spoiler>a</tg-spoiler><span class="tg-spoiler">b</span>',
            "ab",
            [("spoiler", 0, 1), ("spoiler", 1, 1)],
        ),
        ("<code>x &lt; y</code>", "x < y", [("code", 0, 5)]),
        ("<blockquote>q</blockquote>", "q", [("blockquote", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ("<B>case</B>", "case", [("bold", 0, 4)]),
        ("<b></b>x", "x", []),
        ("  <b> x </b>  ", "x", [("bold", 0, 1)]),
        ("&lt;&gt;&amp;&quot;&#33;&#x21;&nbsp;", '<>&"!!&nbsp;', []),
        ("fish & chips", "fish & chips", []),
        ('<tg-time unix="1700000000" format="wDT">then</tg-time>', "then", [("date_time", 0, 4)]),
    ],
)
def test_tags_become_entities(source, text, entities):
    assert parse_text(source, "HTML")[0] == text
    assert kinds(source) == entities


def test_offsets_count_utf16_units():
    assert kinds("🌱 <b>grow</b>") == [("bold", 3, 4)]


def test_a_link_keeps_its_address():
    _, entities = parse_text('<a href="https://example.com/?a=1&amp;b=2">here</a>', "HTML")

    assert entities == [
        {"type": "text_link", "offset": 0, "length": 4, "url": "https://example.com/?a=1&b=2"}
    ]


def test_a_link_without_an_address_is_its_own_words():
    _, entities = parse_text("<a>example.com</a>", "HTML")

    assert entities[0]["url"] == "http://example.com/"


def test_a_link_that_is_none_leaves_only_its_words():
    assert parse_text('<a href="javascript://x.y">words</a>', "HTML") == ("words", [])


def test_code_within_pre_names_its_language():
    _, entities = parse_text('<pre><code class="language-python">1</code></pre>', "HTML")

    assert entities == [{"type": "pre", "offset": 0, "length": 1, "language": "python"}]


def test_commands_links_and_addresses_are_found():
    text = "/help or https://example.com/a. Ask ada@example.com, @adalovelace #now"

    assert [kind for kind, *_ in kinds(text)] == ["bot_command", "url", "email", "mention", "hashtag"]


def test_nothing_is_found_within_code_and_links():
    assert [kind for kind, *_ in kinds('<code>/help</code> <a href="https://a.example">@someone</a>')] == [
        "code",
        "text_link",
    ]


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("<b>unclosed", "can't parse entities: Can't find end tag corresponding to start tag \"b\""),
        ("<script>1</script>", 'can\'t parse entities: Unsupported start tag "script" at byte offset 0'),
        ("é <br>", 'can\'t parse entities: Unsupported start tag "br" at byte offset 3'),
        ("a < b >", 'can\'t parse entities: Unsupported start tag "" at byte offset 2'),
        (
            "<b><i>test</b></i>",
            'can\'t parse entities: Unmatched end tag at byte offset 10, expected "</i>", found "</b>"',
        ),
        ("x</b>", "can't parse entities: Unexpected end tag at byte offset 1"),
        ("<b", "can't parse entities: Unclosed start tag at byte offset 0"),
        ("<b>x</b", "can't parse entities: Unclosed end tag at byte offset 4"),
        (
            "<a href>x</a>",
            "can't parse entities: Expected equal sign in declaration of an attribute "
            'of the tag "a" at byte offset 0',
        ),
        ("<a =x>x</a>", 'can\'t parse entities: Empty attribute name in the tag "a" at byte offset 0'),
        ("<a href=x/y>x</a>", "can't parse entities: Unexpected end of name token at byte offset 8"),
        ('<a href="x>y</a>', "can't parse entities: Unclosed start tag at byte offset 0"),
        ("<span>x</span>", 'can\'t parse entities: Tag "span" must have class "tg-spoiler" at byte offset 0'),
        (
            '<tg-emoji emoji-id="9999999999999999999">x</tg-emoji>',
            "can't parse entities: Invalid custom emoji identifier specified",
        ),
        ("   ", "text must be non-empty"),
        ("<b> </b>", "text must be non-empty"),
    ],
)
def test_bad_html_is_refused_with_telegrams_words(source, complaint):
    with pytest.raises(BadText) as refusal:
        parse_text(source, "HTML")

    assert str(refusal.value) == complaint


def test_without_a_parse_mode_tags_are_text():
    assert parse_text("<b>x</b>", None) == ("<b>x</b>", [])


def test_an_unknown_parse_mode_is_refused():
    with pytest.raises(BadText, match="unsupported parse_mode"):
        parse_text("x", "BBCode")


@pytest.mark.parametrize(
    ("entity", "complaint"),
    [
        ({"type": "odd", "offset": 0, "length": 1}, "can't parse MessageEntity: Unsupported type specified"),
        (
            {"type": "bold", "offset": 100, "length": 1},
            "entity begins after the end of the text at UTF-16 offset 100",
        ),
        (
            {"type": "bold", "offset": 0, "length": 100},
            "entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 100",
        ),
        ({"type": "bold", "offset": -1, "length": 1}, "receive an entity with incorrect offset -1"),
        (
            {"type": "text_link", "offset": 0, "length": 1},
            "can't parse MessageEntity: Can't find field \"url\"",
        ),
        (
            {"type": "text_link", "offset": 0, "length": 1, "url": "no"},
            "entity URL 'no' is invalid: Wrong HTTP URL",
        ),
        (
            {"type": "text_link", "offset": 0, "length": 1, "url": ""},
            "entity URL '' is invalid: URL host is empty",
        ),
    ],
)
def test_bad_entities_are_refused_with_telegrams_words(entity, complaint):
    with pytest.raises(BadText) as refusal:
        checked_entities("hello", [entity])

    assert str(refusal.value) == complaint


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1:8080/c/x", "https://example.com", "tg://user?id=1", "example.com"]
)
def test_a_good_link_is_kept(link):
    assert checked_link(link)


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("", "URL host is empty"),
        ("not-a-url", "Wrong HTTP URL"),
        ("http://localhost:8080/x", "Wrong HTTP URL"),
        ("https://a b.example", "Wrong HTTP URL"),
        ("https:///x", "URL host is empty"),
        ("http://a.example:port/", "Wrong HTTP URL"),
        ("ftp://example.com", "Unsupported URL protocol"),
    ],
)
def test_a_bad_link_is_refused(link, reason):
    with pytest.raises(BadLink) as refusal:
        checked_link(link)

    assert str(refusal.value) == reason


def test_html_shows_what_the_entities_say():
    source = '<b>Hi <i>you</i></b> &lt;3 <a href="https://a.example/?q=%22&amp;r=1">go</a>'

    shown = as_html(*parse_text(source, "HTML"))

    assert shown == (
        "<b>Hi <i>you</i></b> &lt;3 "
        '<a href="https://a.example/?q=%22&amp;r=1" target="_blank" rel="noopener noreferrer">go</a>'
    )


def test_html_never_links_to_a_script():
    marks = [{"type": "text_link", "offset": 0, "length": 1, "url": "javascript:alert(1)"}]

    assert as_html("x", marks) == "x"


KINDS = ["bold", "italic", "code", "pre", "text_link", "spoiler", "blockquote", "url", "email", "bot_command"]


@st.composite
def marked_text(draw):
    # Within the basic plane, so that a random span cuts no surrogate pair (which Telegram refuses).
    text = draw(st.text(st.characters(max_codepoint=0xFFFD, exclude_categories=["Cs", "Cc"]), max_size=20))
    end = utf16_length(text)
    spans = st.tuples(st.sampled_from(KINDS), st.integers(0, end), st.integers(0, end))
    return text, [
        {"type": kind, "offset": start, "length": min(length, end - start), "url": "https://a.example/"}
        for kind, start, length in draw(st.lists(spans, max_size=6))
    ]


@given(marked_text())
def test_html_of_any_entities_is_well_formed_and_says_the_same(marked):
    text, entities = marked

    fragment = html5lib.parseFragment(as_html(text, entities), namespaceHTMLElements=False)

    assert "".join(fragment.itertext()) == text


@given(st.text(max_size=60))
def test_any_text_is_either_read_or_refused(source):
    try:
        text, entities = parse_text(source, "HTML")
    except BadText:
        return
    assert all(e["offset"] + e["length"] <= utf16_length(text) for e in entities)
