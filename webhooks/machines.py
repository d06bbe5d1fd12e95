"""Opens and clicks that no person made.

Gmail's and Yahoo's image proxies are not listed: they fetch when a person opens the mail. Apple's Mail
Privacy Protection fetches everything at arrival and shows itself as the bare "Mozilla/5.0". General HTTP
libraries are not listed either: people's own tools use them, and scanners that mean to be known say so.
"""

from collections.abc import Mapping
from functools import lru_cache

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
AGENTS_KEPT = 256  # most mail is read in few programs
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
