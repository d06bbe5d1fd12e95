"""The sandbox's page for tests, and the bot that they play over the stand-in of Telegram's API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Locator, Page, ViewportSize

import sandbox
from tests.fixtures.sandbox import until

PICTURES = Path(__file__).parents[2] / "var" / "screenshots"
DESKTOP = ViewportSize(width=1440, height=900)
LETTER = """<html><head><style>h1 { color: #17784c }</style></head><body>
<div style="display:none">Begin with two minutes.</div>
<h1>The two-minute version</h1><p>Most plans fail on the first busy day.</p>
<p><a href="https://example.com/goal">Pick your first goal</a></p></body></html>"""


class Bot:
    """The other side of the chat."""

    def __init__(self, box: sandbox.Box, http: aiohttp.ClientSession) -> None:
        self.address = f"{box.telegram_url}/bot{box.telegram_token}"
        self.resend = box.resend_url
        self.key = box.resend_api_key
        self.http = http
        self.seen = 0

    async def call(self, method: str, **parameters: Any) -> Any:
        async with self.http.post(f"{self.address}/{method}", json=parameters) as response:
            answer = await response.json()
            assert answer["ok"], answer
            return answer["result"]

    async def hears(self, kind: str) -> Any:
        """The next update of this kind."""

        async def next_update() -> Any:
            for update in await self.call("getUpdates", offset=self.seen + 1):
                self.seen = update["update_id"]
                if kind in update:
                    return update[kind]
            return None

        return await until(next_update)

    async def says(self, chat_id: int, html: str, *buttons: dict[str, str]) -> Any:
        markup = {"reply_markup": {"inline_keyboard": [list(buttons)]}} if buttons else {}
        return await self.call("sendMessage", chat_id=chat_id, text=html, parse_mode="HTML", **markup)

    async def sends_file(self, method: str, chat_id: int, kind: str, name: str, content: bytes) -> None:
        form = aiohttp.FormData({"chat_id": str(chat_id)})
        form.add_field(kind, content, filename=name)
        async with self.http.post(f"{self.address}/{method}", data=form) as response:
            assert response.status == 200, await response.text()

    async def mails(self, to: str, subject: str, html: str = LETTER) -> None:
        mail = {"from": "Tendril <hello@tendril.example>", "to": [to], "subject": subject, "html": html}
        headers = {"Authorization": f"Bearer {self.key}", "User-Agent": "page-tests"}
        async with self.http.post(f"{self.resend}/emails", json=mail, headers=headers) as response:
            assert response.status == 200, await response.text()


async def picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


def log(page: Page) -> Locator:
    return page.get_by_role("log")
