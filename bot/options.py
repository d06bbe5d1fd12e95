"""What each part is told of the settings."""

from __future__ import annotations

from typing import Any

from bot.kept_secrets import Secrets
from bot.settings import Settings, shown
from sequences.rendering import Brand
from webhooks.options import WebOptions


def telegram_options(settings: Settings) -> dict[str, Any]:
    return {
        "token": shown(settings.telegram_bot_token),
        "api_url": settings.telegram_api_url,
        "connections": settings.deliveries_in_flight,
    }


def email_options(settings: Settings) -> dict[str, Any]:
    return {"api_key": shown(settings.resend_api_key), "api_url": settings.resend_api_url}


def channel_options(settings: Settings) -> dict[str, dict[str, Any]]:
    options = {}
    if settings.has_telegram:
        options["telegram"] = telegram_options(settings)
    if settings.has_email:
        options["email"] = email_options(settings)
    return options


def brand(settings: Settings) -> Brand:
    return Brand(
        settings.brand_name,
        settings.email_from or "",
        reply_to=settings.email_reply_to,
        postal_address=settings.email_postal_address or "",
    )


def web_options(settings: Settings, secrets: Secrets) -> WebOptions:
    return WebOptions(
        admin_api_key=secrets.admin_api_key.value,
        cron_secret=shown(settings.cron_secret),
        api_per_second=settings.api_per_second,
        webhook_allowed_hosts=settings.webhook_allowed_hosts,
        resend_webhook_secrets=tuple((shown(settings.resend_webhook_secret) or "").split()),
        telegram_webhook_secret=secrets.telegram_webhook_secret,
        brand_name=settings.brand_name,
        email_from=settings.email_from,
        email_reply_to=settings.email_reply_to,
        is_https=(settings.public_url or "").startswith("https://"),
    )
