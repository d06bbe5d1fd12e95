"""Web addresses in messages and under buttons, as Telegram takes and stores them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

# Most links, recognized at once: a load of thousands of messages should not be parsing addresses.
_PLAIN_LINK = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]{1,4})?/[!-~]*")


class BadLink(Exception):
    """A URL that Telegram refuses, with Telegram's reason."""


def checked_link(link: str, https_only: bool = False) -> str:
    """The link as Telegram stores it, or `BadLink` with the reason that Telegram gives."""
    if not https_only and _PLAIN_LINK.fullmatch(link):
        return link
    link = link.strip()
    if not link:
        raise BadLink("URL host is empty")
    scheme, separator, _ = link.partition("://")
    if not separator:
        scheme, link = "http", "http://" + link
    if scheme.lower() not in ("http", "https", "tg", "ton"):
        raise BadLink("Unsupported URL protocol")
    if https_only and scheme.lower() != "https":
        raise BadLink("Only HTTPS links are allowed")
    if scheme.lower() in ("http", "https"):
        _check_host(link)
    return link if "/" in link.partition("://")[2] else link + "/"


def _check_host(link: str) -> None:
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise BadLink("Wrong HTTP URL") from None
    if not host:
        raise BadLink("URL host is empty")
    if any(character.isspace() for character in link) or ("." not in host and ":" not in host):
        raise BadLink("Wrong HTTP URL")
