"""The two providers as a plain HTTP client sees them, and the page as a browser does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect

import sandbox
from tests.fixtures.sandbox import Control, Person
from tests.sandbox.page import DESKTOP, Bot

Answer = tuple[int, Any]


class Telegram:
    def __init__(self, url: str, http: aiohttp.ClientSession, token: str) -> None:
        self.url, self.http, self.token = url, http, token

    async def answer(self, method: str, token: str | None = None, **parameters: Any) -> Answer:
        address = f"{self.url}/bot{token or self.token}/{method}"
        async with self.http.post(address, json=parameters) as response:
            return response.status, await response.json()

    async def call(self, method: str, **parameters: Any) -> Any:
        status, body = await self.answer(method, **parameters)
        assert status == 200, body
        return body["result"]

    async def refusal(self, method: str, **parameters: Any) -> tuple[int, str]:
        status, body = await self.answer(method, **parameters)
        assert body["ok"] is False
        return status, body["description"]


class Resend:
    def __init__(self, url: str, http: aiohttp.ClientSession, key: str) -> None:
        self.url, self.http, self.key = url, http, key

    async def answer(
        self, method: str, path: str, json: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        given = {"Authorization": f"Bearer {self.key}", "User-Agent": "tests", **(headers or {})}
        async with self.http.request(method, self.url + path, json=json, headers=given) as response:
            return response.status, await response.json()

    async def send(self, body: Any, key: str | None = None, **headers: str) -> Answer:
        """To `/emails`, or a list to `/emails/batch`."""
        path = "/emails/batch" if isinstance(body, list) else "/emails"
        given = {"Idempotency-Key": key, **headers} if key else headers
        return await self.answer("POST", path, body, given)

    async def accepted(self, body: Any, key: str | None = None) -> Any:
        status, result = await self.send(body, key)
        assert status == 200, result
        return result


@pytest.fixture
def telegram(box: sandbox.Box, control: Control) -> Telegram:
    return Telegram(box.telegram_url, control.http, box.telegram_token)


@pytest.fixture
def resend(box: sandbox.Box, control: Control) -> Resend:
    return Resend(box.resend_url, control.http, box.resend_api_key)


async def given_up(request: asyncio.Future[Answer]) -> None:
    """As when a client does not wait for its answer any longer."""
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)


def mail(to: str = "ada@example.com", **changes: Any) -> dict[str, Any]:
    return {"from": "Tendril <hi@example.com>", "to": to, "subject": "Hi", "html": "<p>Hi</p>", **changes}


class Receiver:
    """A webhook's target. `status` is what it answers; every request is kept."""

    def __init__(self) -> None:
        self.status = 200
        self.received: list[tuple[dict[str, str], bytes]] = []

    async def receive(self, request: web.Request) -> web.Response:
        self.received.append((dict(request.headers), await request.read()))
        headers = {"Location": "/elsewhere"} if 300 <= self.status < 400 else {}
        return web.Response(status=self.status, headers=headers)

    @property
    def url(self) -> str:
        return self._url

    async def start(self) -> Callable[[], Awaitable[None]]:
        app = web.Application()
        app.router.add_post("/hook", self.receive)
        server = TestServer(app)
        await server.start_server()
        self._url = str(server.make_url("/hook"))
        return server.close


@pytest.fixture
async def receiver() -> Any:
    receiver = Receiver()
    stop = await receiver.start()
    yield receiver
    await stop()


@pytest.fixture
async def bot(box: sandbox.Box) -> AsyncIterator[Bot]:
    async with aiohttp.ClientSession() as http:
        yield Bot(box, http)


@pytest.fixture
async def page(browser: Browser, box: sandbox.Box) -> AsyncIterator[Page]:
    async with await browser.new_context(viewport=DESKTOP, reduced_motion="reduce") as context:
        opened = await context.new_page()
        problems: list[str] = []
        opened.on("pageerror", lambda problem: problems.append(str(problem)))
        await opened.goto(box.url)
        yield opened
        assert problems == []


@pytest.fixture
async def page_of_ada(page: Page, ada: Person) -> Page:
    """The page, once it shows Ada's chat."""
    await expect(page.get_by_role("button", name="Ada, that is you now")).to_be_visible()
    return page
