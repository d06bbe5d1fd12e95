"""What hangs below a message: inline buttons, a reply keyboard, or the taking away of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.links import BadLink, checked_link
from sandbox.telegram.refusals import bad_request

LONGEST_CALLBACK_DATA = 64


def read_markup(markup: Mapping[str, Any] | None) -> dict[str, Any]:
    keyboards: dict[str, Any] = {"inline_keyboard": [], "reply_keyboard": [], "removes_keyboard": False}
    if not markup:
        return keyboards
    if "inline_keyboard" in markup:
        rows = [[_checked_button(button) for button in row] for row in markup["inline_keyboard"]]
        keyboards["inline_keyboard"] = [row for row in rows if row]
    elif "keyboard" in markup:
        keyboards["reply_keyboard"] = [
            [button if isinstance(button, dict) else {"text": button} for button in row]
            for row in markup["keyboard"]
        ]
    else:
        keyboards["removes_keyboard"] = bool(markup.get("remove_keyboard"))
    return keyboards


def _checked_button(button: dict[str, Any]) -> dict[str, Any]:
    if not button["text"].strip():
        raise bad_request("can't parse inline keyboard button: Button text must not be empty")
    if "pay" in button or "callback_game" in button:
        raise bad_request("BUTTON_TYPE_INVALID")
    if button.get("url"):
        return {**button, "url": _button_link(button["url"], "URL", https_only=False)}
    if "web_app" in button:
        _button_link(button["web_app"]["url"], "Web App URL", https_only=True)
    elif "copy_text" in button:
        if not 1 <= len(button["copy_text"]["text"]) <= 256:
            raise bad_request("BUTTON_COPY_TEXT_INVALID")
    elif button.get("callback_data"):
        if len(button["callback_data"].encode()) > LONGEST_CALLBACK_DATA:
            raise bad_request("BUTTON_DATA_INVALID")
    elif not any(name.startswith(("switch_inline", "login_url")) for name in button):
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    return button


def _button_link(url: str, kind: str, https_only: bool) -> str:
    try:
        return checked_link(url, https_only)
    except BadLink as problem:
        raise bad_request(f"inline keyboard button {kind} '{url}' is invalid: {problem}") from None
