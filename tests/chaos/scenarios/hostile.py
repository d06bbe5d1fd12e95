"""10. Names that are not names, and templates that never end."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from html.parser import HTMLParser
from statistics import median
from typing import Any

from tests.chaos.arena import Arena, address, arena
from tests.chaos.oracle import Row
from tests.chaos.server import Server
from tests.chaos.setting import Setting
from tests.chaos.waiting import until

NAUGHTY = (
    "<script>alert(1)</script>", "<b>bold</b>", "</p></div></body></html>", "<img src=x onerror=alert(1)>",
    "<a href='https://elsewhere.example'>click</a>", "https://elsewhere.example/x", "elsewhere.example",
    "@elsewhere", "/start", "#hashtag", "a@elsewhere.example", "tg://user?id=1",
    "[a](https://elsewhere.example)", "![i](https://x.example/i)", "**bold**", "_it_", "`code`",
    "```\nblock\n```", "# Heading", "> quote", "- item", "1. item", "---", "| a | b |", "\\", "\\\\",
    "{{ 7*7 }}", "{% for x in y %}", "{{ user.attributes }}", "{{ ''.__class__ }}", "${7*7}", "#{7*7}",
    "<%= 7*7 %>", "%s%n%d", "&lt;b&gt;", "&#60;script&#62;", "&amp;", "&", "<", ">", '"', "'",
    "' or 1=1 --", "'; drop table users; --", "Bcc: all@elsewhere.example",
    "a\r\nBcc: all@elsewhere.example", "a\nSubject: b", "\r\n\r\nbody", "\t", " ", "\xa0", "\u202eesrever",
    "\u200b", "\u200d\u200d", "\u2066\u2069", "\ufeff", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\u05e2\u05d1\u05e8\u05d9\u05ea", "\u03a9\u2248\xe7\u221a", "\u7530\u4e2d\u3055\u3093",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "\U0001f3f3\ufe0f\u200d\U0001f308",
    "Z\u032e\u031e\u0320\u0359\u0354\u0345\u1e00\u0317\u031e\u0348\u033b\u0317\u1e36\u0359\u034e\u032f\u0339\u031e\u0353G\u033bO\u032d\u0317\u032e",
    "\ud7ff", "\ue000", "\U0010ffff", "\x01\x02\x1b[31m", "\x7f", "nil", "null", "undefined", "None", "NaN",
    "-1e309", "0x00", "../../etc/passwd", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x",
    "onclick=alert(1)", "--><!--", "]]>", "<![CDATA[x]]>", "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>", "<meta http-equiv=refresh content=0>", "<tg-spoiler>x</tg-spoiler>",
    "=1+1", "@SUM(1)", "x" * 4096, "\U0001f642" * 2100, "<b>" * 500, "\n" * 300,
)  # fmt: skip
# Until those are delivered whose template is not poisoned, and how much longer than without it that may take.
MOST_SECONDS = 20.0
MOST_SLOWER = 1.1
POISONED = 20
OTHERS_ON_TELEGRAM, OTHERS_BY_EMAIL = 100, 1000
# The last one is decent: what the others look like is compared with it.
NAMES = (*NAUGHTY, "Ada")
POISONS = {
    "endless loop": "{% for a in context.many %}{% for b in context.many %}{% for c in context.many %}"
    "{% for d in context.many %}{% if a == 'z' %}x{% endif %}"
    "{% endfor %}{% endfor %}{% endfor %}{% endfor %}",
    "100 MB": "{% for a in context.many %}{% for b in context.many %}{{ context.long }}"
    "{% endfor %}{% endfor %}",
    "exception": "{{ 1 // (user.first_name | length - user.first_name | length) }}",
    "missing value": "{{ context.nothing_of_the_kind }}",
}


async def names(server: Server, setting: Setting) -> AsyncIterator[Row]:
    async with arena(server, "names") as place:
        await place.worker("w", lease_seconds=60)
        cohort = await place.people(telegram=len(NAMES), email=len(NAMES))
        for numbers in (cohort.telegram, cohort.email):
            for number, name in zip(numbers, NAMES, strict=True):
                await place.connection.execute(
                    "update tendril.users set first_name = $2, last_name = $2, username = $2 "
                    "where external_id = $1",
                    str(number),
                    name,
                )
        await place.plan("telegram", cohort.telegram, content=GREETING)
        await place.plan("email", cohort.email, content=GREETING)
        await until(lambda: _is_quiet_after_an_hour(place), "everything was delivered")
        yield await _chats(place, cohort.telegram)
        yield await _mails(place, cohort.email)


GREETING = {
    "default": {
        "subject": "For {{ user.first_name }}",
        "preheader": "{{ user.first_name }}",
        "body": "Hello {{ user.first_name }} {{ user.last_name }}.\n\n- {{ user.username }}\n\n"
        "[Come](https://example.com/?name={{ user.first_name }})",
    }
}


async def _chats(place: Arena, numbers: range) -> Row:
    got = [await place.control("GET", f"/users/{number}/messages") for number in numbers]
    return _judged("10 hostile names over Telegram", got, await _refused(place, "telegram"))


async def _mails(place: Arena, numbers: range) -> Row:
    mails = await place.control("GET", "/inbox")
    got = [[mail for mail in mails if mail["to"] == [address(number)]] for number in numbers]
    return _judged("10 hostile names over email", got, await _refused(place, "email"))


async def _refused(place: Arena, channel: str) -> set[str]:
    """Names with nothing to see in them: the template says that it needs one, and parks itself."""
    rows = await place.connection.fetch(
        "select u.first_name from tendril.message_deliveries d join tendril.users u on u.id = d.user_id "
        "where d.channel = $1 and d.delivery_status = 'parked' and d.reason = 'missing_value'",
        channel,
    )
    return {row["first_name"] for row in rows}


def _judged(test: str, got: list[list[dict[str, Any]]], refused: set[str]) -> Row:
    """Each has the tags and addresses that a decent name has, the last one, whatever else the name says."""
    decent = _shape(got[-1][0]["html"])
    lost = [name for name, messages in zip(NAMES, got, strict=True) if not messages and name not in refused]
    wrong = [
        name
        for name, messages in zip(NAMES, got, strict=True)
        for message in messages
        if _shape(message["html"]) != decent or set("\r\n") & set(message.get("subject", ""))
    ]
    return Row(
        test,
        n=len(got),
        lost=len(lost),
        duplicates=sum(len(messages) - 1 for messages in got if messages),
        wrong=len(wrong),
        notes=f"{len(refused)} count as no name at all",
        complaints=[f"not accepted: {name[:60]!r}" for name in lost]
        + [f"not inert: {name[:60]!r}" for name in wrong],
    )


class _Shape(HTMLParser):
    """Tags, and where they lead by host; line breaks are no harm."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.found.append(f"{tag} {' '.join(sorted(name for name, _ in attrs))}")


