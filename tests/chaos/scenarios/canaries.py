"""13. Secrets that are planted everywhere are seen in no log, error, traceback, health page or metric."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import quote

import aiohttp

from tests.chaos.arena import Arena, arena
from tests.chaos.oracle import Row
from tests.chaos.processes import until_ready
from tests.chaos.scenarios.webhooks import free_port
from tests.chaos.server import Server
from tests.chaos.setting import Setting
from tests.chaos.waiting import until

FAULTS = ("server_error", "reset", "malformed", "timeout_after_accept", "rate_limit", "forbidden")
CLOSED = "http://127.0.0.1:9"


def canary() -> str:
    """Letters only, so that each encoding of it can be looked for."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz") for _ in range(24))


@dataclass
class Birds:
    """The planted secrets by what they are, and all that was said aloud."""

    planted: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)

    def plant(self, what: str) -> str:
        self.planted[what] = canary()
        return self.planted[what]

    def seen(self) -> list[str]:
        return sorted({what for what in self.planted for text in self.said if self._is_in(what, text)})

    def _is_in(self, what: str, text: str) -> bool:
        secret = self.planted[what]
        encoded = base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]
        return any(form in text for form in (secret, quote(secret), secret[::-1], encoded))


async def nowhere(server: Server, setting: Setting) -> AsyncIterator[Row]:
    async with arena(server, "canaries") as place:
        birds = Birds()
        environment = _settings(place, birds)
        await _live(place, birds, environment, FAULTS[:2] if setting.is_short else FAULTS)
        await _go_wrong(place, birds, environment)
        birds.said += [log.read_text(errors="replace") for log in place.folder.glob("c_*.log")]
        seen = birds.seen()
        yield Row(
            "13 planted secrets",
            n=len(birds.planted),
            wrong=len(seen),
            notes=f"{len(birds.said)} outputs, {sum(map(len, birds.said)):,} characters",
            complaints=[f"seen: {what}" for what in seen],
        )


def _settings(place: Arena, birds: Birds) -> dict[str, str]:
    port = str(free_port())
    key = base64.b64encode(birds.plant("webhook secret").encode()).decode()
    return {
        "PORT": port,
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LOG_LEVEL": "DEBUG",
        "TELEGRAM_BOT_TOKEN": f"7654321:{birds.plant('bot token')}",
        "RESEND_API_KEY": f"re_{birds.plant('Resend key')}",
        "RESEND_WEBHOOK_SECRET": f"whsec_{key}",
        "ADMIN_API_KEY": birds.plant("admin key"),
        "LINK_SECRET": birds.plant("link secret"),
        "DATABASE_URL": place.direct_url.replace(
            "postgres@", f"postgres:{birds.plant('database password')}@"
        ),
    }


# A life with accidents


async def _live(place: Arena, birds: Birds, environment: Mapping[str, str], faults: Sequence[str]) -> None:
    product = await place.product("c_all", "run", **environment)
    await until_ready(product)
    site = environment["PUBLIC_URL"]
    (number,) = await place.strangers(1)
    await _write(place, number, "/start", birds.plant("what somebody wrote"))
    await _write(place, number, f"/email {birds.plant('email address')}@example.com")
    await until(lambda: place.control("GET", "/inbox"), "a mail came")
    await place.enroll(telegram=0, email=1)
    mails = await until(lambda: _mails(place, 2), "another mail came")
    tokens = {kind: token for mail in mails for kind, token in _tokens(mail, site).items()}
    birds.planted |= {f"link token {kind}": token for kind, token in tokens.items()}
    birds.planted["webhook body"] = canary()
    for fault in faults:
        for provider in ("telegram", "resend"):
            await place.control("POST", "/faults", provider=provider, fault=fault, count=2, delay=0.1)
        await _write(place, number, "/help", "/settings", f"/link {birds.planted['what somebody wrote']}")
        await _ask_everything(place, birds, site, tokens, environment)
    await place.control("DELETE", "/faults")
    await _without_database(place, birds, site, tokens, environment)
    await product.stop()


async def _mails(place: Arena, count: int) -> list[Any]:
    mails = list(await place.control("GET", "/inbox"))
    return mails if len(mails) >= count else []


async def _write(place: Arena, number: int, *texts: str) -> None:
    for text in texts:
        await place.control("POST", f"/users/{number}/messages", text=text)


def _tokens(mail: Mapping[str, Any], site: str) -> dict[str, str]:
    """One of each kind; the signature alone would be enough to know it again."""
    text = unescape(mail["html"]) + json.dumps(mail["headers"]) + mail["text"]
    found = re.findall(rf"{re.escape(site)}/(\w+)/([\w.~-]+)", text)
    return {kind: token for kind, token in found if len(token) > 30}


