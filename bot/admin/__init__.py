"""What admins do in Telegram, one file per thing; roles are checked in `bot.admin.access`."""

from __future__ import annotations

from types import ModuleType

from bot.admin import dashboard, explain, menu, message, profile, roles, runs, trigger, users

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
)
"""Each has `handlers()`, and `answers()` if it asks questions."""
