"""One server for everything local: the Telegram Bot API, Resend, the control API and the page."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import web

from sandbox.chats import Chats
from sandbox.clock import Clock, DatabaseClock
from sandbox.control.api import ControlAPI
from sandbox.faults import Faults
from sandbox.ledger import Ledger, open_ledger
from sandbox.limits import ResendLimits, TelegramLimits
from sandbox.mailbox import Mailbox
from sandbox.resend.api import ResendAPI
from sandbox.resend.idempotency import Repeats
from sandbox.state import OWNER_ID, State, kept_in
from sandbox.stream import Stream
from sandbox.telegram.api import TelegramAPI
from sandbox.telegram.parts import Parts
from sandbox.updates import Updates
from sandbox.webhooks import Webhooks

PAGE = Path(__file__).parent / "page"
LARGEST_BODY = 50 * 1024 * 1024
SHUTDOWN_SECONDS = 1.0
DEFAULT_DOMAINS = ("example.com", "tendril.example")

# Any well-formed token and any key that begins with `re_` is accepted; these two are merely at hand.
TOKEN = "123456:placeholder"
API_KEY = "re_placeholder"


@dataclass(frozen=True, slots=True)
class Box:
    """The running stand-ins: where they are, and the parts that a test in the same process may look at."""

    url: str
    clock: Clock
    chats: Chats
    mailbox: Mailbox
    webhooks: Webhooks
    faults: Faults
    owner_id: int
    telegram_token: str = TOKEN
    resend_api_key: str = API_KEY

    @property
    def telegram_url(self) -> str:
        return f"{self.url}/telegram"

    @property
    def resend_url(self) -> str:
        return f"{self.url}/resend"

    @property
    def webhook_secret(self) -> str:
        return self.webhooks.secret

    def set_webhook(self, url: str, secret: str | None = None) -> None:
        """Where Resend's webhooks go from now on; without a secret the present one stays."""
        self.webhooks.url = url
        self.webhooks.secret = secret or self.webhooks.secret


@contextlib.asynccontextmanager
async def serve(
    port: int = 0,
    *,
    host: str = "127.0.0.1",
    database_url: str | None = None,
    data_dir: Path | None = None,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    state_file: Path | None = None,
    ledger_file: Path | None = None,
    limits: bool = False,
    domains: Sequence[str] = DEFAULT_DOMAINS,
    owner_id: int = OWNER_ID,
) -> AsyncIterator[Box]:
    """Runs the stand-ins until the block ends. With port 0 the system chooses a free one.

    The clock is the database's when `database_url` is given, or when the embedded server of `data_dir` runs.
    """
    async with contextlib.AsyncExitStack() as stack:
        state = await stack.enter_async_context(kept_in(state_file))
        ledger = await stack.enter_async_context(open_ledger(state, ledger_file))
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        for domain in domains:
            state.domains.setdefault(domain, "verified")
        clock = Clock(state, DatabaseClock(database_url, data_dir))
        stack.push_async_callback(clock.aclose)
        webhooks = Webhooks(state, http, clock, webhook_url, webhook_secret)
        world = _World(state, ledger, clock, Updates(state, http), webhooks, limits, owner_id)
        await clock.refresh()
        await stack.enter_async_context(world.going_on())
        address = await stack.enter_async_context(_listening(world.app(), host, port))
        stack.callback(world.close)
        yield Box(address, clock, world.chats, world.mailbox, webhooks, world.faults, owner_id)


class _World:
    """Everything in one place: who knows whom."""

    def __init__(
        self,
        state: State,
        ledger: Ledger,
        clock: Clock,
        updates: Updates,
        webhooks: Webhooks,
        limits: bool,
        owner_id: int,
    ) -> None:
        self.state, self.ledger, self.clock = state, ledger, clock
        self.updates, self.webhooks = updates, webhooks
        self.closing = asyncio.Event()
        self.stream, self.faults = Stream(), Faults()
        self.chats = Chats(state, clock, updates, self.stream, owner_id)
        self.mailbox = Mailbox(state, clock, webhooks, self.stream)
        self.telegram_limits, self.resend_limits = TelegramLimits(limits), ResendLimits(limits)
        clock.is_quiet = lambda: webhooks.is_idle and not (updates.pending and updates.has_reader)
        clock.announce = lambda: self.stream.publish("clock", clock.as_json)
        clock.on_move = self._settle_after_hop
        self.faults.on_change = lambda: self.stream.publish("fault", self.faults.as_json)

    def close(self) -> None:
        """Whoever waits for an answer gets it now."""
        self.closing.set()
        self.updates.wake()

    async def _settle_after_hop(self) -> None:
        self.mailbox.send_scheduled()
        await self.webhooks.retry_due()

    @contextlib.asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        async with self.updates.delivering(), self.webhooks.delivering(), self.mailbox.sending_scheduled():
            yield

    def app(self) -> web.Application:
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/telegram/bot{token:[^/]*}/{method}", self._telegram().handle)
        app.add_routes(self._resend().routes())
        app.add_routes(self._control().routes())
        app.router.add_get("/", _page)
        app.router.add_static("/page/", PAGE)
        app.on_response_prepare.append(_ask_again)
        return app

    def _telegram(self) -> TelegramAPI:
        parts = Parts(self.state, self.clock, self.chats, self.updates, self.ledger, self.telegram_limits)
        return TelegramAPI(parts, self.faults, self.closing)

    def _resend(self) -> ResendAPI:
        return ResendAPI(
            self.state,
            self.clock,
            self.mailbox,
            self.faults,
            self.ledger,
            self.resend_limits,
            self.closing,
            Repeats(self.state, self.clock),
        )

    def _control(self) -> ControlAPI:
        return ControlAPI(
            self.state,
            self.clock,
            self.chats,
            self.mailbox,
            self.webhooks,
            self.faults,
            self.ledger,
            self.telegram_limits,
            self.resend_limits,
            self.stream,
            self.closing,
        )


async def _page(request: web.Request) -> web.StreamResponse:
    return web.FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})


async def _ask_again(request: web.Request, response: web.StreamResponse) -> None:
    """After an upgrade nobody sees half of the old page: browsers ask whether what they keep is current."""
    if request.path.startswith("/page/"):
        response.headers["Cache-Control"] = "no-cache"


@contextlib.asynccontextmanager
async def _listening(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """A client that goes away cancels its request, so that a long poll does not outlive its bot."""
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, reuse_address=True)
        await site.start()
        bound = runner.addresses[0]
        yield f"http://{host}:{bound[1]}"
    finally:
        await runner.cleanup()
