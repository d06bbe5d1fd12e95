"""A real sidecar over real HTTP and PostgreSQL, and one delivery that has been sent."""

import base64
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry
from standardwebhooks import Webhook

from channels.signing import Signer
from sequences.controller import NurtureController
from sequences.links import LinkBuilder
from sequences.metrics import DeliveryMetrics
from storage.store import Store, Unavailable
from webhooks.app import build_app
from webhooks.options import ChannelHealth, ProcessHealth, Sender, Trouble, WebOptions

ADMIN_KEY = "an-admin-key-of-the-tests"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"placeholder-webhook-secret").decode()
TELEGRAM_SECRET = "telegram-placeholder"
ADDRESS = "mira@example.org"
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

OPTIONS = WebOptions(
    admin_api_key=ADMIN_KEY,
    resend_webhook_secrets=(WEBHOOK_SECRET,),
    telegram_webhook_secret=TELEGRAM_SECRET,
    email_from="Tendril <hello@example.org>",
)

SEQUENCE: dict[str, Any] = {
    "name": "letters",
    "title": "Letters",
    "description": "Two letters, a day apart.",
    "message_class": "sequence",
    "trigger": None,
    "exit": None,
    "steps": [
        {
            "position": position,
            "name": name,
            "after": after,
            "anchor": "enrollment",
            "at": None,
            "weekdays": None,
            "channels": ["email"],
            "fallback": "none",
            "fallback_after": None,
            "condition": None,
            "stale_after": "3 days",
            "quiet_hours": False,
            "at_most_once": False,
            "max_attempts": 5,
            "message_class": None,
            "recipient": None,
            "content": {"default": {"subject": name, "preheader": "", "body": "Hello.", "buttons": []}},
        }
        for position, name, after in [(1, "first", "0 seconds"), (2, "second", "1 day")]
    ],
}


