"""What the methods work on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sandbox.chats import Chats
from sandbox.clock import Clock
from sandbox.ledger import Ledger
from sandbox.limits import TelegramLimits
from sandbox.state import State
from sandbox.updates import Updates


@dataclass(frozen=True, slots=True)
class Parts:
    state: State
    clock: Clock
    chats: Chats
    updates: Updates
    ledger: Ledger
    limits: TelegramLimits


Parameters = dict[str, Any]
"""As the description types them; `_given` is what the request brought."""
Method = Callable[[Parts, Parameters], Awaitable[Any]]
