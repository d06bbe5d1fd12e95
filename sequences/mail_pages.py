"""The page of an email and its plain text, as templates: what is the same for all who get that step."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Callable
from functools import partial
from html import escape

import css_inline
import mjml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sequences.definition import Button, Content
from sequences.furniture import Furniture
from sequences.lifting import MARK, Lifted, lift
from sequences.markdown import address_code, sound_document

_LAYOUTS = pathlib.Path(__file__).parent / "layouts"
_STYLES = re.compile(r"<style.*?</style>", re.DOTALL)
_HEAD = re.compile(r"<head>(<style>.*?</style>)(.*?)</head>", re.DOTALL)
_SLACK = re.compile(r" ?([{};,]) ?")


class MailPages:
    def __init__(self, brand_name: str, postal_address: str) -> None:
        self._brand_name = brand_name
        self._postal_address = postal_address
        self._layouts = Environment(
            loader=FileSystemLoader(_LAYOUTS),
            undefined=StrictUndefined,
            keep_trailing_newline=False,
            autoescape=False,
        )
        # What is inlined need not be said again; what depends on the reader's screen cannot be.
        self._inliner = css_inline.CSSInliner(
            keep_style_tags=False, keep_at_rules=True, load_remote_stylesheets=False
        )

    def html(self, content: Content, message_class: str, around: Furniture) -> str:
        document = sound_document(content.body or "")
        page = document.lifted
        layout = self._layouts.get_template("email.mjml").render(
            subject=_marked(content.subject or "", page),
            preheader=_marked(content.preheader or "", page),
            body=document.email(),
            buttons=_buttons(content, page, partial(_marked, page=page)),
            brand=escape(self._brand_name),
            why=escape(around.why[message_class].format(self._brand_name)),
            ways_out=_ways_out(around, message_class, page),
            trap=page.add("{{ _trap }}"),
            pixel=page.add("{{ _pixel }}") if message_class != "transactional" else "",
            postal_address=escape(self._postal_address).replace("\n", "<br />"),
        )
        return page.fill(self._styled(layout))

    def _styled(self, layout: str) -> str:
        """MJML as HTML with its styles inlined. Marks travel as ASCII words: MRML alters private-use
        characters.
        """
        word = "mark"
        while f"{word}-" in layout:
            word += "x"
        named = MARK.sub(lambda mark: f"{word}-{mark[1]}-{word}", layout)
        page = _without_slack(self._inliner.inline(mjml.mjml2html(named, disable_comments=False, fonts={})))
        return re.sub(f"{word}-(\\d+)-{word}", "\ue000\\1\ue001", page)

    def text(self, content: Content, message_class: str, around: Furniture) -> str:
        document = sound_document(content.body or "")
        page = document.lifted
        text = self._layouts.get_template("email.txt").render(
            body=document.email_text(),
            buttons=_buttons(content, page, lambda label: page.take(lift(label))),
            why=around.why[message_class].format(self._brand_name),
            ways_out=_ways_out(around, message_class, page),
            postal_address=self._postal_address,
        )
        return page.fill(text)


def _buttons(content: Content, page: Lifted, write: Callable[[str], str]) -> list[dict[str, str]]:
    return [
        {"label": write(button.label), "href": _href(place, button, page)}
        for place, button in enumerate(content.buttons or ())
    ]


def _href(place: int, button: Button, page: Lifted) -> str:
    if button.event is not None:
        return page.add(f"{{{{ _action({place}) }}}}")
    return address_code(page.take(lift(button.url or "")), page)


def _marked(source: str, page: Lifted) -> str:
    """A short template as HTML text on that page."""
    return escape(page.take(lift(source)), quote=False)


def _ways_out(around: Furniture, message_class: str, page: Lifted) -> list[dict[str, str]]:
    """To less of such mails, to none, and to all settings; a transactional one needs none of them."""
    if message_class == "transactional":
        return []
    wishes = page.add("{{ _wishes }}")
    return [
        {"label": around.less_often, "href": f"{wishes}?wish=less"},
        {"label": around.not_this[message_class], "href": f"{wishes}?wish=not"},
        {"label": around.unsubscribe, "href": page.add("{{ _unsubscribe }}")},
        {"label": around.settings, "href": page.add("{{ _preferences }}")},
    ]


def _without_slack(page: str) -> str:
    """The styles without their indentation, and at the end of the head: the character set comes first."""
    page = _STYLES.sub(lambda styles: _SLACK.sub(r"\1", " ".join(styles[0].split())), page)
    return _HEAD.sub(r"<head>\2\1</head>", page, count=1)
