"""python-telegram-bot, put together for conversation: the handlers and what they work with."""

from __future__ import annotations

from typing import Any

import httpx
import structlog
from telegram.error import TelegramError
from telegram.ext import ApplicationBuilder, ContextTypes
from telegram.request import HTTPXRequest

from bot.context import Context, Shared
from bot.menus import set_menus
from bot.topics import all_answers, all_deep_links, all_follow_ups, all_handlers
from bot.updates import ALLOWED_UPDATES, Telegram, TelegramBot
from channels.transport import trusted

log = structlog.get_logger(__name__)

# Answers to people who write at this moment; bulk messages do not go this way. httpx slows down as its pool
# grows.
CONNECTIONS = 8


def telegram_application(token: str, api_url: str, shared: Shared) -> Telegram:
    """Not yet initialized: that asks Telegram who we are."""
    bot = TelegramBot(
        token,
        CONNECTIONS,
        base_url=f"{api_url}/bot",
        base_file_url=f"{api_url}/file/bot",
        request=_request(),
        get_updates_request=_request(),
    )
    builder: Any = ApplicationBuilder().bot(bot).updater(None).job_queue(None)
    application: Telegram = builder.context_types(ContextTypes(context=Context)).build()
    application.bot_data |= {
        "shared": shared,
        "answers": all_answers(),
        "deep_links": all_deep_links(),
        "follow_ups": all_follow_ups(),
    }
    for group, handlers in enumerate(all_handlers()):
        application.add_handlers(handlers, group)
    return application


def _request() -> HTTPXRequest:
    """Without a limit of its own: the pool of httpx never gives back the place of a request that is cancelled
    at an unlucky moment, and once the last place is lost, nobody hears or says anything any more.
    """
    unlimited = httpx.Limits(max_connections=None)
    return HTTPXRequest(
        read_timeout=20.0, httpx_kwargs={"trust_env": False, "verify": trusted(), "limits": unlimited}
    )


async def introduce(application: Telegram, webhook_url: str | None, webhook_secret: str | None) -> None:
    """Tells Telegram what we understand, and to call the webhook or keep updates. Raises TelegramError."""
    bot = application.bot
    await set_menus(bot, application.bot_data["shared"].brand)
    if webhook_url is None:
        await bot.delete_webhook()
    else:
        await bot.set_webhook(
            webhook_url, secret_token=webhook_secret, allowed_updates=ALLOWED_UPDATES, max_connections=40
        )


async def leave(application: Telegram) -> None:
    """Closes the connections; Telegram keeps what is written to us meanwhile."""
    try:
        await application.shutdown()
        await application.bot.shutdown()
    except (TelegramError, RuntimeError) as error:
        log.debug("telegram_not_closed", error=type(error).__name__)
