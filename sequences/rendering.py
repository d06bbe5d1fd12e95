"""From a step and a claimed row to what is stored and sent, for each channel.

All that is the same for everybody (Markdown, MJML, inlined styles, template compilation) is done once per
sequence version, step and channel; a message then only fills in its values and signs its links.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sequences.definition import Button, Content, Step
from sequences.engines import Compiled, ours
from sequences.furniture import Furniture, furniture, language_of
from sequences.lifting import lift
from sequences.links import LinkBuilder
from sequences.mail_pages import MailPages
from sequences.markdown import address_code, sound_document
from sequences.mistakes import Unrenderable
from sequences.pages import Page, page_of
from sequences.templating import TemplateLanguage
from sequences.values import Path, values_at

TELEGRAM_TEXT = 4096
SMS_TEXT = 320
EMAIL_BYTES = 102_000
"""Gmail clips a longer email."""
SUBJECT_LENGTH = 200
BUTTONS_IN_A_ROW = 2
ROW_LENGTH = 28
"""Two buttons share a row while their labels together are no longer than this."""
COMPILED_AT_MOST = 1024

_WEB_ADDRESS = re.compile(r"https?://[^\s\x00-\x20/?#]+[^\s\x00-\x20]*\Z", re.IGNORECASE)
_TAG = re.compile(r"<[^>]*>")
_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*\n")


@dataclass(frozen=True, slots=True)
class Brand:
    """Who writes. `url` may be empty; `postal_address` is what the law of most countries asks for in a
    mailing.
    """

    name: str
    email_from: str
    url: str = ""
    reply_to: str | None = None
    postal_address: str = ""


@dataclass(frozen=True, slots=True)
class _Button:
    """`page` is an address that is the same for everybody, `url` the template of one that is not."""

    label: Compiled
    page: str | None
    url: Compiled | None
    event: str | None
    is_wide: bool


@dataclass(frozen=True, slots=True)
class _Template:
    """One step on one channel, compiled; `write` turns it and a message into the stored content."""

    write: Callable[[_Template, _Message], dict[str, Any]]
    paths: frozenset[Path]
    body: Compiled
    text: Compiled
    subject: Compiled
    buttons: tuple[tuple[_Button, ...], ...]
    step: str
    message_class: str
    furniture: Furniture
    page: Page = ()
    link_preview: bool = False
    silent: bool = False


class _Message:
    """One message being written: its values, and its links, each signed once."""

    def __init__(
        self, paths: frozenset[Path], row: Mapping[str, Any], brand: Brand, links: LinkBuilder
    ) -> None:
        self.row = row
        self.tracking_id = str(row["tracking_id"])
        self._links = links
        self._tracked: dict[str, str] = {}
        self.values: dict[str, Any] = {**values_at(paths, row)}
        self.values["brand"] = {"name": brand.name, "url": brand.url}
        self.values["links"] = {path[1]: self._own_link(path[1]) for path in paths if path[0] == "links"}
        self.values["_click"] = self.click

    @ours
    def click(self, url: object) -> str:
        address = str(url)
        if address not in self._tracked:
            _require_web_address(address)
            self._tracked[address] = self._links.click(self.tracking_id, address)
        return self._tracked[address]

    def action(self, event: str, label: str) -> str:
        return self._links.action(self.tracking_id, event, label)

    def _own_link(self, name: str) -> str:
        context = self.row.get("context") or {}
        if name == "privacy":
            if "until" not in context or "user_id" not in self.row:
                raise Unrenderable("missing_value", "links.privacy needs a user, and until in the context")
            until = datetime.fromisoformat(str(context["until"]))
            return self._links.own_preferences(str(self.row["user_id"]), until)
        if name == "preferences":
            return self._links.preferences(self.tracking_id)
        if name == "confirm_email":
            if "contact_point_id" not in context or "code" not in context:
                raise Unrenderable(
                    "missing_value", "links.confirm_email needs contact_point_id and code in the context"
                )
            return self._links.confirm_email(int(context["contact_point_id"]), str(context["code"]))
        return self._links.unsubscribe(self.tracking_id)


def _require_web_address(address: str) -> None:
    if not _WEB_ADDRESS.match(address):
        raise Unrenderable("bad_link", f"{address[:80]!r} is not a web address")


class Renderer:
    """Renders steps. Not shared between threads; keeps what it compiled, by sequence version, step and
    channel.
    """

    def __init__(self, brand: Brand, links: LinkBuilder) -> None:
        self._brand = brand
        self._links = links
        self._language = TemplateLanguage()
        self._pages = MailPages(brand.name, brand.postal_address)
        self._compiled: dict[tuple[int, int, str, str, str], _Template | Unrenderable] = {}

    def render(self, definition_step: Step, channel: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """The content to store for a claimed row; raises Unrenderable.

        A row without `version_id` (a preview) is compiled anew each time.
        """
        template = self._template(definition_step, channel, row)
        return template.write(template, _Message(template.paths, row, self._brand, self._links))

    def page(self, definition_step: Step, channel: str, row: Mapping[str, Any]) -> Page:
        """What the mails of that step share; nothing for other channels, whose messages are short."""
        return self._template(definition_step, channel, row).page

    def _template(self, step: Step, channel: str, row: Mapping[str, Any]) -> _Template:
        message_class = str(row.get("message_class") or step.message_class or "sequence")
        language = language_of((row.get("user") or {}).get("locale"))
        version = row.get("version_id")
        if version is None:
            return self._compile(step, channel, message_class, language)
        key = (int(version), step.position, channel, message_class, language)
        if key not in self._compiled:
            if len(self._compiled) >= COMPILED_AT_MOST:
                del self._compiled[next(iter(self._compiled))]
            self._compiled[key] = self._tried(step, channel, message_class, language)
        compiled = self._compiled[key]
        if isinstance(compiled, Unrenderable):
            raise Unrenderable(compiled.reason, str(compiled))
        return compiled

    def _tried(self, step: Step, channel: str, message_class: str, language: str) -> _Template | Unrenderable:
        """What cannot be used is looked at once as well: there may be a million messages of it."""
        try:
            return self._compile(step, channel, message_class, language)
        except Unrenderable as mistake:
            return mistake.with_traceback(None)

    # --- once per version, step, channel and language of the furniture ----------------------------

    def _compile(self, step: Step, channel: str, message_class: str, language: str) -> _Template:
        content = step.content_for(channel)
        if not content.body or not content.body.strip():
            raise Unrenderable("no_content", f"step {step.name!r} says nothing on {channel}")
        compilers: dict[str, Callable[[Step, Content, str, Furniture], _Template]] = {
            "telegram": self._compile_telegram,
            "email": self._compile_email,
            "sms": self._compile_sms,
        }
        if channel not in compilers:
            raise Unrenderable("no_content", f"nothing can be written for the channel {channel!r} yet")
        return compilers[channel](step, content, message_class, furniture(language))

    def _compile_telegram(
        self, step: Step, content: Content, message_class: str, around: Furniture
    ) -> _Template:
        document = sound_document(content.body or "")
        return _Template(
            write=self._write_telegram,
            paths=self._paths(content),
            body=self._language.telegram(document.telegram()),
            text=Compiled(None),
            subject=Compiled(None),
            buttons=_rows([self._button(button) for button in content.buttons or ()]),
            step=step.name,
            message_class=message_class,
            furniture=around,
            link_preview=bool(content.link_preview),
            silent=bool(content.silent),
        )

    def _compile_sms(self, step: Step, content: Content, message_class: str, around: Furniture) -> _Template:
        document = sound_document(content.body or "")
        return _Template(
            write=self._write_sms,
            paths=self._paths(content),
            body=self._language.plain(document.plain()),
            text=Compiled(None),
            subject=Compiled(None),
            buttons=_rows([self._button(button) for button in content.buttons or ()]),
            step=step.name,
            message_class=message_class,
            furniture=around,
        )

    def _compile_email(
        self, step: Step, content: Content, message_class: str, around: Furniture
    ) -> _Template:
        if not content.subject:
            raise Unrenderable("no_content", f"step {step.name!r} has no subject for email")
        source = self._pages.html(content, message_class, around)
        return _Template(
            write=self._write_email,
            paths=self._paths(content),
            body=self._language.email(source),
            text=self._language.plain(self._pages.text(content, message_class, around)),
            subject=self._language.plain(content.subject),
            buttons=tuple((self._button(button),) for button in content.buttons or ()),
            step=step.name,
            message_class=message_class,
            furniture=around,
            page=page_of(source),
        )

    def _button(self, button: Button) -> _Button:
        is_same_for_all = button.url is not None and "{" not in button.url and _WEB_ADDRESS.match(button.url)
        return _Button(
            label=self._language.plain(button.label),
            page=button.url if is_same_for_all else None,
            url=None if is_same_for_all or button.url is None else self._address(button.url),
            event=button.event,
            is_wide=len(button.label) > ROW_LENGTH // BUTTONS_IN_A_ROW,
        )

    def _address(self, source: str) -> Compiled:
        lifted = lift(source)
        return self._language.plain(lifted.fill(address_code(lifted.text, lifted)))

    def _paths(self, content: Content) -> frozenset[Path]:
        buttons = [text for button in content.buttons or () for text in (button.label, button.url)]
        return self._language.paths(content.body, content.subject, content.preheader, *buttons)

    # --- once per message -------------------------------------------------------------------------

    def _write_telegram(self, template: _Template, message: _Message) -> dict[str, Any]:
        text = _trimmed(template.body.render(message.values))
        if not text:
            raise Unrenderable("no_content", "the message is empty")
        if len(text) * 2 > TELEGRAM_TEXT and telegram_length(text) > TELEGRAM_TEXT:
            raise Unrenderable(
                "too_long", f"Telegram takes {TELEGRAM_TEXT} characters, this has {telegram_length(text)}"
            )
        buttons = [[_telegram_button(button, message) for button in row] for row in template.buttons]
        return {
            "text": text,
            "buttons": buttons + _wish_buttons(template, message),
            "link_preview": template.link_preview,
            "silent": template.silent,
        }

    def _write_sms(self, template: _Template, message: _Message) -> dict[str, Any]:
        text = _shortened(_trimmed(template.body.render(message.values)), SMS_TEXT)
        for row in template.buttons[:1]:
            label = _one_line(row[0].label.render(message.values))
            text += f"\n{label}: {_button_address(row[0], message)}"
        if template.message_class != "transactional":
            text += f"\n{template.furniture.less_or_stop}: {self._links.wishes(message.tracking_id)}"
        return {"text": text}

    def _write_email(self, template: _Template, message: _Message) -> dict[str, Any]:
        values, is_mailing = message.values, template.message_class != "transactional"
        values["_trap"] = self._links.trap(message.tracking_id)
        values["_action"] = ours(lambda place: _button_address(template.buttons[place][0], message))
        if is_mailing:
            values["_unsubscribe"] = self._links.unsubscribe(message.tracking_id)
            values["_wishes"] = self._links.wishes(message.tracking_id)
            values["_preferences"] = self._links.preferences(message.tracking_id)
            values["_pixel"] = self._links.open(message.tracking_id)
        page = template.body.render(values)
        if len(page) * 4 > EMAIL_BYTES and len(page.encode()) > EMAIL_BYTES:
            raise Unrenderable(
                "too_long", f"an email may have {EMAIL_BYTES} bytes, this has {len(page.encode())}"
            )
        content = {
            "from": self._brand.email_from,
            "subject": _shortened(_one_line(template.subject.render(values)), SUBJECT_LENGTH),
            "html": page,
            "text": _trimmed(template.text.render(values)),
            "headers": _headers(message.tracking_id, values.get("_unsubscribe")),
            "tags": {
                "tracking_id": message.tracking_id,
                "sequence": str(message.row.get("sequence_type") or "preview"),
                "step": template.step,
            },
        }
        return content | ({"reply_to": self._brand.reply_to} if self._brand.reply_to else {})


def _wish_buttons(template: _Template, message: _Message) -> list[list[dict[str, str]]]:
    """Under every message that is not transactional: less, not this, stop, each by one tap."""
    if template.message_class == "transactional":
        return []
    around, code = template.furniture, f"w:{message.tracking_id.replace('-', '')}:"
    return [
        [
            {"text": around.less, "callback_data": f"{code}less"},
            {"text": around.not_this[template.message_class], "callback_data": f"{code}not"},
            {"text": around.stop, "callback_data": f"{code}stop"},
        ]
    ]


def _headers(tracking_id: str, unsubscribe: str | None) -> dict[str, str]:
    headers = {"X-Entity-Ref-ID": tracking_id}
    if unsubscribe is not None:
        headers["List-Unsubscribe"] = f"<{unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _rows(buttons: list[_Button]) -> tuple[tuple[_Button, ...], ...]:
    """Short buttons stand two in a row."""
    rows: list[list[_Button]] = []
    for button in buttons:
        fits = rows and len(rows[-1]) < BUTTONS_IN_A_ROW and not (button.is_wide or rows[-1][-1].is_wide)
        rows[-1].append(button) if fits else rows.append([button])
    return tuple(tuple(row) for row in rows)


def _telegram_button(button: _Button, message: _Message) -> dict[str, str]:
    label = _button_label(button, message)
    if button.event is not None:
        return {"text": label, "callback_data": f"e:{message.tracking_id.replace('-', '')}:{button.event}"}
    return {"text": label, "url": _button_address(button, message)}


def _button_label(button: _Button, message: _Message) -> str:
    return _one_line(button.label.render(message.values)) or "…"


def _button_address(button: _Button, message: _Message) -> str:
    if button.page is not None:
        return message.click(button.page)
    if button.url is not None:
        return button.url.render(message.values)
    return message.action(button.event or "", _button_label(button, message))


def telegram_length(text: str) -> int:
    """Characters after the tags are taken out, counted as Telegram's clients do (UTF-16 units)."""
    return len(html.unescape(_TAG.sub("", text)).encode("utf-16-le")) // 2


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _trimmed(text: str) -> str:
    return _BLANK_LINES.sub("\n\n", text).strip()


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rsplit(None, 1)[0].rstrip(" ,;:.") + "…"