def _shape(html: str) -> list[str]:
    parser = _Shape()
    parser.feed(html)
    return parser.found


async def templates(server: Server, setting: Setting) -> AsyncIterator[Row]:
    """The poisoned ones park themselves; the others are delivered meanwhile, as fast as without them."""
    async with arena(server, "templates") as place:
        await place.worker("w", lease_seconds=60)
        await _others_delivered(place, setting)  # what a worker does only once: it connects and prepares
        for what, body in POISONS.items():
            # One round differs from the next by as much as what is asked about: seven were too few to tell.
            times = setting.choose(short=1, long=15)
            rounds = [await _round(place, setting, body) for _ in range(times)]
            alone, beside = (sorted(each[column] for each in rounds) for column in (0, 1))
            is_slower = not setting.is_short and median(beside) > median(alone) * MOST_SLOWER
            yield Row(
                f"10 poisoned template: {what}",
                n=times * (POISONED + OTHERS_ON_TELEGRAM + OTHERS_BY_EMAIL),
                lost=times * POISONED - sum(parked for _, _, parked in rounds),
                notes=f"the others in {_spread(beside)} s, without it in {_spread(alone)} s",
                complaints=["the others were held up"] if is_slower else (),
            )


def _spread(seconds: Sequence[float]) -> str:
    """The median, and from where to where, of what is sorted."""
    return f"{median(seconds):.2f} ({seconds[0]:.2f}–{seconds[-1]:.2f})"


async def _round(place: Arena, setting: Setting, body: str) -> tuple[float, float, int]:
    """Seconds of the others alone, and beside poisoned ones; how many of these were parked."""
    alone = await _others_delivered(place, setting)
    beside = await _others_delivered(place, setting, beside=body)
    await until(lambda: _is_quiet_after_an_hour(place), "the poisoned ones were parked")
    parked = await place.value(
        "select count(*) from tendril.message_deliveries where delivery_status = 'parked' "
        "and reason is not null and attempt_count = 3 and sequence_type = $1",
        f"round_{place.rounds - 2}",
    )
    return alone, beside, parked


async def _others_delivered(place: Arena, setting: Setting, beside: str | None = None) -> float:
    """Seconds until all of them are accepted, who become due in the same moment as the poisoned ones."""
    await place.store.call("pause_everything")
    if beside is not None:
        await _poison(place, beside)
    others = await place.enroll(telegram=OTHERS_ON_TELEGRAM, email=OTHERS_BY_EMAIL)
    await place.store.call("resume_everything")
    began = time.monotonic()
    most = MOST_SECONDS * setting.patience
    await until(lambda: _have_arrived(place, len(others)), "the others were delivered", most)
    took = time.monotonic() - began
    place.news()
    return took


async def _poison(place: Arena, body: str) -> None:
    poisoned = await place.people(telegram=0, email=POISONED)
    await place.plan("email", poisoned.email, content={"default": {"subject": "x", "body": body}})
    await place.connection.execute(
        "update tendril.enrollments set context = jsonb_build_object("
        "'many', (select jsonb_agg(n) from generate_series(1, 1000) n), 'long', repeat('x', 100000)) "
        "where sequence = $1",
        f"round_{place.rounds}",
    )


async def _have_arrived(place: Arena, count: int) -> bool:
    return place.ledger.waiting() >= count


async def _is_quiet_after_an_hour(place: Arena) -> bool:
    await place.control("POST", "/clock", advance="1 hour")
    return not await place.value(
        "select exists (select from tendril.message_deliveries "
        "where delivery_status in ('pending', 'sending'))"
    )
