"""Figures counted anew: the duty that carries it on, and `python -m bot analytics rebuild`, which watches."""

from __future__ import annotations

import argparse
import asyncio
import sys

import structlog

from bot.database import direct_address, opened_store
from bot.settings import Settings
from bot.waiting import Bell
from sequences.rebuilding import PAGE, Rebuild, begin_rebuild, carry_rebuild, latest_rebuild
from storage.store import StorageError, Store

log = structlog.get_logger(__name__)

SMALLEST_PAGE = 50
LOOKS_EVERY = 1.0
"""Seconds, while another process is about a page."""
STAGES = {
    "messages": "judging messages",
    "deleted": "looking for deleted ones",
    "days": "summing up days",
    "months": "summing up months",
    "places": "counting who is where in sequences",
    "weeks": "looking for active people",
    "cohorts": "counting cohorts",
}


class RebuildDuty:
    """Any number of processes may; one at a time does."""

    def __init__(self, store: Store) -> None:
        self.bell = Bell()
        self._store = store
        self._page = PAGE

    async def run(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                while not stop.is_set() and await carry_rebuild(self._store, self._page):
                    pass
            except StorageError as error:
                # Perhaps it took too long: nothing of it happened, and less of it will do.
                self._page = max(self._page // 2, SMALLEST_PAGE)
                log.warning("rebuild_put_off", code=error.code, page=self._page)
            await self.bell.heard_or_stopped(stop)


def add_rebuild(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "what", choices=["rebuild"], help="count everything anew, or see how far that is; Ctrl-C leaves it"
    )


async def rebuild_command(settings: Settings, arguments: argparse.Namespace) -> int:
    """Begins, or joins what is under way. Once stopped, the service goes on with it, or the next call."""
    async with direct_address(settings) as address, opened_store(settings, address) as store:
        rebuild, is_new = await begin_rebuild(store)
        if is_new:
            act = {"actor": "command_line", "action": "analytics.rebuild", "subject": "figures"}
            await store.call("record_audit", **act, details={"id": rebuild.id})
        while rebuild.status == "running":
            _show(told(rebuild))
            rebuild = await _next(store, rebuild)
    _show("")
    print(told(rebuild))
    return 0 if rebuild.status == "done" else 1


async def _next(store: Store, before: Rebuild) -> Rebuild:
    if (further := await carry_rebuild(store)) is not None:
        return further
    await asyncio.sleep(LOOKS_EVERY)
    return await latest_rebuild(store) or before


def told(rebuild: Rebuild) -> str:
    if rebuild.status == "failed":
        return f"Given up: {rebuild.error}"
    if rebuild.status == "done":
        counted = f"{rebuild.done:,} messages were counted anew"
        return f"{counted}; {rebuild.corrected:,} had been counted as something else."
    said = STAGES[rebuild.stage or "messages"]
    if rebuild.stage == "messages" and rebuild.total:
        said += f": {rebuild.done:,} of {rebuild.total:,} ({rebuild.done / rebuild.total:.0%})"
        said += f", {rebuild.per_second:,} a second" if rebuild.per_second else ""
    return said + (f"; tried again soon: {rebuild.error}" if rebuild.error else "")


def _show(line: str) -> None:
    """One line, written over; nothing where nobody looks."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