class Road:
    """The store behind a road that can be closed, as when the database restarts, or meet an accident."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.is_closed = False
        self.accident: Exception | None = None
        self.accidents: Mapping[str, BaseException] = {}  # by operation
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def call(self, operation: str, /, **arguments: Any) -> Any:
        if self.is_closed:
            raise Unavailable("08006", "the road is closed")
        if self.accident is not None:
            raise self.accident
        if operation in self.accidents:
            raise self.accidents[operation]
        self.calls.append((operation, arguments))
        return await self._store.call(operation, **arguments)

    async def aclose(self) -> None:
        await self._store.aclose()

    def count(self, operation: str) -> int:
        return sum(name == operation for name, _ in self.calls)


@dataclass
class Sidecar:
    url: str
    http: aiohttp.ClientSession
    app: web.Application
    road: Road
    registry: CollectorRegistry
    links: LinkBuilder
    signer: Signer
    woken: list[bool] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    async def get(self, path: str, **options: Any) -> aiohttp.ClientResponse:
        return await self.http.get(self._full(path), allow_redirects=False, **options)

    async def head(self, path: str, **options: Any) -> aiohttp.ClientResponse:
        return await self.http.head(self._full(path), allow_redirects=False, **options)

    async def post(self, path: str, **options: Any) -> aiohttp.ClientResponse:
        return await self.http.post(self._full(path), allow_redirects=False, **options)

    async def as_admin(self, method: str, path: str, **options: Any) -> aiohttp.ClientResponse:
        headers = {"Authorization": f"Bearer {ADMIN_KEY}", **options.pop("headers", {})}
        return await self.http.request(method, self._full(path), headers=headers, **options)

    async def from_resend(
        self, event: Mapping[str, Any] | bytes, event_id: str | None = None, path: str = "/webhooks/resend"
    ) -> aiohttp.ClientResponse:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        return await self.post(path, data=body, headers=signed(body, event_id))

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0

    def _full(self, path: str) -> str:
        return path if path.startswith("http") else self.url + path


@dataclass(frozen=True)
class Sent:
    """An email that the provider has taken."""

    id: int
    tracking_id: str
    provider_message_id: str
    user_id: str
    enrollment_id: int


def signed(
    body: bytes, event_id: str | None = None, *, secret: str = WEBHOOK_SECRET, age: float = 0
) -> dict[str, str]:
    """Signed by the reference implementation, not by ours."""
    event_id = event_id or f"msg_{uuid.uuid4().hex}"
    moment = datetime.fromtimestamp(int(time.time() - age), UTC)
    signature = Webhook(secret).sign(event_id, moment, body.decode())
    return {
        "svix-id": event_id,
        "svix-timestamp": str(int(moment.timestamp())),
        "svix-signature": signature,
        "content-type": "application/json",
    }


def resend_event(kind: str, delivery: Sent | None = None, **details: Any) -> dict[str, Any]:
    mail: dict[str, Any] = {
        "email_id": delivery.provider_message_id if delivery else str(uuid.uuid4()),
        "created_at": "2026-03-02T09:00:00.000Z",
        "from": "Tendril <hello@example.org>",
        "to": [ADDRESS],
        "subject": "first",
        "tags": {"tracking_id": delivery.tracking_id} if delivery else {},
    }
    moment = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {"type": f"email.{kind}", "created_at": moment, "data": {**mail, **details}}


OpenSidecar = Callable[..., Awaitable[Sidecar]]


@pytest.fixture
async def open_sidecar(store: Store) -> AsyncIterator[OpenSidecar]:
    """Opens sidecars with other options; all are stopped at the end."""
    runners: list[web.AppRunner] = []
    sessions: list[aiohttp.ClientSession] = []

    async def start(email_channel: Sender | None = None, **changes: Any) -> Sidecar:
        road, registry, signer = Road(store), CollectorRegistry(), Signer("a-link-secret")
        woken: list[bool] = []
        troubles: list[Trouble] = []
        app = build_app(
            replace(OPTIONS, **changes),
            road,
            signer,
            NurtureController(road, [], metrics=DeliveryMetrics(registry)),
            email_channel,
            registry,
            lambda: ProcessHealth(
                "1.2.3",
                (ChannelHealth("telegram"), ChannelHealth("email", "no key")),
                datetime.now(UTC),
                troubles,
            ),
            lambda: woken.append(True),
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        session = aiohttp.ClientSession(
            headers={"User-Agent": PERSON}, connector=aiohttp.TCPConnector(limit=0)
        )
        sessions.append(session)
        return Sidecar(url, session, app, road, registry, LinkBuilder(url, signer), signer, woken, troubles)

    yield start
    for session in sessions:
        await session.close()
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def sidecar(open_sidecar: OpenSidecar) -> Sidecar:
    return await open_sidecar()


@pytest.fixture
async def published(store: Store) -> str:
    await store.call(
        "configure_budget", channel="email", per_second=1000, burst=1000, messages_per_request=100
    )
    await store.call("publish_sequence", definition=SEQUENCE)
    return str(SEQUENCE["name"])


@pytest.fixture
async def user_id(store: Store) -> str:
    made = await store.call("create_user", external_id="mira", first_name="Mira", email_address=ADDRESS)
    await store.call("set_preferences", user_id=made["user_id"], changes={"max_per_day": 100})
    return str(made["user_id"])


@pytest.fixture
async def sent(store: Store, published: str, user_id: str) -> Sent:
    return await send_one(store, user_id, published)


async def send_one(store: Store, user_id: str, sequence: str, key: str = "") -> Sent:
    """Takes a user's first step through claim, render and record, as a worker does."""
    await store.call("enroll", user_id=user_id, sequence=sequence, key=key)
    (row,) = await store.call("claim_due_deliveries", worker="w", channel="email", batch=10)
    content = {"subject": "first", "html": "<p>Hello.</p>", "text": "Hello."}
    await store.call(
        "store_rendered",
        lease_token=row["lease_token"],
        batch_key=str(uuid.uuid4()),
        rendered=[{"id": row["id"], "content": content}],
    )
    provider_message_id = str(uuid.uuid4())
    outcome = {
        "id": row["id"],
        "lease_token": row["lease_token"],
        "outcome": "sent",
        "provider_message_id": provider_message_id,
    }
    # Long enough ago: in its first seconds nobody can say who opens or clicks.
    now = datetime.fromisoformat(await store.call("clock"))
    await store.call("record_outcomes", outcomes=[outcome], at=(now - timedelta(hours=2)).isoformat())
    return Sent(row["id"], row["tracking_id"], provider_message_id, user_id, row["enrollment_id"])


class Tables:
    """The whole content of the database, to see that nothing, or what, has changed."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._connection = connection

    async def everything(self) -> dict[str, list[str]]:
        names = await self._connection.fetch(
            "select tablename from pg_tables where schemaname = 'tendril' order by 1"
        )
        return {name: await self._rows(name) for (name,) in names}

    async def rows(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await self._connection.fetch(query, *arguments)]

    async def status(self, delivery: Sent) -> str:
        query = "select delivery_status from tendril.message_deliveries where id = $1"
        return str(await self._connection.fetchval(query, delivery.id))

    async def _rows(self, table: str) -> list[str]:
        query = f'select t::text from tendril."{table}" t order by 1'
        return [row[0] for row in await self._connection.fetch(query)]


@pytest.fixture
async def tables(database_url: str) -> AsyncIterator[Tables]:
    connection = await asyncpg.connect(database_url)
    yield Tables(connection)
    await connection.close()


@pytest.fixture
async def site() -> AsyncIterator[str]:
    """A page, one that is closed to us, and one that leads to another; everything else is gone."""
    app = web.Application()

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="Hello")

    async def closed(_: web.Request) -> web.Response:
        return web.Response(status=503)

    async def away(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query["to"])

    app.add_routes([web.get("/page", page), web.get("/closed", closed), web.get("/away", away)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()
