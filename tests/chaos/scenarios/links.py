"""11. Every link of every mail is fetched again and again, and by people with bad intentions."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
from yarl import URL

from tests.chaos.arena import Arena, arena
from tests.chaos.oracle import Row
from tests.chaos.processes import until_ready
from tests.chaos.scenarios.webhooks import free_port
from tests.chaos.server import Server
from tests.chaos.setting import Setting

ELSEWHERE = "https://elsewhere.example/trap"
AGENTS = ("Mozilla/5.0 (X11; Linux x86_64)", "GoogleImageProxy", "Barracuda Link Protection", "curl/8")
STATE = """
    select md5(concat(
        (select string_agg((id, user_id, address, state, unsubscribed_at, opt_in_sequences,
            opt_in_announcements, opt_in_reminders)::text, '' order by id) from tendril.contact_points),
        (select string_agg((user_id, paused_until, stopped_at, preferred_channel)::text, '' order by user_id)
            from tendril.user_preferences),
        (select string_agg((id, status, current_step)::text, '' order by id) from tendril.enrollments),
        (select count(*) from tendril.suppressions)))
"""


async def fetched(server: Server, setting: Setting) -> AsyncIterator[Row]:
    times = setting.choose(short=10, long=1_000)
    async with arena(server, "links") as place:
        port = free_port()
        product = await place.product("all", "run", PORT=str(port), TELEGRAM_BOT_TOKEN="")
        site = f"http://127.0.0.1:{port}"
        await until_ready(product)
        await place.enroll(telegram=0, email=5, content=CONTENT)
        await place.quiet()
        mails = await place.control("GET", "/inbox")
        yield await _fetch_all(place, [link for mail in mails for link in links_of(mail, site)], times)
        yield await _attack(place, [link for mail in mails for link in links_of(mail, site) if "/c/" in link])
        yield await _leave_at_once(place, mails)


CONTENT = {
    "default": {
        "subject": "Number {{ user.first_name }}",
        "body": "Number {{ user.first_name }}, [come](https://example.com/lesson) and [see](https://example.com/two).",
        "buttons": [
            {"label": "Read", "url": "https://example.com/three"},
            {"label": "Done", "event": "lesson_complete"},
        ],
    }
}


def links_of(mail: dict[str, Any], site: str) -> list[str]:
    texts = (mail["html"], mail["text"], " ".join(mail["headers"].values()))
    found = {
        unescape(link) for text in texts for link in re.findall(rf"{re.escape(site)}/[^\s\"'<>)]+", text)
    }
    return sorted(found)


async def _fetch_all(place: Arena, links: list[str], times: int) -> Row:
    before, failed, n = await place.value(STATE), 0, 0
    for number in range(times):
        for link in links:
            for method in ("GET", "HEAD"):
                headers = {"User-Agent": AGENTS[number % len(AGENTS)]}
                async with place.http.request(method, link, headers=headers, allow_redirects=False) as answer:
                    failed += answer.status >= 400
                    n += 1
    changed = await place.value(STATE) != before
    return Row(
        "11 links fetched by GET and HEAD",
        n=n,
        lost=failed,
        wrong=int(changed),
        notes=f"{len(links)} links, {times} times each",
        complaints=["fetching links changed something"] if changed else (),
    )


async def _attack(place: Arena, links: list[str]) -> Row:
    """Whatever is done to a link, it leads to where it led, or nowhere."""
    led_astray, n = [], 0
    for link in links:
        for attack in attacks(link):
            async with place.http.get(URL(attack, encoded=True), allow_redirects=False) as answer:
                target = answer.headers.get("Location", "")
                n += 1
                if target and urlsplit(target).hostname not in ("example.com", "127.0.0.1"):
                    led_astray.append(attack)
    return Row("11 redirect attacks", n=n, wrong=len(led_astray), complaints=led_astray[:3])


def attacks(link: str) -> list[str]:
    trap = quote(ELSEWHERE, safe="")
    site, token = link.rsplit("/c/", 1)
    body, _, signature = token.partition(".")
    forged = base64.urlsafe_b64encode(f'["00000000-0000-0000-0000-000000000000","{ELSEWHERE}"]'.encode())
    false = forged.rstrip(b"=").decode()
    flipped = [
        body[:place] + random.choice("ABCxyz019") + body[place + 1 :] for place in range(0, len(body), 7)
    ]
    return [
        *(f"{link}?{name}={trap}" for name in ("url", "to", "next", "redirect", "u", "target", "r", "goto")),
        *(
            f"{link}{end}"
            for end in ("%0d%0aLocation:%20" + trap, "%00", "/", "//elsewhere.example", "%2f..", "=")
        ),
        *(f"{site}/c/{text}" for text in (trap, f"//{trap}", f"https:{trap}", "%5c%5celsewhere.example")),
        *(f"{site}/c/{text}.{signature}" for text in (false, *flipped)),
        f"{site}/c/{false}.",
        f"{site}/c/.{signature}",
        f"{site}/c/{false}.{signature[::-1]}",
        f"{site}//elsewhere.example/c/{token}",
        f"{site}/o/{token}",
        f"{site}/u/{token}",
    ]


async def _leave_at_once(place: Arena, mails: list[dict[str, Any]]) -> Row:
    """The one-click address, with a form and with multipart, by somebody without cookies."""
    left = 0
    for number, mail in enumerate(mails):
        address = re.findall(r"<(http[^>]+)>", mail["headers"]["List-Unsubscribe"])[0]
        fields: Any = {"List-Unsubscribe": "One-Click"}
        if number % 2:
            fields = aiohttp.FormData(fields, default_to_multipart=True)
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http,
            http.post(address, data=fields) as answer,
        ):
            assert answer.status == 200, answer.status
        left += await place.value(
            "select count(*) from tendril.contact_points where address = $1 and unsubscribed_at is not null",
            mail["to"][0],
        )
    return Row("11 one-click unsubscribe", n=len(mails), lost=len(mails) - left, notes="form and multipart")
