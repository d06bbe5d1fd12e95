"""What the sidecar is told about the world, and what it needs of its neighbors."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from channels.channel import Outgoing


@dataclass(frozen=True, slots=True)
class WebOptions:
    """Plain values only; a secret that is missing closes the door that it would open."""

    admin_api_key: str | None = None
    cron_secret: str | None = None
    api_per_second: float = 0  # how often one caller of the JSON API may ask; 0: as they like
    webhook_allowed_hosts: Collection[str] = ()  # where callbacks may go although they are private
    resend_webhook_secrets: tuple[str, ...] = ()  # several while one is being rotated
    telegram_webhook_secret: str | None = None
    brand_name: str = "Tendril"
    brand_url: str | None = None
    email_from: str | None = None
    email_reply_to: str | None = None
    is_https: bool = False  # how the world reaches us: then cookies travel over nothing else
    event_capacity: int = 20_000  # events that may wait for the database before callbacks get a 503


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """`why_off` is None while the channel is on."""

    name: str
    why_off: str | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, and what to do about it: a sentence each."""

    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ProcessHealth:
    """What only the running process knows; the rest of the health answer comes from the database."""

    version: str
    channels: Sequence[ChannelHealth] = ()
    last_tick: datetime | None = None
    troubles: Sequence[Trouble] = ()


class Sender(Protocol):
    """A channel, as far as one message by hand needs it."""

    async def send(self, messages: Sequence[Outgoing], idempotency_key: str | None) -> list[str]: ...


Health = Callable[[], ProcessHealth]
OnUpdate = Callable[[], Awaitable[None] | None]
