"""The web server of Tendril as a process, on a database of the benchmark.

python -m benchmarks.serving DSN SIGNING_SECRET WEBHOOK_SECRET
"""

from __future__ import annotations

import asyncio
import sys

from aiohttp import web
from prometheus_client import CollectorRegistry

from bot.running import spare_what_stays
from channels.signing import Signer
from sequences.controller import NurtureController
from storage.postgres import PostgresStore
from webhooks.app import build_app
from webhooks.options import ProcessHealth, WebOptions


async def serve(dsn: str, signing_secret: str, webhook_secret: str) -> None:
    store = PostgresStore(dsn, connections=8)
    app = build_app(
        WebOptions(resend_webhook_secrets=(webhook_secret,)),
        store,
        Signer(signing_secret),
        NurtureController(store, {}),
        None,
        CollectorRegistry(),
        lambda: ProcessHealth("bench"),
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    spare_what_stays()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()
    await store.aclose()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
