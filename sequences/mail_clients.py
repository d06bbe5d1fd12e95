"""What the big mail clients do not take of a mail.

The table says what https://www.caniemail.com/features/ says of the newest tested versions of Gmail, Outlook
on Windows (which draws with Word), Apple Mail and Yahoo; `page` is a feature's address there. Only what
breaks a mail is in it: a corner that is not round where it cannot be is no mistake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser

from sequences.rendering import EMAIL_BYTES

SOURCE = "https://www.caniemail.com/features/"
MAX_STYLES = 8192
"""Characters of a style block: Gmail drops a longer one as a whole."""


@dataclass(frozen=True, slots=True)
class Refused:
    what: str
    clients: str
    page: str
    pattern: re.Pattern[str]


def _refused(what: str, clients: str, page: str, pattern: str) -> Refused:
    return Refused(what, clients, page, re.compile(pattern, re.IGNORECASE))


_EVERYWHERE = "Gmail, Outlook and Yahoo"
STYLES = (
    _refused("display: flex", "Outlook", "css-display-flex", r"\bdisplay\s*:\s*(?:inline-)?flex"),
    _refused("display: grid", _EVERYWHERE, "css-display-grid", r"\bdisplay\s*:\s*(?:inline-)?grid"),
    _refused("position", _EVERYWHERE, "css-position", r"(?<![\w-])position\s*:\s*(?:absolute|fixed|sticky)"),
    _refused("transform", _EVERYWHERE, "css-transform", r"(?<![\w-])transform\s*:"),
    _refused("variables", _EVERYWHERE, "css-variables", r"(?<![\w-])--[\w-]+\s*:|\bvar\("),
    _refused("@font-face", _EVERYWHERE, "css-at-font-face", r"@font-face"),
    _refused("background-image", "Outlook", "css-background-image", r"background(?:-image)?\s*:[^;}]*url\("),
)  # fmt: skip
ELEMENTS = (
    _refused("<svg>", _EVERYWHERE, "html-svg", r"svg"),
    _refused("<video>", _EVERYWHERE, "html-video", r"video"),
    _refused("<form>", "Outlook", "html-form", r"form"),
)
PICTURES = (
    _refused("an SVG picture", "Gmail and Outlook", "image-svg", r"\.svg(?:[?#]|\Z)"),
    _refused("a WebP picture", "Outlook", "image-webp", r"\.webp(?:[?#]|\Z)"),
    _refused("a picture inside the mail", "Gmail and Outlook", "image-base64", r"data:"),
)


def mail_warnings(page: str) -> list[str]:
    """What somebody among the readers of this mail would not see as it is meant, a sentence each."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    size = len(page.encode())
    too_long = [f"The mail has {size:,} bytes: Gmail clips what is longer than {EMAIL_BYTES:,}."]
    return [*(too_long if size > EMAIL_BYTES else []), *reader.warnings]


class _Reader(HTMLParser):
    """Conditional comments, which only Outlook reads, are comments to it."""

    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[str] = []
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._is_style = tag == "style"
        self._compare(tag, ELEMENTS, whole=True)
        self._compare(given.get("style", ""), STYLES)
        if tag == "img":
            self._compare(given.get("src", ""), PICTURES)
            if "alt" not in given:
                self._say("A picture has no words for those who do not see it.")
        if tag in ("a", "img") and given.get("href", given.get("src", "")).startswith("http:"):
            self._say(f"{given.get('href', given.get('src'))} is not encrypted: write https.")
        if tag in ("script", "iframe", "object", "embed", "link"):
            self._say(f"<{tag}> is taken out by every mail client.")

    def handle_endtag(self, tag: str) -> None:
        self._is_style = self._is_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._is_style:
            self._compare(data, STYLES)
            if len(data) > MAX_STYLES:
                self._say(f"The styles have {len(data):,} characters: Gmail takes {MAX_STYLES:,}.")

    def _compare(self, text: str, refused: tuple[Refused, ...], *, whole: bool = False) -> None:
        for each in refused:
            if each.pattern.fullmatch(text) if whole else each.pattern.search(text):
                self._say(
                    f"Not everywhere: {each.what} ({each.clients} refuse it, see {SOURCE}{each.page}/)."
                )

    def _say(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)
