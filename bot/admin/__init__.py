"""What admins do in Telegram, one file per thing; roles are checked in `bot.admin.access`."""

from __future__ import annotations

from types import ModuleType

from bot.admin import (
    attendance,
    dashboard,
    explain,
    menu,
    message,
    pods,
    profile,
    roles,
    runs,
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
)
"""Each has `handlers()`, and `answers()` if it asks questions."""
