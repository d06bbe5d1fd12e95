"""One Markdown text as Telegram HTML, as the body of an email, and as plain text.

The text is a template whose expressions were lifted out before (`lifting.Lifted`), so what a user's value
contains is never read as Markdown. The three results are template sources again: marks stand where values
will be put, and every link is an expression that makes its tracked address.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from urllib.parse import SplitResult, urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.tree import SyntaxTreeNode

from sequences.lifting import MARK, Lifted, lift
from sequences.mistakes import Problem, Unrenderable

_WEB = ("http", "https")
_UNTRACKED = ("mailto", "tg")
_LINK_VALUE = re.compile(r"links\.\w+\Z")


class Document:
    """A parsed text; `problems` says what keeps it from being sent."""

    def __init__(self, lifted: Lifted) -> None:
        self.lifted = lifted
        self.tree = SyntaxTreeNode(_parser().parse(lifted.text))
        self.problems = [*self._crossings(self.tree, 0), *self._bad_addresses(self.tree, 0)]

    def telegram(self) -> str:
        """Template source of a Telegram message (parse mode HTML)."""
        return self.lifted.fill(_Telegram(self.lifted).document(self.tree))

    def plain(self) -> str:
        """Template source of a text in which links are only their words."""
        return self.lifted.fill(_Plain(self.lifted, with_addresses=False).document(self.tree))

    def email(self) -> str:
        """HTML, still with marks, to be put into a layout."""
        return _Email(self.lifted).document(self.tree)

    def email_text(self) -> str:
        """Text with the addresses of its links, still with marks, to be put into a layout."""
        return _Plain(self.lifted, with_addresses=True).document(self.tree)

    def _crossings(self, node: SyntaxTreeNode, line: int) -> Iterator[Problem]:
        """Statements that do not begin and end inside the same paragraph, list or emphasis."""
        line = node.map[0] if not node.is_root and node.map else line
        open_words: list[str] = []
        for word, at in _statement_words(node, self.lifted):
            if not _follows(open_words, word):
                yield Problem(at, _CROSSING.format(word))
        if open_words:
            yield Problem(self.lifted.line(line), _CROSSING.format(open_words[-1]))
        for child in node.children:
            if not _is_statements(child, self.lifted):
                yield from self._crossings(child, line)

    def _bad_addresses(self, node: SyntaxTreeNode, line: int) -> Iterator[Problem]:
        line = node.map[0] if not node.is_root and node.map else line
        if node.type == "link":
            message = address_problem(str(node.attrs["href"]), self.lifted)
        elif node.type == "image":
            message = _image_problem(node)
        else:
            message = None
        if message:
            yield Problem(self.lifted.line(line), message)
        for child in node.children if node.type != "image" else ():
            yield from self._bad_addresses(child, line)


_CROSSING = "{{% {} %}} has to begin and end in the same paragraph, or stand on lines of its own"


def sound_document(body: str) -> Document:
    """Raises Unrenderable with the first of its problems."""
    document = Document(lift(body))
    if document.problems:
        raise Unrenderable("broken_template", document.problems[0].message)
    return document


def _parser() -> MarkdownIt:
    """CommonMark without raw HTML; addresses are judged by us, with a message, not dropped."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")
    parser.validateLink = lambda url: True  # type: ignore[method-assign]
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]
    parser.inline.add_terminator_char("|")
    parser.inline.ruler.after("strikethrough", "spoiler", _spoiler)
    return parser


def _spoiler(state: StateInline, silent: bool) -> bool:
    """`||words||`, as Telegram's own Markdown has it."""
    start, most = state.pos + 2, state.posMax
    end = state.src.find("||", start + 1, most)
    if silent or not state.src.startswith("||", state.pos, most) or end < 0:
        return False
    state.push("spoiler_open", "span", 1)
    state.pos, state.posMax = start, end
    state.md.inline.tokenize(state)
    state.push("spoiler_close", "span", -1)
    state.pos, state.posMax = end + 2, most
    return True


def _is_statements(node: SyntaxTreeNode, lifted: Lifted) -> bool:
    """A paragraph of nothing but statements: it is not a paragraph."""
    if node.type != "paragraph" or MARK.sub("", node.children[0].content).strip():
        return False
    return all(lifted.chunk(mark).word for mark in MARK.finditer(node.children[0].content))


def _statement_words(node: SyntaxTreeNode, lifted: Lifted) -> Iterator[tuple[str, int]]:
    texts = [node.content] if node.type in ("code_inline", "fence", "code_block") else []
    for child in node.children:
        if child.type == "text":
            texts.append(child.content)
        elif _is_statements(child, lifted):
            texts.append(child.children[0].content)
    for text in texts:
        for mark in MARK.finditer(text):
            if word := lifted.chunk(mark).word:
                yield word, lifted.chunk(mark).line


def _follows(open_words: list[str], word: str) -> bool:
    """Whether this statement fits after those that are open; keeps the list."""
    if word in ("if", "for"):
        open_words.append(word)
        return True
    if word.startswith("end"):
        return bool(open_words) and open_words.pop() == word.removeprefix("end")
    return bool(open_words)


