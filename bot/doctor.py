"""`python -m bot doctor`: everything that can be wrong with the settings, tried for real."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from telegram import Bot
from telegram.error import InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.database import direct_address, opened_store
from bot.settings import Settings, shown
from channels.errors import DeliveryError, Misconfigured
from channels.sender_domain import ABSENT, HIDDEN, SenderDomain, sender_domain
from channels.transport import open_httpx_client
from engagement.model_rating import ModelRater, NoJudgment
from storage.embedded import CannotStart
from storage.migrations import MigrationError, newest, pending
from storage.store import UNKNOWN_OPERATION, StorageError


@dataclass(frozen=True, slots=True)
class Finding:
    """`is_fine` is None for what is switched off or only worth knowing."""

    is_fine: bool | None
    subject: str
    words: str

    def __str__(self) -> str:
        mark = {True: "✓", False: "✗", None: "–"}[self.is_fine]
        return f"{mark} {self.subject:<16} {self.words}"


async def examine(settings: Settings, arguments: argparse.Namespace) -> int:
    is_well = True
    for examination in (_database, _telegram, _email, _ratings, _addresses):
        async for finding in examination(settings):
            print(finding, flush=True)
            is_well = is_well and finding.is_fine is not False
    return 0 if is_well else 1


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    try:
        async with direct_address(settings) as address, opened_store(settings, address) as store:
            missing = await pending(address) if address is not None else []
            if missing:
                yield Finding(
                    False,
                    "database",
                    f"answers, but its schema lacks {', '.join(missing)}: {_how_to_migrate(settings)}",
                )
                return
            health = await store.call("queue_health")
            yield _schema(settings, health["schema_version"])
    except (StorageError, MigrationError, CannotStart, OSError) as failure:
        yield Finding(False, "database", f"{failure}: {_remedy(settings, failure)}")


def _schema(settings: Settings, version: int) -> Finding:
    """Compared by the tables' version, over Supabase's API too, where nothing else can be seen."""
    wanted = newest()
    if version == wanted:
        words = f"answers ({_kind(settings)}), its schema is up to date: version {version}"
        return Finding(True, "database", words)
    difference = (
        f"answers ({_kind(settings)}), but its schema is version {version} and this program's {wanted}"
    )
    remedy = "upgrade the program" if version > wanted else _how_to_migrate(settings)
    return Finding(False, "database", f"{difference}: {remedy}")


def _how_to_migrate(settings: Settings) -> str:
    if settings.supabase_url and not settings.database_url:
        return "paste what `python -m bot migrate --sql` prints into Supabase's SQL editor"
    return "run `python -m bot migrate`"


def _kind(settings: Settings) -> str:
    if settings.is_embedded:
        return f"embedded, in {settings.data_dir}"
    return "PostgreSQL" if settings.database_url else "Supabase"


def _remedy(settings: Settings, failure: Exception) -> str:
    if isinstance(failure, StorageError) and failure.code == UNKNOWN_OPERATION:
        return _how_to_migrate(settings)
    return f"check {_database_setting(settings)}"


def _database_setting(settings: Settings) -> str:
    if settings.is_embedded:
        return "DATA_DIR"
    return "DATABASE_URL" if settings.database_url else "SUPABASE_URL and SUPABASE_SECRET_KEY"


async def _telegram(settings: Settings) -> AsyncIterator[Finding]:
    if settings.telegram_bot_token is None:
        yield Finding(None, "telegram", settings.why_telegram_is_off or "")
        return
    request = HTTPXRequest(connect_timeout=5, read_timeout=10, httpx_kwargs={"trust_env": False})
    bot = Bot(
        settings.telegram_bot_token.get_secret_value(), f"{settings.telegram_api_url}/bot", request=request
    )
    try:
        await request.initialize()
        me = await bot.get_me()
        yield Finding(True, "telegram", f"the token works: @{me.username}, https://t.me/{me.username}")
        async for finding in _updates(settings, bot):
            yield finding
    except InvalidToken:
        remedy = "copy it again from @BotFather (/mybots → API Token)"
        yield Finding(False, "telegram", f"Telegram does not accept TELEGRAM_BOT_TOKEN: {remedy}")
    except TelegramError as failure:
        yield Finding(
            False, "telegram", f"{settings.telegram_api_url} cannot be reached ({type(failure).__name__})"
        )
    finally:
        await request.shutdown()


async def _updates(settings: Settings, bot: Bot) -> AsyncIterator[Finding]:
    hook = await bot.get_webhook_info()
    if settings.telegram_mode == "polling":
        yield Finding(True, "updates", "asked for by the bot (TELEGRAM_MODE=polling)")
    elif hook.last_error_message:
        yield Finding(
            False,
            "updates",
            f"Telegram could not call {hook.url}: {hook.last_error_message}; check PUBLIC_URL",
        )
    elif not hook.url:
        yield Finding(None, "updates", "the webhook is set when the bot starts (TELEGRAM_MODE=webhook)")
    else:
        yield Finding(True, "updates", f"Telegram calls {hook.url}; {hook.pending_update_count} are waiting")


async def _email(settings: Settings) -> AsyncIterator[Finding]:
    if settings.resend_api_key is None or settings.email_from is None:
        yield Finding(None, "email", settings.why_email_is_off or "")
        return
    key = settings.resend_api_key.get_secret_value()
    try:
        async with open_httpx_client() as client:
            domain = await sender_domain(client, settings.resend_api_url, key, settings.email_from)
    except Misconfigured:
        yield Finding(False, "email", "Resend does not accept RESEND_API_KEY: make a new one under API Keys")
    except DeliveryError as failure:
        yield Finding(False, "email", f"{settings.resend_api_url} cannot be asked: {failure}")
    else:
        yield Finding(True, "email", "the key works")
        for finding in _domain(domain):
            yield finding
    yield _webhook(settings)


async def _ratings(settings: Settings) -> AsyncIterator[Finding]:
    key = shown(settings.rating_api_key)
    if key is None:
        return
    try:
        async with open_httpx_client() as client:
            rater = ModelRater(client, settings.rating_api_url, key, settings.rating_model)
            await rater.judge("Write two pages by Friday", "en")
    except NoJudgment as reason:
        remedy = "check RATING_API_KEY, RATING_API_URL and RATING_MODEL; rules rate until then"
        yield Finding(False, "ratings", f"no rating from {settings.rating_api_url} ({reason}): {remedy}")
    else:
        yield Finding(True, "ratings", f"{settings.rating_model} rates commitments")


def _domain(domain: SenderDomain) -> list[Finding]:
    if domain.status == HIDDEN:
        return [
            Finding(
                None, "sender domain", f"{domain.name}: this key may send but not look; see Resend → Domains"
            )
        ]
    if domain.status == ABSENT:
        remedy = "add it at Resend → Domains, or change EMAIL_FROM"
        return [Finding(False, "sender domain", f"{domain.name} is not in this account: {remedy}")]
    proofs = f"SPF {domain.status_of('SPF')}, DKIM {domain.status_of('DKIM')}"
    if domain.is_verified:
        return [Finding(True, "sender domain", f"{domain.name} is verified: {proofs}")]
    records = [
        Finding(
            False, f"  {record.purpose} record", f"add to the DNS: {record.type} {record.name} {record.value}"
        )
        for record in domain.missing_records
    ]
    return [Finding(False, "sender domain", f"{domain.name} is {domain.status}: {proofs}"), *records]


def _webhook(settings: Settings) -> Finding:
    if settings.resend_webhook_secret is None:
        address = f"{settings.public_url or 'PUBLIC_URL'}/webhooks/resend"
        remedy = f"add {address} at Resend → Webhooks and set RESEND_WEBHOOK_SECRET to its signing secret"
        return Finding(False, "webhook secret", f"not set, so bounces and opens stay unknown: {remedy}")
    count = len(settings.resend_webhook_secret.get_secret_value().split())
    return Finding(True, "webhook secret", "set" if count == 1 else f"{count} are set: one replaces another")


async def _addresses(settings: Settings) -> AsyncIterator[Finding]:
    here = f"http://127.0.0.1:{settings.port}"
    public = settings.public_url or here
    split = urlsplit(public)
    if split.hostname in ("127.0.0.1", "localhost", "::1"):
        words = f"{public}: links in messages work on this machine only; set PUBLIC_URL to go live"
        yield Finding(None, "public address", words)
    elif split.scheme != "https":
        yield Finding(False, "public address", f"{public} is not https: providers and mail readers need that")
    else:
        yield Finding(True, "public address", public)
