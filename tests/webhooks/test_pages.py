"""The pages: theirs alone, closed to scripts and strangers, and good to look at."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.webhooks.conftest import ADDRESS, OpenSidecar, Sent, Sidecar, Tables

PICTURES = Path(__file__).parents[2] / "artifacts"


@pytest.fixture
async def paths(sidecar: Sidecar, sent: Sent) -> dict[str, str]:
    return {
        "unsubscribe": sidecar.links.unsubscribe(sent.tracking_id),
        "confirm": sidecar.links.confirm_email(1, "123456"),
        "action": sidecar.links.action(sent.tracking_id, "lesson_complete", "I did it"),
        "health": f"{sidecar.url}/",
        "not-found": f"{sidecar.url}/c/altered",
    }


async def test_a_page_asks_nothing_of_other_hosts_and_runs_no_script(
    sidecar: Sidecar, paths: dict[str, str]
) -> None:
    for path in paths.values():
        answer = await sidecar.get(path, headers={"Accept": "text/html"})
        page = await answer.text()
        assert "<script" not in page
        assert not re.findall(r"(?:src|href|action)=[\"']?(?:https?:)?//", page)
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


async def test_names_from_outside_cannot_become_markup(open_sidecar: OpenSidecar, sent: Sent) -> None:
    sidecar = await open_sidecar(brand_name="<b>Tendril</b>")

    page = await (
        await sidecar.get(sidecar.links.action(sent.tracking_id, "lesson_complete", "<img src=x>"))
    ).text()

    assert "<b>Tendril" not in page
    assert "<img" not in page


@pytest.mark.parametrize("width", [360, 1024])
async def test_the_pages_stand_in_a_real_browser(browser: Browser, paths: dict[str, str], width: int) -> None:
    complaints: list[str] = []
    for scheme in ("light", "dark"):
        page = await browser.new_page(
            color_scheme=scheme,
            viewport={"width": width, "height": 780},
        )
        page.on("console", lambda message: complaints.append(message.text))
        for name, path in paths.items():
            await page.goto(path)
            PICTURES.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=PICTURES / f"page-{name}-{scheme}-{width}.png", full_page=True)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert (
                await page.evaluate("getComputedStyle(document.querySelector('main')).borderRadius") != "0px"
            )

    assert [text for text in complaints if "404" not in text] == []


async def test_a_person_leaves_with_two_presses(
    browser: Browser, sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    page = await browser.new_page()
    await page.goto(sidecar.links.unsubscribe(sent.tracking_id))

    await page.get_by_label("Stop everything").check()
    await page.get_by_role("button").click()

    assert await page.get_by_role("heading").inner_text() == "All quiet from here"
    (row,) = await tables.rows(
        "select stopped_at is not null as stopped from tendril.user_preferences join tendril.contact_points"
        " using (user_id) where address = $1",
        ADDRESS,
    )
    assert row["stopped"]


async def test_whom_we_do_not_know_is_answered_in_the_language_of_their_browser(
    sidecar: Sidecar, paths: dict[str, str]
) -> None:
    headers = {"Accept": "text/html", "Accept-Language": "de-CH,de;q=0.9,en;q=0.5"}
    pages = {
        name: await (await sidecar.get(paths[name], headers=headers)).text()
        for name in ("confirm", "action", "not-found")
    }

    assert "Ist das deine Adresse?" in pages["confirm"]
    assert "Ja, notieren" in pages["action"]
    assert "Dieser Weg führt nirgendwohin" in pages["not-found"]
    assert all('<html lang="de">' in page for page in pages.values())
