"""What can be configured, and the only place that reads the environment.

Nothing is required: what is left out is switched off and `Settings.switched_off` says so. What is
malformed raises `SettingsError`, whose message is one line that names the variable and the remedy.
"""

from __future__ import annotations

import base64
import binascii
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class SettingsError(Exception):
    """The configuration cannot be used as it is; the message is one line with the remedy."""


class Settings(BaseSettings):
    """Everything that can be set, in the environment or `.env`; each description is documentation."""

    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, populate_by_name=True
    )

    telegram_bot_token: SecretStr | None = Field(
        None, description="The bot's token from @BotFather. Without it Telegram is off."
    )
    telegram_api_url: str = Field(
        "https://api.telegram.org",
        description="Where the Telegram Bot API answers: Telegram, or your own Bot API server.",
    )
    telegram_mode: Literal["polling", "webhook"] = Field(
        "polling",
        description="How messages come in: `polling` asks Telegram, `webhook` lets Telegram call PUBLIC_URL.",
    )
    telegram_webhook_secret: SecretStr | None = Field(
        None,
        description="What Telegram must say when it calls the webhook. Made and kept in DATA_DIR when unset.",
    )
    telegram_per_second: float = Field(
        25,
        gt=0,
        description="Messages per second over Telegram, all processes together (Telegram allows about 30).",
    )

    resend_api_key: SecretStr | None = Field(None, description="Resend's API key. Without it email is off.")
    resend_api_url: str = Field("https://api.resend.com", description="Where Resend's API answers.")
    resend_webhook_secret: SecretStr | None = Field(
        None,
        description="The webhook's signing secret (`whsec_…`); several, separated by spaces, "
        "while one replaces another.",
    )
    resend_requests_per_second: float = Field(
        10,
        gt=0,
        description="Requests per second to Resend, all processes together; one carries up to 100 emails.",
    )
    email_from: str | None = Field(
        None,
        description="The sender, `Name <name@your-domain>`, on a domain verified at Resend. "
        "Without it email is off.",
    )
    email_reply_to: str | None = Field(
        None, description="Where answers to our emails go, if not to the sender."
    )
    email_postal_address: str | None = Field(
        None,
        description="Your postal address, shown at the foot of every email, as many countries' laws ask.",
    )

    database_url: SecretStr | None = Field(
        None, description="Any PostgreSQL from version 15. Without it an embedded one is kept in DATA_DIR."
    )
    supabase_url: str | None = Field(
        None, description="Your Supabase project, `https://….supabase.co`; used when DATABASE_URL is not set."
    )
    supabase_secret_key: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("SUPABASE_SECRET_KEY", "SUPABASE_KEY"),
        description="The project's secret key (`sb_secret_…`), also read from `SUPABASE_KEY`.",
    )

    admin_api_key: SecretStr | None = Field(
        None, description="The key of the admin API. Made, printed once and kept in DATA_DIR when unset."
    )
    api_per_second: float = Field(
        50,
        ge=0,
        description="Requests per second to the JSON API that each caller may make, four seconds' worth at "
        "once, per process; 0 is no limit.",
    )
    cron_secret: SecretStr | None = Field(
        None,
        description="What a scheduler of yours must show at `/api/cron/…`. Without it those are closed; "
        "nothing needs them, we have a clock of our own.",
    )
    webhook_allowed_hosts: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="Hosts that webhooks may be sent to although their addresses are private, separated by "
        "commas; over http too.",
    )
    admin_telegram_ids: Annotated[frozenset[int], NoDecode] = Field(
        frozenset(),
        description="Telegram ids of the first owners, separated by commas. "
        "They grant roles to others in the bot (`/user`).",
    )

    public_url: str | None = Field(
        None,
        description="How the world reaches this process; tracked links start with it. "
        "`http://127.0.0.1:PORT` when unset.",
    )
    host: str = Field("127.0.0.1", description="The address that the web server listens on.")
    port: int = Field(
        8080, ge=0, le=65535, description="The port that the web server listens on; 0 takes a free one."
    )
    metrics_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Where a process without the web server (`run --only worker`, `run --only bot`) answers "
        "`/` and `/metrics`. Off when unset.",
    )
    link_secret: SecretStr | None = Field(
        None,
        description="What links in messages are signed with; several, separated by spaces: the first signs, "
        "all are read. Made and kept in DATA_DIR when unset.",
    )

    rating_api_key: SecretStr | None = Field(
        None,
        description="A key for a language model that rates commitments. Without it rules do, and nothing "
        "that people write leaves this service.",
    )
    rating_api_url: str = Field(
        "https://api.openai.com/v1/chat/completions",
        description="Where that model answers: any address that takes OpenAI's chat completions.",
    )
    rating_model: str = Field("gpt-4o-mini", description="The model's name there.")

    game_file: Path | None = Field(
        None,
        description="A file of your own in place of `engagement/game.toml`: what earns XP and keeps "
        "a streak, and which levels there are.",
    )
    behavior_retention: int = Field(
        25,
        ge=0,
        le=1200,
        description="For how many months single behavior events are kept after the month in which they were "
        "recorded; what was counted of them stays. 0 keeps them for ever.",
    )

    interventions: Literal["off", "suggest", "on"] = Field(
        "on",
        description="What is done when somebody's risk of dropping off rises: nothing, a suggestion for "
        "admins, or a message by itself.",
    )
    intervention_threshold: float = Field(
        60, ge=60, le=100, description="From which risk on something is done; 80 is critical."
    )
    intervention_cooldown_days: int = Field(
        7, ge=1, le=365, description="For how many days after an intervention there is no other."
    )
    intervention_holdout: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="The share of people for whom nothing is done, so that it can be told what it brings.",
    )
    intervention_exploration: float = Field(
        0.1,
        ge=0,
        lt=1,
        description="How seldom somebody gets the second best, so that what was unlucky at first is tried "
        "again; 0 is never.",
    )
    outreach_tasks: int = Field(
        10,
        ge=0,
        le=10_000,
        description="How many people admins may be asked to get in touch with at once; 0 asks them never.",
    )

    data_dir: Path = Field(
        Path("var"), description="Where the embedded database and the secrets made for you are kept."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much is logged.")
    log_format: Literal["console", "json"] = Field(
        "console", description="How it is logged: `console` for people, `json` for machines."
    )
    tick_seconds: float = Field(
        1,
        ge=0.01,
        le=60,
        description="How often what became due is looked for. A new message never waits for it.",
    )
    deliveries_in_flight: int = Field(
        32, ge=1, le=1000, description="How many Telegram messages are under way at once, per process."
    )
    brand_name: str = Field("Tendril", description="The name that people see in messages and on pages.")

    @field_validator("log_level", mode="before")
    @classmethod
    def _accept_any_case(cls, level: object) -> object:
        return level.upper() if isinstance(level, str) else level

    @field_validator("admin_telegram_ids", mode="before")
    @classmethod
    def _split_ids(cls, ids: object) -> object:
        if not isinstance(ids, str):
            return ids
        parts = [part for part in re.split(r"[,\s]+", ids) if part]
        _require(
            all(part.isdigit() for part in parts),
            "must be Telegram ids separated by commas, such as 1234,5678",
        )
        return parts

    @field_validator("webhook_allowed_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, hosts: object) -> object:
        if not isinstance(hosts, str):
            return hosts
        parts = [part for part in re.split(r"[,\s]+", hosts) if part]
        _require(
            not any("/" in part for part in parts),
            "must be hosts separated by commas, such as crm.internal,localhost",
        )
        return parts

    @field_validator("telegram_api_url", "resend_api_url", "supabase_url", "public_url", "rating_api_url")
    @classmethod
    def _check_web_address(cls, address: str | None) -> str | None:
        if address is None:
            return None
        split = urlsplit(address)
        _require(
            split.scheme in ("http", "https") and bool(split.hostname), "must be an address such as https://…"
        )
        return address.rstrip("/")

    @field_validator("telegram_bot_token")
    @classmethod
    def _check_token(cls, token: SecretStr | None) -> SecretStr | None:
        shape = token is None or re.fullmatch(r"\d+:[\w-]+", token.get_secret_value())
        _require(
            bool(shape), "must look like 123456:placeholder; copy it from @BotFather (/mybots → API Token)"
        )
        return token

    @field_validator("telegram_webhook_secret")
    @classmethod
    def _check_webhook_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        shape = secret is None or re.fullmatch(r"[\w-]{1,256}", secret.get_secret_value(), re.ASCII)
        _require(bool(shape), "may hold 1 to 256 letters, digits, - and _; leave it out to have one made")
        return secret

    @field_validator("resend_api_key")
    @classmethod
    def _check_resend_key(cls, key: SecretStr | None) -> SecretStr | None:
        shape = key is None or re.fullmatch(r"re_\S+", key.get_secret_value())
        _require(bool(shape), "must begin with re_; make one at Resend under API Keys")
        return key

    @field_validator("resend_webhook_secret")
    @classmethod
    def _check_signing_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        shape = secret is None or all(map(_is_signing_secret, secret.get_secret_value().split()))
        _require(bool(shape), "must be whsec_ followed by base64; copy it from the webhook's page at Resend")
        return secret

    @field_validator("email_from", "email_reply_to")
    @classmethod
    def _check_mailbox(cls, mailbox: str | None) -> str | None:
        shape = mailbox is None or re.fullmatch(r"[^@\s]+@[^@\s]+", parseaddr(mailbox)[1])
        _require(bool(shape), "must be an email address, such as Tendril <hello@your-domain.com>")
        return mailbox

    @field_validator("database_url")
    @classmethod
    def _check_database(cls, address: SecretStr | None) -> SecretStr | None:
        shape = address is None or re.match(r"postgres(ql)?://", address.get_secret_value())
        _require(bool(shape), "must begin with postgresql://")
        return address

    @field_validator("admin_api_key", "cron_secret")
    @classmethod
    def _check_strength(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None:
            _require_strong(secret.get_secret_value())
        return secret

    @field_validator("link_secret")
    @classmethod
    def _check_each_strength(cls, secrets: SecretStr | None) -> SecretStr | None:
        if secrets is not None:
            _require_strong(*secrets.get_secret_value().split() or [""])
        return secrets

    @model_validator(mode="after")
    def _check_pairs(self) -> Settings:
        if self.supabase_url and not self.supabase_secret_key:
            raise ValueError(
                "SUPABASE_SECRET_KEY is missing: SUPABASE_URL needs it (Supabase → Settings → API Keys)"
            )
        if self.supabase_secret_key and not self.supabase_url:
            raise ValueError(
                "SUPABASE_URL is missing: SUPABASE_SECRET_KEY needs it (Supabase → Settings → API)"
            )
        return self

    @property
    def has_telegram(self) -> bool:
        return self.telegram_bot_token is not None

    @property
    def has_email(self) -> bool:
        return self.resend_api_key is not None and self.email_from is not None

    @property
    def is_embedded(self) -> bool:
        return self.database_url is None and self.supabase_url is None

    @property
    def why_telegram_is_off(self) -> str | None:
        return None if self.has_telegram else "Telegram is off: set TELEGRAM_BOT_TOKEN (from @BotFather)."

    @property
    def why_email_is_off(self) -> str | None:
        if self.resend_api_key is None:
            return "Email is off: set RESEND_API_KEY and EMAIL_FROM (from Resend)."
        if self.email_from is None:
            return "Email is off: set EMAIL_FROM to a sender on a domain verified at Resend."
        return None

    @property
    def why_email_news_is_off(self) -> str | None:
        if self.resend_webhook_secret is None and self.has_email:
            return "Bounces and opens stay unknown: set RESEND_WEBHOOK_SECRET (from Resend's webhook page)."
        return None

    def switched_off(self) -> list[str]:
        """One sentence for each part that is off, with what would switch it on."""
        reasons = (self.why_telegram_is_off, self.why_email_is_off, self.why_email_news_is_off)
        return [reason for reason in reasons if reason is not None]


def read_settings(env_file: Path | None = Path(".env")) -> Settings:
    """The environment, then `env_file`. Raises SettingsError."""
    try:
        return Settings(_env_file=env_file)  # type: ignore[call-arg]  # not in the signature that mypy sees
    except ValidationError as refused:
        raise SettingsError(_in_one_line(refused)) from None


def variable_names(field: str) -> list[str]:
    """The environment variables that a field is read from, the preferred one first."""
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return [field.upper()]


def shown(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret is not None else None


def _require(is_fine: bool, remedy: str) -> None:
    if not is_fine:
        raise ValueError(remedy)


def _require_strong(*secrets: str) -> None:
    strong = all(len(secret) >= 16 for secret in secrets)
    _require(strong, "must have at least 16 characters; leave it out to have one made")


def _is_signing_secret(secret: str) -> bool:
    encoded = secret.removeprefix("whsec_")
    try:
        return encoded != secret and len(base64.b64decode(encoded, validate=True)) > 0
    except binascii.Error:
        return False


def _in_one_line(refused: ValidationError) -> str:
    """The first problem only: people fix one at a time. Never shows the value: it may be a secret."""
    problem = refused.errors(include_input=False, include_url=False)[0]
    remedy = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return remedy
    remedy = re.sub(r"^Input should be", "must be", remedy)
    name = str(problem["loc"][0]).upper()
    return f"{name} {remedy} (in the environment or .env)".replace("\n", " ")
