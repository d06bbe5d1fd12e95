"""What admins do in Telegram, one file per thing; roles are checked in `bot.admin.access`."""

from __future__ import annotations

from types import ModuleType

ADMIN_TOPICS: tuple[ModuleType, ...] = ()
"""Each has `handlers()`, and `answers()` if it asks questions."""
