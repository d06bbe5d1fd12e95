"""What a mail must be before Resend takes it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sandbox.mailbox import address_in, parse_moment
from sandbox.resend.refusals import Refused
from sandbox.specification import BadBody, resend_check

MOST_TAGS = 75
MOST_RECIPIENTS = 50
FARTHEST_SCHEDULE = timedelta(days=30)
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_ADDRESS = re.compile(r"[^@\s<>\",;:]+@[^@\s<>\",;:]+\.[^@\s<>\",;:.]+")
_NAMED = re.compile(r"[^<>]*<\s*([^<>]+?)\s*>\s*")
_FORMAT = "The email address needs to follow the `email@example.com` or `Name <email@example.com>` format."


def check_mail(body: Any, domains: dict[str, str], now: datetime, *, in_batch: bool = False) -> None:
    if not isinstance(body, dict):
        raise Refused(422, "validation_error", "Each email must be a JSON object.")
    try:
        resend_check("SendEmailRequest")(body, "")
    except BadBody as problem:
        missing = str(problem).startswith("Missing")
        raise Refused(
            422, "missing_required_field" if missing else "validation_error", str(problem)
        ) from None
    _check_content(body, in_batch)
    _check_addresses(body)
    _check_tags(body.get("tags") or [])
    _check_schedule(body.get("scheduled_at"), now)
    _check_domain(address_in(body["from"]).partition("@")[2], domains)


def _check_content(body: Mapping[str, Any], in_batch: bool) -> None:
    if body.get("template") is not None:
        raise Refused(404, "not_found", "Template not found")
    if body.get("html") is None and body.get("text") is None:
        raise Refused(422, "missing_required_field", "Missing `html` or `text` field.")
    if in_batch and body.get("attachments"):
        raise Refused(422, "validation_error", "The `attachments` field is not supported in batch emails.")


def _check_schedule(scheduled_at: str | None, now: datetime) -> None:
    if scheduled_at is None:
        return
    try:
        moment = parse_moment(scheduled_at)
    except ValueError:
        raise Refused(
            422, "validation_error", "The `scheduled_at` field must be in ISO 8601 format."
        ) from None
    if moment - now > FARTHEST_SCHEDULE:
        raise Refused(422, "validation_error", "Emails cannot be scheduled more than 30 days in advance.")


def _check_domain(domain: str, domains: dict[str, str]) -> None:
    """A domain that is used for the first time counts as verified; the control API can say otherwise."""
    status = domains.setdefault(domain, "verified")
    if status != "verified":
        raise Refused(
            403,
            "validation_error",
            f"The {domain} domain is not verified. Please, add and verify your domain on https://resend.com/domains",
        )


def _check_addresses(body: Mapping[str, Any]) -> None:
    for name in ("from", "to", "cc", "bcc", "reply_to"):
        value = body.get(name)
        given = value if isinstance(value, list) else [value] if value is not None else []
        if name == "to" and len(given) > MOST_RECIPIENTS:
            raise Refused(
                422, "validation_error", f"The `to` field must not have more than {MOST_RECIPIENTS} items."
            )
        for address in given:
            named = _NAMED.fullmatch(address)
            if not _ADDRESS.fullmatch(named[1] if named else address.strip()):
                raise Refused(422, "validation_error", f"Invalid `{name}` field. {_FORMAT}")


def _check_tags(tags: list[dict[str, Any]]) -> None:
    if len(tags) > MOST_TAGS:
        raise Refused(422, "validation_error", f"An email can have at most {MOST_TAGS} tags.")
    for tag in tags:
        for part in ("name", "value"):
            if not _TAG.fullmatch(str(tag.get(part, ""))):
                raise Refused(
                    422,
                    "validation_error",
                    "Tags should only contain ASCII letters, numbers, underscores, or dashes.",
                )
