"""12, 13 and 14. What `make test` does in a short form runs here in its long one, in a process of its own."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

from tests.chaos.oracle import Row
from tests.chaos.processes import Process
from tests.chaos.server import Server
from tests.chaos.setting import Setting

CHECKS = {
    "12 each day and hour in 30 zones": ("tests/sql/test_every_day.py",),
    "13 rights of anon and authenticated": ("tests/storage/test_rights.py", "-k", "sql or granted"),
    "14 stateful properties": ("tests/sql/test_properties.py",),
}
MOST_SECONDS = 3 * 3600.0


async def invented(server: Server, setting: Setting) -> AsyncIterator[Row]:
    if setting.is_short:
        return
    examples = setting.choose(short=8, long=1_500)
    for number, (what, arguments) in enumerate(CHECKS.items()):
        report = server.folder / f"lives-{number}.xml"
        process = await Process.begun(
            report.with_suffix(".log"),
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}"),
            *arguments,
            environment={
                "CHAOS": "long",
                "CHAOS_EXAMPLES": str(examples),
            },
        )
        try:
            code = await process.ended(MOST_SECONDS)
        except asyncio.CancelledError:
            await process.kill()
            raise
        yield _row(what, code, report)


def _row(what: str, code: int, report: Path) -> Row:
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert suite is not None
    failures = [f"{case.get('name')}: {each.get('message', '')[:300]}" for case in suite for each in case]
    failures = [each for each in failures if not each.endswith(": ")]
    counted = sum(int(each.get("value", 0)) for each in suite.iterfind(".//property[@name='n']"))
    return Row(
        what,
        n=counted or int(suite.get("tests", 0)),
        wrong=int(suite.get("failures", 0)) + int(suite.get("errors", 0)),
        complaints=failures or ([f"pytest ended with {code}"] if code else []),
    )
