"""The link that nobody sees: in every mail once, for nobody to look at, hear or reach by the keyboard."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import async_playwright

from tests.sequences.content import TRACKING_ID, renderer, row, step

TRAP = f"https://t.example/t/{quote(chr(34) + TRACKING_ID + chr(34), safe='')}"


@pytest.mark.parametrize("message_class", ["sequence", "announcement", "reminder", "transactional"])
def test_every_mail_has_it_once_and_not_in_its_text(message_class: str) -> None:
    mail = renderer().render(step("Hello", subject="A subject"), "email", row(message_class=message_class))

    assert mail["html"].count(TRAP) == 1
    assert "/t/" not in mail["text"]


@pytest.mark.parametrize("channel", ["telegram", "sms"])
def test_no_other_channel_has_it(channel: str) -> None:
    message = renderer().render(step("Hello"), channel, row())

    assert "/t/" not in str(message)


async def test_in_a_browser_nobody_meets_it(chromium_path: Path) -> None:
    mail = renderer().render(step("Read [this](https://example.org)", subject="A subject"), "email", row())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        page = await browser.new_page()
        await page.set_content(mail["html"], wait_until="domcontentloaded")
        trap = page.locator(f'a[href="{TRAP}"]')
        box = await trap.bounding_box()
        heard = await page.get_by_role("link").evaluate_all("links => links.map(link => link.href)")
        reached = await trap.evaluate("link => link.tabIndex")
        await browser.close()

    assert box is None or box["height"] == 0
    assert heard
    assert TRAP not in heard
    assert reached == -1
