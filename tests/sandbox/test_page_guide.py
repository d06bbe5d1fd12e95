"""The hints of the page, which lead a newcomer through all of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

import sandbox
from tests.fixtures.process import RunTendril
from tests.fixtures.sandbox import Person
from tests.sandbox.page import DESKTOP, Bot, log, picture


class Guided:
    """Somebody who follows the hints, one after the other."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.hints = page.locator("#guide")

    async def reaches(self, step: str) -> None:
        await expect(self.hints.locator("[aria-current]")).to_contain_text(step)

    async def does(self, step: str) -> None:
        await self.reaches(step)
        await self.hints.locator(".hint button").click()

    async def becomes(self, name: str) -> None:
        await self.page.get_by_role("dialog").get_by_label("First name").fill(name)
        await self.page.get_by_role("dialog").get_by_role("button", name="Create user").click()

    async def taps(self, label: str) -> None:
        await log(self.page).get_by_role("button", name=label).last.click()

    async def writes(self, text: str = "") -> None:
        """Without a text, what the hint has prepared."""
        composer = self.page.get_by_label("Message to the bot")
        if text:
            await composer.fill(text)
        await composer.press("Enter")

    async def introduces_herself(self) -> None:
        await self.taps("Introduce myself")
        await self.taps("Ada")
        await self.page.locator(".keys").get_by_role("button", name="Share where I am").click()
        await self.page.get_by_role("button", name="Lagos").click()
        await self.taps("Morning")

    async def gives_an_address(self) -> None:
        await self.does("Give it an email address")
        await expect(self.page.get_by_label("Message to the bot")).to_have_value("ada@example.com")
        await self.writes()


@pytest.fixture
async def guided(browser: Browser, box_on_database: sandbox.Box) -> AsyncIterator[Guided]:
    async with await browser.new_context(viewport=DESKTOP, reduced_motion="reduce") as context:
        page = await context.new_page()
        await page.goto(box_on_database.url)
        yield Guided(page)


async def test_the_hints_lead_a_newcomer_through_all_of_it(
    guided: Guided, run_tendril: RunTendril, box_on_database: sandbox.Box
) -> None:
    async with run_tendril(admin_telegram_ids=frozenset({box_on_database.owner_id})) as tendril:
        await guided.does("Become somebody")
        await guided.becomes("Ada")
        await guided.does("Say /start")
        await guided.does("Introduce yourself")
        await guided.introduces_herself()
        await guided.gives_an_address()
        await guided.reaches("Confirm the address")
        mail = await tendril.control.mail("ada@example.com")
        await guided.writes(re.findall(r"\b\d{6}\b", mail["text"])[0])
        await guided.does("Commit to something")
        await guided.writes()
        await guided.does("Let a day pass")
        await guided.does("See how it goes")
        await guided.does("Block the bot")
        await guided.reaches("Let a week pass")
        await tendril.advance("1 week")
        await guided.does("Be the owner")
        await guided.becomes("Olga")
        await guided.does("Be the owner")
        await guided.does("Look around")
        await guided.does("Look at the figures")
        await expect(log(guided.page).get_by_role("button", name="365 days")).to_be_in_viewport()
        await guided.does("Write to everybody")

        (ada,) = [each for each in await tendril.control.get("/users") if not each["owner"]]
        command = f".venv/bin/python -m bot explain {ada['id']}"
        await expect(guided.hints.locator("code")).to_have_text(command)
        await picture(guided.page, "last-hint")


async def test_a_hint_is_not_ticked_before_it_was_done(page_of_ada: Page, bot: Bot, ada: Person) -> None:
    for text in ("/start", "ada@example.com", "123456"):
        await ada.writes(text)
    keys = [[{"text": "Where I am", "request_location": True}]]
    await bot.call("sendMessage", chat_id=ada.id, text="Where are you?", reply_markup={"keyboard": keys})

    step = page_of_ada.locator("#guide [aria-current]")
    await expect(step).to_contain_text("Introduce yourself")

    for text in ("Seven o'clock there.", "When?", "That is all."):
        markup = {"reply_markup": {"remove_keyboard": True}}
        await bot.call("sendMessage", chat_id=ada.id, text=text, **markup)
    await expect(step).to_contain_text("Commit to something")

    await ada.writes("/commit Walk")
    await bot.says(ada.id, "By when?", {"text": "Today", "callback_data": "c:day:0:1"})
    await expect(log(page_of_ada)).to_contain_text("By when?")
    await expect(step).to_contain_text("Commit to something")
