"""What the framework can do at best: an aiohttp handler that reads the request and answers.

python -m benchmarks.bare
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from webhooks.links import PIXEL


async def take(request: web.Request) -> web.Response:
    await request.read()
    return web.json_response({})


async def picture(_: web.Request) -> web.Response:
    return web.Response(body=PIXEL, content_type="image/gif")


async def redirect(_: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": "https://example.com/lesson"})


async def serve() -> None:
    app = web.Application()
    app.add_routes([web.post("/webhooks/resend", take), web.get("/o/{token}", picture)])
    app.add_routes([web.get("/c/{token}", redirect)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
