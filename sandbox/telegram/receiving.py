"""What people do reaches the bot: updates that it fetches or is sent, and its answers to taps."""

from __future__ import annotations

import re
from typing import Any

from sandbox.telegram.parts import Parameters, Parts
from sandbox.telegram.refusals import Refused, bad_request
from sandbox.updates import Terminated

LONGEST_CALLBACK_ANSWER = 200
LONGEST_POLL = 50
SECRET_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,256}")
WEBHOOK_IS_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)
TERMINATED = (
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
)


async def answer_callback_query(parts: Parts, parameters: Parameters) -> bool:
    text = parameters.get("text") or None
    if len(text or "") > LONGEST_CALLBACK_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    answer = {"text": text, "show_alert": bool(parameters.get("show_alert"))}
    if parameters.get("url"):
        answer["url"] = parameters["url"]
    if not parts.chats.answer_tap(parameters["callback_query_id"], answer):
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    return True


async def get_updates(parts: Parts, parameters: Parameters) -> Any:
    if parts.state.bot.webhook:
        raise Refused(409, WEBHOOK_IS_ACTIVE)
    _allow(parts, parameters)
    limit = parameters.get("limit", 100)
    timeout = min(max(parameters.get("timeout", 0), 0), LONGEST_POLL)
    try:
        return await parts.updates.fetch(
            parameters.get("offset"), limit if 1 <= limit <= 100 else 100, timeout
        )
    except Terminated:
        raise Refused(409, TERMINATED) from None


def _allow(parts: Parts, parameters: Parameters) -> None:
    """An absent list keeps the one given before, an empty one goes back to the default."""
    if parameters.get("allowed_updates") is not None:
        parts.state.bot.allowed_updates = parameters["allowed_updates"] or None
        parts.state.is_changed = True


async def set_webhook(parts: Parts, parameters: Parameters) -> bool:
    url = parameters["url"]
    secret = parameters.get("secret_token", "")
    if secret and not SECRET_TOKEN.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    _check_webhook_url(url)
    if parameters.get("drop_pending_updates"):
        parts.updates.drop()
    _allow(parts, parameters)
    connections = parameters.get("max_connections", 40)
    parts.state.bot.webhook = (
        {"url": url, "secret_token": secret, "max_connections": connections} if url else {}
    )
    parts.state.is_changed = True
    parts.updates.wake()
    return True


def _check_webhook_url(url: str) -> None:
    """Plain HTTP is accepted on loopback only; the real server wants HTTPS everywhere."""
    is_local = re.match(r"http://(127\.0\.0\.1|localhost|\[::1\])[:/]", url)
    if url and not url.startswith("https://") and not is_local:
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")


async def delete_webhook(parts: Parts, parameters: Parameters) -> bool:
    if parameters.get("drop_pending_updates"):
        parts.updates.drop()
    parts.state.bot.webhook = {}
    parts.state.is_changed = True
    return True


async def get_webhook_info(parts: Parts, parameters: Parameters) -> Any:
    webhook = parts.state.bot.webhook
    result = {
        "url": webhook.get("url", ""),
        "has_custom_certificate": False,
        "pending_update_count": len(parts.updates.pending),
    }
    if webhook:
        result["max_connections"] = webhook["max_connections"]
    if parts.state.bot.allowed_updates:
        result["allowed_updates"] = parts.state.bot.allowed_updates
    if parts.updates.last_error:
        result["last_error_date"], result["last_error_message"] = parts.updates.last_error
    return result
