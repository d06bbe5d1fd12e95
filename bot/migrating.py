"""`python -m bot migrate`: the database's schema, looked at, brought up to date, or printed."""

from __future__ import annotations

import argparse
import sys

from bot.database import direct_address
from bot.settings import Settings, SettingsError
from storage.migrations import as_sql, backup, migrate, pending


async def migrate_command(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.sql:
        sys.stdout.write(as_sql())
        return 0
    async with direct_address(settings) as address:
        if address is None:
            raise SettingsError(
                "SUPABASE_URL alone cannot change the schema: set DATABASE_URL as well (Supabase → Connect), "
                "or paste what `python -m bot migrate --sql` prints into Supabase's SQL editor"
            )
        if arguments.check:
            return _tell(await pending(address), "missing", "The schema is up to date.", when_some=1)
        if arguments.backup is not None:
            await backup(address, arguments.backup)
            print(f"Backup written to {arguments.backup}.")
        return _tell(
            await migrate(address), "applied", "Nothing to do: the schema is up to date.", when_some=0
        )


def _tell(steps: list[str], what: str, nothing: str, *, when_some: int) -> int:
    for step in steps:
        print(f"{what}: {step}")
    if not steps:
        print(nothing)
    return when_some if steps else 0
