"""The usual way to take Resend's webhooks: FastAPI, svix, and one transaction per event over asyncpg.

python benchmarks/peers/fastapi_server.py DSN WEBHOOK_SECRET PORT
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import uvicorn
from fastapi import FastAPI, Request
from svix.webhooks import Webhook

dsn, secret, port = sys.argv[1:]
webhook = Webhook(secret)

SCHEMA = """
    drop table if exists peer_events;
    create table peer_events (
        event_id text primary key, payload text not null, recorded_at timestamptz not null default now())
"""


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(dsn, min_size=8, max_size=8) as pool:
        await pool.execute(SCHEMA)
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/webhooks/resend")
async def receive(request: Request) -> dict[str, str]:
    body = await request.body()
    webhook.verify(body, dict(request.headers))
    await app.state.pool.execute(
        "insert into peer_events (event_id, payload) values ($1, $2) on conflict do nothing",
        request.headers["svix-id"],
        body.decode(),
    )
    return {"verdict": "stored"}


async def main() -> None:
    server = uvicorn.Server(uvicorn.Config(app, port=int(port), log_level="error", access_log=False))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    print(port, flush=True)
    await serving


asyncio.run(main())