async def _ask_everything(
    place: Arena, birds: Birds, site: str, tokens: Mapping[str, str], environment: Mapping[str, str]
) -> None:
    """Rightly and wrongly; what is answered to somebody without a key is said aloud."""
    known = {"Authorization": f"Bearer {environment['ADMIN_API_KEY']}"}
    wrong = {"Authorization": f"Bearer {environment['ADMIN_API_KEY']}x"}
    user = f"{birds.planted['email address']}@example.com"
    for path in ("/", "/metrics", "/nowhere", f"/admin/api/users/{user}/explain", "/admin/api/email/test"):
        await _ask(place, birds, "GET", site + path, wrong)
        await _ask(place, birds, "GET", site + path, {"Accept": "text/html"})
    await _ask(place, Birds(), "GET", f"{site}/admin/api/users/{user}/explain", known)
    for kind, token in tokens.items():
        for end in ("x", "?a=b", "/.."):
            for method in ("GET", "HEAD", "POST", "PUT"):
                # A page that was opened with the whole token may carry it on.
                heard = birds if end == "x" else Birds()
                await _ask(place, heard, method, f"{site}/{kind}/{token}{end}", {})
    body = json.dumps(
        {"type": "email.opened", "data": {"to": [user], "subject": birds.planted["webhook body"]}}
    )
    for path in ("/webhooks/resend", "/webhooks/telegram", "/admin/api/people"):
        for content in (body, body[:-1], "\x00" + body):
            await _ask(place, birds, "POST", site + path, {"svix-id": user, "svix-timestamp": "1"}, content)
    for path in ("/", "/metrics"):
        await _ask(place, birds, "GET", site + path, known)


async def _ask(
    place: Arena, birds: Birds, method: str, url: str, headers: Mapping[str, str], body: str | None = None
) -> None:
    async with place.http.request(method, url, headers=headers, data=body, allow_redirects=False) as answer:
        birds.said.append(f"{answer.status} {dict(answer.headers)} {await answer.text(errors='replace')}")


async def _without_database(
    place: Arena, birds: Birds, site: str, tokens: Mapping[str, str], environment: Mapping[str, str]
) -> None:
    for _ in range(3):
        await place.connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and pid <> pg_backend_pid()"
        )
        await _ask_everything(place, birds, site, tokens, environment)
    for provider in ("telegram", "resend"):
        await place.control("POST", "/faults", provider=provider, fault="server_error", count=1)
    await place.enroll(telegram=20, email=20)
    await place.quiet()


# Starts that fail


async def _go_wrong(place: Arena, birds: Birds, environment: Mapping[str, str]) -> None:
    away = environment["DATABASE_URL"].partition("?")[0].replace("@/", "@127.0.0.1:9/")
    nobody = environment["DATABASE_URL"].replace(f"/{place.name}?", "/nobody?")
    starts: list[tuple[tuple[str, ...], dict[str, str]]] = [
        (("migrate",), {"DATABASE_URL": away}),
        (("migrate",), {"DATABASE_URL": nobody}),
        (("doctor",), {"TELEGRAM_API_URL": CLOSED, "RESEND_API_URL": CLOSED}),
        (("doctor",), {"DATABASE_URL": away}),
        (("test-email", "a@example.com"), {"RESEND_API_URL": CLOSED}),
        (("explain", "nobody@example.com"), {"DATABASE_URL": away}),
        *(
            (("doctor",), {name: value + "\n;"})
            for name, value in environment.items()
            if name not in ("PORT", "PUBLIC_URL", "LOG_LEVEL", "DATABASE_URL")
        ),
        (("doctor",), {"DATABASE_URL": environment["DATABASE_URL"].replace("postgresql:", "mysql:")}),
        (("run",), {"PORT": environment["PORT"], "HOST": "203.0.113.1"}),
    ]
    for number, (command, changes) in enumerate(starts):
        process = await place.product(f"c_{number}", *command, **(dict(environment) | changes))
        await process.ended()
    running = await place.product("c_late", "run", **(dict(environment) | {"DATABASE_URL": away}))
    site = environment["PUBLIC_URL"]

    async def answers() -> bool:
        try:
            await _ask(place, birds, "GET", site + "/", {})
        except aiohttp.ClientError:
            return False
        return True

    await until(answers, "it said that the database is away")
    await _ask(place, birds, "GET", site + "/metrics", {})
    await running.stop()
