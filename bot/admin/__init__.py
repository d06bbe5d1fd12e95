"""What admins do in Telegram, one file per thing; roles are checked in `bot.admin.access`."""

from __future__ import annotations

from types import ModuleType

from bot.admin import (
    alerts,
    attendance,
    dashboard,
    deliveries,
    explain,
    health,
    mailboxes,
    menu,
    message,
    pauses,
    pods,
    profile,
    roles,
    runs,
    sequences,
    statistics,
    trigger,
    users,
)

ADMIN_TOPICS: tuple[ModuleType, ...] = (
    menu,
    users,
    profile,
    runs,
    message,
    roles,
    explain,
    trigger,
    dashboard,
    pods,
    attendance,
    sequences,
    pauses,
    deliveries,
    mailboxes,
    health,
    statistics,
    alerts,
)
"""Each has `handlers()`, and `answers()` if it asks questions."""
