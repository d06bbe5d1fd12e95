"""The stand-ins in a process of their own, with a ledger that is on the disk before anything is answered.

    python -m tests.chaos.standins LEDGER [--limits]

The first line of the output says in JSON where they are.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import sandbox


async def run(ledger: Path, database_url: str | None, webhook_url: str | None, limits: bool) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    serving = sandbox.serve(
        ledger_file=ledger, database_url=database_url, webhook_url=webhook_url, limits=limits
    )
    async with serving as box:
        sys.stdout.write(json.dumps({"url": box.url, "webhook_secret": box.webhook_secret}) + "\n")
        sys.stdout.flush()
        await stop.wait()


if __name__ == "__main__":
    options = json.loads(sys.argv[1])
    asyncio.run(
        run(
            Path(options["ledger"]),
            options.get("database_url"),
            options.get("webhook_url"),
            options.get("limits", False),
        )
    )
