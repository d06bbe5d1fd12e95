"""Opens and clicks that no person made, as far as a request tells; by time, the database judges the rest.

Gmail's and Yahoo's image proxies are not listed: they fetch when a person opens the mail. Apple's Mail
Privacy Protection fetches everything at arrival and shows itself as the bare "Mozilla/5.0". General HTTP
libraries are not listed either: people's own tools use them, and scanners that mean to be known say so.
"""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address, ip_network

SCANNERS = (
    "barracuda",
    "bingpreview",
    "bot/",
    "bot;",
    "cisco",
    "cloudmark",
    "crawler",
    "discordbot",
    "existence discovery",  # Microsoft Office looks whether a link is there
    "facebookexternalhit",
    "fireeye",
    "forcepoint",
    "fortinet",
    "ironport",
    "linkpreview",
    "link preview",
    "messagelabs",
    "mimecast",
    "postmaster",
    "proofpoint",
    "safelinks",
    "scanner",
    "skypeuripreview",
    "slackbot",
    "sophos",
    "spider",
    "symantec",
    "telegrambot",
    "trendmicro",
    "urlscan",
    "virustotal",
    "whatsapp",
    "zscaler",
)
PREFETCH_HEADERS = ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")
TELLING_HEADERS = (*PREFETCH_HEADERS, "Accept-Language", "Sec-Fetch-Mode")
"""By which a browser that somebody sits at differs from a program that fetches."""
AGENTS_KEPT = 256  # most mail is read in few programs
NETWORKS_KEPT = 4096
GMAIL_AT_ARRIVAL = "edge/12.246 mozilla/5.0"
APPLE_PRIVACY = "mozilla/5.0"


def looks_like_a_machine(headers: Mapping[str, str]) -> bool:
    if is_machine_agent(headers.get("User-Agent")):
        return True
    purposes = [headers[name].lower() for name in PREFETCH_HEADERS if name in headers]
    return any("prefetch" in purpose or "preview" in purpose for purpose in purposes)


@lru_cache(AGENTS_KEPT)
def is_machine_agent(user_agent: str | None) -> bool:
    agent = (user_agent or "").strip().lower()
    if agent in ("", APPLE_PRIVACY) or agent.endswith(GMAIL_AT_ARRIVAL):
        return True
    return any(scanner in agent for scanner in SCANNERS)


def traces(method: str, headers: Mapping[str, str], remote: str | None) -> dict[str, str]:
    """What is kept of a request so that it can be judged again: no address, only the large network of it."""
    kept = {"user_agent": _plain(headers.get("User-Agent", ""), 300)}
    for name in TELLING_HEADERS:
        if name in headers:
            kept[name.lower()] = _plain(headers[name], 60)
    if method != "GET":
        kept["method"] = method
    if network := network_of(headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or remote or ""):
        kept["network"] = network
    return kept


def _plain(text: str, length: int) -> str:
    return text[:length].encode("ascii", "replace").decode()


@lru_cache(NETWORKS_KEPT)
def network_of(address: str) -> str | None:
    """Of 65,536 addresses (IPv4), or of a whole provider (IPv6): a class of senders, and nobody's home."""
    try:
        return str(ip_network((address, 16 if ip_address(address).version == 4 else 32), strict=False))
    except ValueError:
        return None
