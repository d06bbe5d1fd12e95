"""Where a process answers: its port, taken early, and the address that links carry."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass

from aiohttp import web

from bot.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True)
class WayIn:
    """Where this process answers, if it does, and where links are answered, perhaps by another."""

    listening: socket.socket | None
    url: str | None
    public_url: str


def find_way_in(settings: Settings, opened: AsyncExitStack, *, has_web: bool) -> WayIn:
    port = settings.port if has_web else settings.metrics_port
    public_url = settings.public_url or _reached_at(settings, settings.port)
    if port is None:
        return WayIn(None, None, public_url)
    listening = _listen(settings, "PORT" if has_web else "METRICS_PORT", port)
    url = _reached_at(settings, opened.enter_context(closing(listening)).getsockname()[1])
    return WayIn(listening, url, settings.public_url or url if has_web else public_url)


def _listen(settings: Settings, variable: str, port: int) -> socket.socket:
    """The port is taken before anything else starts: links carry it, and a second process ends here."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, port), family=family, backlog=1024)
    except OSError as refused:
        raise SettingsError(
            f"{variable} {port} on {settings.host} cannot be used ({refused.strerror}): "
            f"stop what uses it, or set another {variable}"
        ) from None


def _reached_at(settings: Settings, port: int) -> str:
    host = settings.host if settings.host not in ("0.0.0.0", "::", "") else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@asynccontextmanager
async def served(app: web.Application, listening: socket.socket) -> AsyncIterator[None]:
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=5.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield
    finally:
        await runner.cleanup()
