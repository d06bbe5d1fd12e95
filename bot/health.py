"""What the running process knows about itself, for the health page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from bot import VERSION
from webhooks.options import ChannelHealth, ProcessHealth, Trouble


@dataclass(slots=True)
class OwnHealth:
    """Written by the duties, read by the health page. `telegram_trouble` is about what comes in."""

    telegram_off: str | None = None
    email_off: str | None = None
    telegram_trouble: Trouble | None = None
    last_tick: datetime | None = None

    def ticked(self) -> None:
        self.last_tick = datetime.now(UTC)

    def say_of_telegram(self, trouble: Trouble | None) -> None:
        self.telegram_trouble = trouble

    def as_told(self) -> ProcessHealth:
        channels = (ChannelHealth("telegram", self.telegram_off), ChannelHealth("email", self.email_off))
        troubles = [self.telegram_trouble] if self.telegram_trouble else []
        return ProcessHealth(VERSION, channels, self.last_tick, troubles)
