"""docs/experiments.md, followed from the top: what is pasted works, and the short subject wins."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.docs.pages import blocks, read
from tests.fixtures.process import Tendril
from tests.fixtures.requirements import require

GUIDE = read("docs/experiments.md")


async def pasted(tendril: Tendril, folder: Path, *command: str, block: str) -> list[Any]:
    """What is printed, line by line as JSON, by a block of the guide that is run here."""
    key = tendril.settings.admin_api_key
    for written, here in (
        ("http://127.0.0.1:8080", tendril.url),
        ("http://127.0.0.1:8025", tendril.control.url),
        ("only-to-try-it-here", key.get_secret_value() if key else ""),
        ("curl ", "curl --silent --show-error --fail-with-body --write-out '\\n' "),
    ):
        block = block.replace(written, here)
    process = await asyncio.create_subprocess_exec(
        *command, "-c", block, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return [json.loads(line.replace("'", '"')) for line in printed.decode().splitlines() if line.strip()]


async def test_the_guide_leads_to_a_winner_by_copy_and_paste(tendril: Tendril, tmp_path: Path) -> None:
    shell = str(require("curl", [shutil.which("curl")]) and shutil.which("bash"))
    draft, start, read_out, end = blocks(GUIDE, "sh")
    (people,) = blocks(GUIDE, "python")

    (drafted,) = await pasted(tendril, tmp_path, shell, "-e", block=draft)
    assert (drafted["id"], drafted["target"]) == (1, "welcome_email")
    (started,) = await pasted(tendril, tmp_path, shell, "-e", block=start)
    assert started["status"] == "running"
    (variants,) = await pasted(tendril, tmp_path, sys.executable, block=people)
    assert set(variants) == {"as_it_is", "short", "silence"}

    _, readout = await pasted(tendril, tmp_path, shell, "-e", block=read_out)
    assert readout["division"]["people"]["short"] == variants.count("short")
    assert readout["verdict"]["winner"] == "short"
    assert readout["metrics"][0]["against_silence"]["silent"]["people"] == variants.count("silence")
    assert (tmp_path / "readout.svg").read_text().lstrip().startswith("<svg")
    (ended,) = await pasted(tendril, tmp_path, shell, "-e", block=end)
    assert (ended["status"], ended["winner"]) == ("ended", "short")

    silent = variants.index("silence")
    told = await tendril.process.store.call("explain_user", reference=f"person{silent}@example.com")
    (run,) = [each for each in told["enrollments"] if each["sequence"] == "welcome_email"]
    assert (run["status_reason"], run["variant"]) == ("holdout", "silence")
    subjects = [mail["subject"] for mail in await tendril.inbox(f"person{silent}@example.com")]
    assert not any("Two minutes" in subject or "found its way" in subject for subject in subjects)
    lucky = await tendril.inbox(f"person{variants.index('short')}@example.com")
    assert "Two minutes today?" in [mail["subject"] for mail in lucky]
