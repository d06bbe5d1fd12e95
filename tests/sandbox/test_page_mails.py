"""The inbox of the page: mails are read, clicked and reported."""

from __future__ import annotations

import asyncio

from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect

from tests.fixtures.sandbox import Control
from tests.sandbox.page import LETTER, Bot


async def test_a_mail_arrives_is_read_and_reported_as_opened(page_of_ada: Page, bot: Bot) -> None:
    await bot.mails("ada@example.com", "A small start")
    row = page_of_ada.get_by_role("option", name="A small start")
    await expect(row).to_contain_text("Begin with two minutes.")
    await row.click()

    letter = page_of_ada.frame_locator("iframe")
    await expect(letter.get_by_role("heading")).to_have_text("The two-minute version")
    await expect(letter.get_by_role("heading")).to_have_css("color", "rgb(23, 120, 76)")
    await page_of_ada.get_by_role("button", name="Mark opened").click()
    await expect(row).to_contain_text("Opened")


async def test_a_long_address_does_not_push_the_list_over_the_mail(page_of_ada: Page, bot: Bot) -> None:
    await bot.mails(
        "somebody.with.a.long.name@mail.somewhere.example.com", "A subject that is longer than its row"
    )
    await page_of_ada.locator(".mail-row").first.click()

    side = await page_of_ada.locator(".list-side").bounding_box()
    row = await page_of_ada.locator(".mail-row").first.bounding_box()
    assert side is not None
    assert row is not None
    assert row["width"] <= side["width"]


async def test_a_link_of_a_mail_is_clicked_and_its_parts_can_be_read(
    page_of_ada: Page, bot: Bot, control: Control
) -> None:
    await bot.mails("ada@example.com", "A small start")
    await page_of_ada.get_by_role("option", name="A small start").click()

    await page_of_ada.get_by_text("Click a link").click()
    await page_of_ada.get_by_role("menuitem", name="Pick your first goal").click()
    await expect(page_of_ada.locator(".letterhead .state")).to_have_text("Clicked")
    assert (await control.mail("ada@example.com"))["last_event"] == "clicked"

    await page_of_ada.get_by_role("tab", name="Plain text").click()
    await expect(page_of_ada.get_by_role("tabpanel")).to_contain_text("Most plans fail")
    await page_of_ada.get_by_role("tab", name="Headers & tags").click()
    await expect(page_of_ada.get_by_role("tabpanel")).to_contain_text("hello@tendril.example")


async def test_a_tracking_pixel_is_fetched_only_when_pictures_are_asked_for(
    page_of_ada: Page, bot: Bot
) -> None:
    fetched = asyncio.Event()

    async def pixel(request: web.Request) -> web.Response:
        fetched.set()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_get("/pixel", pixel)
    async with TestServer(app) as server:
        letter = LETTER.replace("</h1>", f"</h1><img src='{server.make_url('/pixel')}'>")
        await bot.mails("ada@example.com", "A small start", html=letter)
        await page_of_ada.get_by_role("option", name="A small start").click()
        await expect(page_of_ada.frame_locator("iframe").get_by_role("heading")).to_be_visible()
        assert not fetched.is_set()

        await page_of_ada.get_by_role("button", name="Load pictures").click()
        await asyncio.wait_for(fetched.wait(), timeout=30)