def _image_problem(node: SyntaxTreeNode) -> str | None:
    if MARK.search(str(node.attrs["src"])) or MARK.search(node.content):
        return "an image cannot contain template expressions"
    if urlsplit(str(node.attrs["src"])).scheme not in _WEB:
        return "an image needs an address that begins with https://"
    return None if node.content.strip() else "an image needs a description: ![what it shows](https://…)"


def address_problem(address: str, lifted: Lifted) -> str | None:
    """Why this address of a link or a button cannot be used."""
    marks = [lifted.chunk(mark) for mark in MARK.finditer(address)]
    if any(chunk.word for chunk in marks):
        return "an address cannot contain statements, only values"
    if marks and MARK.match(address):
        return (
            None if MARK.fullmatch(address) else "a value that begins an address has to be the whole address"
        )
    parts = _split(address)
    if parts is None or parts.scheme not in _WEB + _UNTRACKED:
        return f"the link {MARK.sub('…', address)!r} has to begin with https://, http://, mailto: or tg:"
    if parts.scheme in _WEB and (
        not parts.hostname or MARK.search(parts.netloc) or re.search(r"\s", address)
    ):
        return f"the link {MARK.sub('…', address)!r} needs a complete host name"
    return None


def _split(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None


def address_code(address: str, lifted: Lifted) -> str:
    """A mark for the address as the message carries it: tracked, except our own links, mailto: and tg:."""
    first = MARK.match(address)
    if first and _LINK_VALUE.match(expression := lifted.chunk(first).expression):
        return lifted.add(f"{{{{ {expression} }}}}")
    parts, end = list[str](), 0
    for mark in MARK.finditer(address):
        value = lifted.chunk(mark).expression
        parts += [_quoted(address[end : mark.start()]), f"({value})" if first else f"(({value})|_urlpart)"]
        end = mark.end()
    parts.append(_quoted(address[end:]))
    whole = " ~ ".join(filter(None, parts))
    is_tracked = bool(first) or urlsplit(address).scheme in _WEB
    return lifted.add(f"{{{{ _click({whole}) }}}}" if is_tracked else f"{{{{ {whole} }}}}")


def _quoted(text: str) -> str:
    """A string of the template language (ASCII only, which it reads as Python does)."""
    return ascii(text) if text else ""


class _Writer:
    """Walks a tree; a subclass says what each kind of node becomes."""

    def __init__(self, lifted: Lifted) -> None:
        self.lifted = lifted

    def document(self, tree: SyntaxTreeNode) -> str:
        return self.inside(tree).strip()

    def inside(self, node: SyntaxTreeNode) -> str:
        return "".join(self.write(child) for child in node.children)

    def write(self, node: SyntaxTreeNode) -> str:
        if _is_statements(node, self.lifted):
            return node.children[0].content.replace("\n", "")
        writer: Callable[[SyntaxTreeNode], str] = getattr(self, node.type, self.inside)
        return writer(node)

    def text(self, node: SyntaxTreeNode) -> str:
        return escape(node.content, quote=False)

    def softbreak(self, node: SyntaxTreeNode) -> str:
        return " "

    def marker(self, item: SyntaxTreeNode) -> str:
        """ "• " or the item's number, as text."""
        if item.parent is None or item.parent.type != "ordered_list":
            return "• "
        return f"{int(item.parent.attrs.get('start', 1)) + item.parent.children.index(item)}. "

    def is_nested(self, node: SyntaxTreeNode, kind: str) -> bool:
        parent = node.parent
        while parent is not None:
            if parent.type == kind:
                return True
            parent = parent.parent
        return False


class _Spaced(_Writer):
    """What is text with line breaks: blocks end in an empty line, list items in a line break."""

    def paragraph(self, node: SyntaxTreeNode) -> str:
        in_item = node.parent is not None and node.parent.type == "list_item"
        return self.inside(node) + ("\n" if in_item else "\n\n")

    def hardbreak(self, node: SyntaxTreeNode) -> str:
        return "\n"

    def hr(self, node: SyntaxTreeNode) -> str:
        return "———\n\n"

    def list_item(self, node: SyntaxTreeNode) -> str:
        words = self.inside(node).strip("\n").replace("\n", "\n   ")
        return f"{self.marker(node)}{words}\n"

    def bullet_list(self, node: SyntaxTreeNode) -> str:
        return self.inside(node) + ("" if self.is_nested(node, "list_item") else "\n")

    ordered_list = bullet_list


class _Telegram(_Spaced):
    """The tags that the Bot API knows: b, i, s, a, code, pre, blockquote, tg-spoiler."""

    def heading(self, node: SyntaxTreeNode) -> str:
        return f"<b>{self.inside(node)}</b>\n\n"

    def strong(self, node: SyntaxTreeNode) -> str:
        return self.inside(node) if self.is_nested(node, "heading") else f"<b>{self.inside(node)}</b>"

    def em(self, node: SyntaxTreeNode) -> str:
        return f"<i>{self.inside(node)}</i>"

    def s(self, node: SyntaxTreeNode) -> str:
        return f"<s>{self.inside(node)}</s>"

    def spoiler(self, node: SyntaxTreeNode) -> str:
        return f"<tg-spoiler>{self.inside(node)}</tg-spoiler>"

    def code_inline(self, node: SyntaxTreeNode) -> str:
        return f"<code>{self.text(node)}</code>"

    def fence(self, node: SyntaxTreeNode) -> str:
        return f"<pre>{self.text(node).rstrip()}</pre>\n\n"

    code_block = fence

    def blockquote(self, node: SyntaxTreeNode) -> str:
        words = self.inside(node).strip("\n")
        return (
            f"{words}\n\n" if self.is_nested(node, "blockquote") else f"<blockquote>{words}</blockquote>\n\n"
        )

    def link(self, node: SyntaxTreeNode) -> str:
        return f'<a href="{address_code(str(node.attrs["href"]), self.lifted)}">{self.inside(node)}</a>'

    def image(self, node: SyntaxTreeNode) -> str:
        """Telegram has no pictures inside a text: the description, linked."""
        address = address_code(str(node.attrs["src"]), self.lifted)
        return f'<a href="{address}">{escape(node.content, quote=False)}</a>'


class _Plain(_Spaced):
    """Text without markup; `with_addresses` writes a link's address behind its words."""

    def __init__(self, lifted: Lifted, *, with_addresses: bool) -> None:
        super().__init__(lifted)
        self._with_addresses = with_addresses

    def text(self, node: SyntaxTreeNode) -> str:
        return node.content

    code_inline = text

    def heading(self, node: SyntaxTreeNode) -> str:
        return f"{self.inside(node)}\n\n"

    def fence(self, node: SyntaxTreeNode) -> str:
        return f"{node.content.rstrip()}\n\n"

    code_block = fence

    def blockquote(self, node: SyntaxTreeNode) -> str:
        words = self.inside(node).strip("\n")
        return "> " + words.replace("\n", "\n> ") + "\n\n"

    def link(self, node: SyntaxTreeNode) -> str:
        if not self._with_addresses:
            return self.inside(node)
        return f"{self.inside(node)} ({address_code(str(node.attrs['href']), self.lifted)})"

    def image(self, node: SyntaxTreeNode) -> str:
        return f"[{node.content}]" if self._with_addresses else ""


class _Email(_Writer):
    """The HTML inside the email's text block; the layout's style sheet dresses it."""

    def paragraph(self, node: SyntaxTreeNode) -> str:
        if node.parent is not None and node.parent.type == "list_item" and len(node.parent.children) == 1:
            return self.inside(node)
        opening = '<p class="code">' if self._is_only_code(node) else "<p>"
        return f"{opening}{self.inside(node)}</p>\n"

    def _is_only_code(self, node: SyntaxTreeNode) -> bool:
        """A paragraph that is one code span, like a confirmation code: it is shown large."""
        inline = node.children[0].children
        return len(inline) == 1 and inline[0].type == "code_inline"

    def heading(self, node: SyntaxTreeNode) -> str:
        return f"<{node.tag}>{self.inside(node)}</{node.tag}>\n"

    def hardbreak(self, node: SyntaxTreeNode) -> str:
        return "<br />\n"

    def hr(self, node: SyntaxTreeNode) -> str:
        return "<hr />\n"

    def _tag(self, node: SyntaxTreeNode) -> str:
        return f"<{node.tag}>{self.inside(node)}</{node.tag}>"

    strong = em = s = _tag

    def bullet_list(self, node: SyntaxTreeNode) -> str:
        return f"<ul>\n{self.inside(node)}</ul>\n"

    def ordered_list(self, node: SyntaxTreeNode) -> str:
        start = int(node.attrs.get("start", 1))
        opening = "<ol>" if start == 1 else f'<ol start="{start}">'
        return f"{opening}\n{self.inside(node)}</ol>\n"

    def list_item(self, node: SyntaxTreeNode) -> str:
        return f"<li>{self.inside(node)}</li>\n"

    def code_inline(self, node: SyntaxTreeNode) -> str:
        return f"<code>{self.text(node)}</code>"

    def fence(self, node: SyntaxTreeNode) -> str:
        return f"<pre>{self.text(node).rstrip()}</pre>\n"

    code_block = fence

    def blockquote(self, node: SyntaxTreeNode) -> str:
        return f"<blockquote>{self.inside(node)}</blockquote>\n"

    def link(self, node: SyntaxTreeNode) -> str:
        return f'<a href="{address_code(str(node.attrs["href"]), self.lifted)}">{self.inside(node)}</a>'

    def image(self, node: SyntaxTreeNode) -> str:
        return f'<img src="{escape(str(node.attrs["src"]))}" alt="{escape(node.content)}" />'
