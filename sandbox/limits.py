"""The providers' real limits, off unless asked for."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

TELEGRAM_PER_SECOND = 30
TELEGRAM_PER_CHAT_PER_SECOND = 1
TELEGRAM_CHAT_BURST = 3
RESEND_PER_SECOND = 10

Seconds = Callable[[], float]


class Bucket:
    """Tokens come at `per_second` up to `burst`, in real time: a provider does not hurry with our clock."""

    __slots__ = ("_at", "_burst", "_per_second", "_seconds", "_tokens")

    def __init__(self, per_second: float, burst: float, seconds: Seconds = time.monotonic) -> None:
        self._per_second, self._burst, self._seconds = per_second, burst, seconds
        self._tokens, self._at = burst, seconds()

    def wait(self) -> float:
        """Seconds until a token is there; 0 when there is one."""
        now = self._seconds()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._per_second)
        self._at = now
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / self._per_second

    def take(self) -> None:
        self._tokens -= 1


class TelegramLimits:
    def __init__(self, is_on: bool, seconds: Seconds = time.monotonic) -> None:
        self.is_on = is_on
        self._seconds = seconds
        self._all = Bucket(TELEGRAM_PER_SECOND, TELEGRAM_PER_SECOND, seconds)
        self._chats: dict[int, Bucket] = {}

    def retry_after(self, chat_id: int) -> int | None:
        """Whole seconds to wait, or None when the message may go."""
        if not self.is_on:
            return None
        chat = self._chats.get(chat_id)
        if chat is None:
            chat = Bucket(TELEGRAM_PER_CHAT_PER_SECOND, TELEGRAM_CHAT_BURST, self._seconds)
            self._chats[chat_id] = chat
        wait = max(self._all.wait(), chat.wait())
        if wait > 0:
            return math.ceil(wait)
        self._all.take()
        chat.take()
        return None


class ResendLimits:
    """Ten requests a second. The headers are on every answer, the refusal comes only when it is on."""

    def __init__(self, is_on: bool, seconds: Seconds = time.monotonic) -> None:
        self.is_on = is_on
        self._seconds = seconds
        self._window = 0
        self._used = 0

    def count(self) -> tuple[bool, dict[str, str]]:
        window = int(self._seconds())
        if window != self._window:
            self._window, self._used = window, 0
        is_allowed = not self.is_on or self._used < RESEND_PER_SECOND
        if is_allowed:
            self._used += 1
        headers = {
            "ratelimit-limit": str(RESEND_PER_SECOND),
            "ratelimit-remaining": str(max(0, RESEND_PER_SECOND - self._used)),
            "ratelimit-reset": "1",
            "ratelimit-policy": f"{RESEND_PER_SECOND};w=1",
        }
        return is_allowed, headers if is_allowed else {**headers, "retry-after": "1"}
