"""P5 and P6: webhooks and tracked links, verified and committed before the answer, against a bare handler.

And what people do, in batches.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socket
import time
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import asyncpg
import psutil

from benchmarks import recording
from benchmarks.ground import Ground
from benchmarks.measuring import Goal, Side
from benchmarks.pipeline import SIGNING_SECRET
from benchmarks.processes import Process, process
from channels.signing import Signer

KEY = b"a key for measurements only"
WEBHOOK_SECRET = "whsec_" + base64.b64encode(KEY).decode()
CONNECTIONS = 64
EVENTS = 5_000
BARE, OURS, USUAL = "webhooks: bare handler", "webhooks: Tendril", "webhooks: FastAPI, svix, asyncpg"
BARE_LINKS, OUR_LINKS = "pixel and click: bare handler", "pixel and click: Tendril"
PER_SECOND, P99 = ", requests/s", ", p99 ms"
# Shares of one core: a side is bounded by its server or what that waits for, never by the load generator.
SERVER_BUSY, LOAD_BUSY = ", server busy", ", load generator busy"

GOALS = [
    Goal("P5 signed, durable webhook ingest / bare handler", OURS + PER_SECOND, BARE + PER_SECOND, 0.5),
    Goal("P5 … / FastAPI + svix + asyncpg", OURS + PER_SECOND, USUAL + PER_SECOND, 5),
    Goal("P5 … p99 / bare handler's", OURS + P99, BARE + P99, 3, at_least=False),
    Goal("P6 open pixel and click, committed / bare", OUR_LINKS + PER_SECOND, BARE_LINKS + PER_SECOND, 0.6),
    *recording.GOALS,
]


def sides(ground: Ground, peers: Path | None) -> list[Side]:
    found: list[Side] = [partial(_webhooks, ground), partial(_links, ground), *recording.sides(ground, peers)]
    return [*found, partial(_usual, ground, peers)] if peers is not None else found


async def _webhooks(ground: Ground) -> Mapping[str, float]:
    requests = [_webhook(tracking_id) for tracking_id in await _sent_mails(ground)]
    async with process("-m", "benchmarks.bare") as bare:
        at_best = await _load(ground, bare, requests, BARE)
    async with process("-m", "benchmarks.serving", ground.dsn, SIGNING_SECRET, WEBHOOK_SECRET) as ours:
        measured = await _load(ground, ours, requests, OURS)
    delivered = "select count(*) from tendril.message_deliveries where delivery_status = 'delivered'"
    assert await ground.connection.fetchval(delivered) == EVENTS
    return {**at_best, **measured}


async def _links(ground: Ground) -> Mapping[str, float]:
    signer = Signer(SIGNING_SECRET)
    requests = [
        _get(f"/o/{signer.sign('open', each)}")
        if place % 2
        else _get(f"/c/{signer.sign('click', [each, 'https://example.com/lesson'])}")
        for place, each in enumerate(await _sent_mails(ground))
    ]
    async with process("-m", "benchmarks.bare") as bare:
        at_best = await _load(ground, bare, requests, BARE_LINKS)
    async with process("-m", "benchmarks.serving", ground.dsn, SIGNING_SECRET, WEBHOOK_SECRET) as ours:
        measured = await _load(ground, ours, requests, OUR_LINKS)
    counted = await ground.connection.fetch(
        "select delivery_status, count(*) from tendril.message_deliveries group by 1 order by 1"
    )
    assert [tuple(row) for row in counted] == [("clicked", EVENTS // 2), ("opened", EVENTS // 2)], counted
    return {**at_best, **measured}


async def _usual(ground: Ground, python: Path) -> Mapping[str, float]:
    requests = [_webhook(str(uuid.uuid4())) for _ in range(EVENTS)]
    script = ("benchmarks/peers/fastapi_server.py",)
    async with ground.another_database() as dsn:
        port = str(_free_port())
        async with process(*script, dsn, WEBHOOK_SECRET, port, python=str(python)) as usual:
            measured = await _load(ground, usual, requests, USUAL)
        connection = await asyncpg.connect(dsn)
        assert await connection.fetchval("select count(*) from peer_events") == EVENTS
        await connection.close()
    return measured


async def _sent_mails(ground: Ground) -> list[str]:
    await ground.fresh("email", EVENTS)
    rows = await ground.connection.fetch(
        # Long enough ago: a click in the first seconds of a mail waits before it counts.
        "update tendril.message_deliveries set delivery_status = 'sent', "
        "sent_at = tendril.clock() - interval '2 hours', recipient_address = 'ada@example.com' "
        "returning tracking_id::text"
    )
    return [row[0] for row in rows]


async def _load(ground: Ground, server: Process, requests: Sequence[bytes], name: str) -> dict[str, float]:
    file = ground.folder / "requests"
    file.write_bytes(b"\n".join(base64.b64encode(request) for request in requests))
    async with process("-m", "benchmarks.load", server.first_line, str(CONNECTIONS), str(file)) as load:
        before = _seconds_of_cpu(server)
        load.begin()
        answer = json.loads(await load.line())
        busy = (_seconds_of_cpu(server) - before) * answer["per_second"] / len(requests)
    assert set(answer["statuses"]) <= {"200", "302"}, answer
    return {
        name + PER_SECOND: answer["per_second"],
        name + P99: answer["p99"],
        name + SERVER_BUSY: busy,
        name + LOAD_BUSY: answer["busy"],
    }


def _seconds_of_cpu(server: Process) -> float:
    times = psutil.Process(server.pid).cpu_times()
    return float(times.user + times.system)


def _webhook(tracking_id: str) -> bytes:
    event = {
        "type": "email.delivered",
        "created_at": "2026-01-05T09:00:00.000Z",
        "data": {
            "created_at": "2026-01-05T08:59:58.123Z",
            "email_id": str(uuid.uuid4()),
            "from": "Tendril <hello@example.com>",
            "to": ["ada@example.com"],
            "subject": "News",
            "tags": {"tracking_id": tracking_id, "sequence": "bench", "step": "only"},
        },
    }
    body = json.dumps(event).encode()
    message_id, moment = f"msg_{uuid.uuid4().hex}", str(int(time.time()))
    signed = f"{message_id}.{moment}.".encode() + body
    signature = base64.b64encode(hmac.digest(KEY, signed, hashlib.sha256)).decode()
    head = (
        "POST /webhooks/resend HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"svix-id: {message_id}\r\nsvix-timestamp: {moment}\r\nsvix-signature: v1,{signature}\r\n"
        f"User-Agent: Svix-Webhooks/1.0\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _get(path: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n"
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\r\n"
    ).encode()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
