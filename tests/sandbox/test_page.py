"""The sandbox's page in a real browser: people, their chats, the clock and the failures."""

from __future__ import annotations

import base64
import re
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

import sandbox
from tests.fixtures.process import Tendril
from tests.fixtures.sandbox import Control, Person
from tests.sandbox.page import DESKTOP, Bot, log, picture

PHONE = ViewportSize(width=360, height=740)
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'>"


async def test_a_newcomer_becomes_somebody_and_starts_the_bot(page: Page, bot: Bot) -> None:
    await page.get_by_label("First name").fill("Amara")
    await page.get_by_label("Username").fill("amara_grows")
    await page.get_by_label("Language").select_option("sw")
    await page.get_by_role("button", name="Create user").click()
    await page.get_by_role("button", name="Start", exact=True).click()

    message = await bot.hears("message")
    assert message["text"] == "/start"
    assert (message["from"]["first_name"], message["from"]["username"]) == ("Amara", "amara_grows")
    assert message["from"]["language_code"] == "sw"
    await expect(log(page).locator(".mine")).to_contain_text("/start")


async def test_the_bots_message_is_shown_as_telegram_formats_it(
    page_of_ada: Page, bot: Bot, ada: Person
) -> None:
    await bot.says(
        ada.id, "<b>Welcome</b>, <i>Ada</i>: <tg-spoiler>a secret</tg-spoiler> &amp; <code>x &lt; y</code>"
    )

    bubble = log(page_of_ada).locator(".theirs")
    await expect(bubble.locator("b")).to_have_text("Welcome")
    await expect(bubble.locator(".spoiler")).to_have_text("a secret")
    await expect(bubble.locator("code")).to_have_text("x < y")


async def test_what_is_typed_reaches_the_bot(page_of_ada: Page, bot: Bot) -> None:
    composer = page_of_ada.get_by_label("Message to the bot")
    await composer.fill("I walked today")
    await composer.press("Enter")

    assert (await bot.hears("message"))["text"] == "I walked today"
    await expect(composer).to_have_value("")


async def test_commands_are_suggested_while_they_are_typed(bot: Bot, page_of_ada: Page) -> None:
    commands = [
        {"command": "help", "description": "What I can do"},
        {"command": "stop", "description": "Stop"},
    ]
    await bot.call("setMyCommands", commands=commands)
    await page_of_ada.reload()

    await page_of_ada.get_by_label("Message to the bot").press_sequentially("/he")
    await expect(page_of_ada.get_by_role("option", name="/help What I can do")).to_be_visible()
    await page_of_ada.keyboard.press("Enter")

    assert (await bot.hears("message"))["text"] == "/help"


async def test_the_menu_is_that_of_whoever_one_is(page_of_ada: Page, bot: Bot, ada: Person) -> None:
    chat = {"type": "chat", "chat_id": ada.id}
    await bot.call("setMyCommands", commands=[{"command": "admin", "description": "For Ada"}], scope=chat)

    await page_of_ada.get_by_role("button", name="Commands").click()

    await expect(page_of_ada.get_by_role("option", name="/admin For Ada")).to_be_visible()


async def test_a_location_is_shared_by_a_key_below_the_chat(page_of_ada: Page, bot: Bot, ada: Person) -> None:
    keys = [[{"text": "Where I am", "request_location": True}], [{"text": "Skip"}]]
    await bot.call("sendMessage", chat_id=ada.id, text="Where are you?", reply_markup={"keyboard": keys})

    await page_of_ada.get_by_role("button", name="Where I am").click()
    await picture(page_of_ada, "where_are_you")
    await page_of_ada.get_by_role("button", name="Lagos").click()

    assert (await bot.hears("message"))["location"] == {"latitude": 6.524, "longitude": 3.379}
    await expect(log(page_of_ada).get_by_text("6.524, 3.379")).to_be_visible()
    await bot.call("sendMessage", chat_id=ada.id, text="Thanks", reply_markup={"remove_keyboard": True})
    await expect(page_of_ada.get_by_role("button", name="Where I am")).to_be_hidden()


async def test_a_picture_is_seen_and_a_document_can_be_kept(page_of_ada: Page, bot: Bot, ada: Person) -> None:
    await bot.sends_file("sendPhoto", ada.id, "photo", "chart.png", PIXEL)
    await bot.sends_file("sendDocument", ada.id, "document", "data.json", b"{}")

    picture = log(page_of_ada).get_by_role("img", name="Photo")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("each => each.naturalWidth") == 1
    async with page_of_ada.expect_download() as download:
        await log(page_of_ada).get_by_role("link", name="data.json").click()
    assert (await download.value).suggested_filename == "data.json"


async def test_a_picture_is_sent_with_its_caption(page_of_ada: Page, bot: Bot) -> None:
    await page_of_ada.get_by_label("Message to the bot").fill("Look!")
    async with page_of_ada.expect_file_chooser() as chooser:
        await page_of_ada.get_by_role("button", name="Send a picture").click()
    await (await chooser.value).set_files({"name": "look.png", "mimeType": "image/png", "buffer": PIXEL})

    message = await bot.hears("message")
    assert (message["caption"], message["photo"][0]["width"]) == ("Look!", 1280)
    await expect(log(page_of_ada).get_by_role("img", name="Photo")).to_be_visible()


async def test_any_place_can_be_shared_at_any_time(page_of_ada: Page, bot: Bot) -> None:
    await page_of_ada.get_by_role("button", name="Share a location").click()
    await page_of_ada.get_by_label("latitude").fill("48.14")
    await page_of_ada.get_by_label("longitude").fill("11.58")
    await page_of_ada.get_by_role("button", name="Share", exact=True).click()

    assert (await bot.hears("message"))["location"] == {"latitude": 48.14, "longitude": 11.58}


async def test_a_tap_reaches_the_bot_and_its_answer_is_shown(
    page_of_ada: Page, bot: Bot, ada: Person
) -> None:
    await bot.says(ada.id, "Did you?", {"text": "I did it", "callback_data": "done"})
    await page_of_ada.get_by_role("button", name="I did it").click()

    query = await bot.hears("callback_query")
    assert query["data"] == "done"
    await bot.call("answerCallbackQuery", callback_query_id=query["id"], text="Well done!")
    await expect(page_of_ada.get_by_text("Well done!")).to_be_visible()


async def test_an_edited_message_changes_and_a_deleted_one_goes(
    page_of_ada: Page, bot: Bot, ada: Person
) -> None:
    first = await bot.says(ada.id, "One moment")
    second = await bot.says(ada.id, "Never mind")
    await expect(log(page_of_ada)).to_contain_text("Never mind")

    await bot.call("editMessageText", chat_id=ada.id, message_id=first["message_id"], text="Here it is")
    await bot.call("deleteMessage", chat_id=ada.id, message_id=second["message_id"])

    await expect(log(page_of_ada)).to_contain_text("Here it is")
    await expect(log(page_of_ada)).to_contain_text("edited")
    await expect(log(page_of_ada)).not_to_contain_text("Never mind")


async def test_a_url_button_opens_a_new_tab(
    page_of_ada: Page, bot: Bot, ada: Person, box: sandbox.Box
) -> None:
    await bot.says(ada.id, "Look", {"text": "The mark", "url": "https://example.com/look"})
    await page_of_ada.context.route("https://example.com/look", lambda route: route.fulfill(body="Here."))

    async with page_of_ada.context.expect_page() as opening:
        await page_of_ada.get_by_role("link", name="The mark").click()

    opened = await opening.value
    await expect(opened.get_by_text("Here.")).to_be_visible()
    assert await opened.evaluate("window.opener") is None


async def test_a_message_for_somebody_else_shows_on_their_picture(
    page_of_ada: Page, bot: Bot, control: Control
) -> None:
    kofi = await control.person("Kofi", started=True)
    await bot.says(kofi.id, "Only for Kofi")

    await page_of_ada.get_by_role("button", name="Kofi, 1 unread messages").click()
    await expect(log(page_of_ada)).to_contain_text("Only for Kofi")
    await expect(page_of_ada.get_by_role("button", name="Kofi, that is you now")).to_be_visible()


async def test_blocking_the_bot_tells_it_and_can_be_taken_back(page_of_ada: Page, bot: Bot) -> None:
    await page_of_ada.locator(".chat-head").get_by_role("button", name="Block the bot").click()
    assert (await bot.hears("my_chat_member"))["new_chat_member"]["status"] == "kicked"
    await expect(page_of_ada.get_by_label("Message to the bot")).to_have_count(0)

    await page_of_ada.locator(".chat-foot").get_by_role("button", name="Unblock the bot").click()
    assert (await bot.hears("my_chat_member"))["new_chat_member"]["status"] == "member"
    await expect(page_of_ada.get_by_label("Message to the bot")).to_be_visible()


async def test_the_clock_is_seen_running_until_a_day_has_passed(page_of_ada: Page, control: Control) -> None:
    await page_of_ada.get_by_role("button", name="+1 day").click()
    await expect(page_of_ada.get_by_role("button", name="+1 hour")).to_be_disabled()

    await expect(page_of_ada.get_by_text("1 day later: nothing was due.")).to_be_visible()
    await expect(page_of_ada.get_by_role("button", name="+1 hour")).to_be_enabled()
    await expect(page_of_ada.get_by_text("1 day ahead")).to_be_visible()
    assert 86_390 < (await control.get("/clock"))["offset_seconds"] < 86_410


async def test_a_time_lapse_can_be_stopped_on_the_way(page_of_ada: Page, control: Control) -> None:
    await page_of_ada.get_by_role("button", name="+1 week").click()
    await page_of_ada.get_by_role("button", name="Stop here").click()

    await expect(page_of_ada.get_by_role("button", name="+1 hour")).to_be_enabled()
    assert 0 < (await control.get("/clock"))["offset_seconds"] < 6 * 86_400


async def test_a_failure_is_switched_on_is_visible_and_is_switched_off(
    page_of_ada: Page, control: Control
) -> None:
    await page_of_ada.get_by_role("button", name="Failures").click()
    await page_of_ada.get_by_role("switch", name="Email: Server error").click()
    await page_of_ada.get_by_role("switch", name="Telegram: Slow").click()

    await expect(page_of_ada.locator(".trouble")).to_contain_text("Email: server error (3 left)")
    assert {fault["fault"] for fault in await control.get("/faults")} == {"server_error", "slow"}

    await page_of_ada.get_by_role("switch", name="Telegram: Slow").click()
    await expect(page_of_ada.locator(".trouble")).not_to_contain_text("Telegram")
    await page_of_ada.keyboard.press("Escape")
    await page_of_ada.locator(".trouble").get_by_text("All well again").click()
    await expect(page_of_ada.locator(".trouble")).to_be_hidden()
    assert await control.get("/faults") == []


async def test_hostile_texts_are_shown_and_do_nothing(page: Page, bot: Bot, control: Control) -> None:
    eve = await control.person(HOSTILE, started=True)
    await eve.writes(HOSTILE)
    await bot.call("sendMessage", chat_id=eve.id, text=HOSTILE)
    await bot.mails(
        "eve@example.com", HOSTILE, html=f"{HOSTILE}<a href='javascript:window.hacked=1'>Win</a><p>End</p>"
    )
    await page.reload()

    await expect(log(page).locator(".mine")).to_contain_text(HOSTILE)
    await expect(log(page).locator(".theirs")).to_contain_text(HOSTILE)
    await page.get_by_role("option", name="window.hacked").click()
    await expect(page.frame_locator("iframe").get_by_text("End")).to_be_visible()
    await expect(page.frame_locator("iframe").locator("script, [onerror], [href]")).to_have_count(0)
    assert "allow-scripts" not in (await page.locator("iframe").get_attribute("sandbox") or "")
    assert await page.locator("main script, main [onerror]").count() == 0
    assert await page.evaluate("window.hacked") is None


async def test_a_phone_shows_one_side_at_a_time(page_of_ada: Page, bot: Bot) -> None:
    await page_of_ada.set_viewport_size(PHONE)
    await bot.mails("ada@example.com", "A small start")
    tabs = page_of_ada.get_by_role("navigation", name="Views")
    await expect(page_of_ada.get_by_role("option", name="A small start")).to_be_hidden()
    await tabs.get_by_role("button", name="Mail").click()
    await page_of_ada.get_by_role("option", name="A small start").click()

    await expect(page_of_ada.frame_locator("iframe").get_by_role("heading")).to_be_visible()
    await expect(log(page_of_ada)).to_be_hidden()
    assert await page_of_ada.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await picture(page_of_ada, "sandbox-phone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_what_happened_before_is_there_after_a_reload(
    page_of_ada: Page, bot: Bot, ada: Person, scheme: Any
) -> None:
    await page_of_ada.emulate_media(color_scheme=scheme)
    await ada.writes("/start")
    await bot.says(
        ada.id,
        "<b>Welcome, Ada!</b> 🌱\n\nWhat would you like to grow?",
        {"text": "A habit", "callback_data": "h"},
    )
    await bot.mails("ada@example.com", "A small start")
    await page_of_ada.reload()

    await expect(log(page_of_ada)).to_contain_text("What would you like to grow?")
    await page_of_ada.get_by_role("option", name="A small start").click()
    await expect(page_of_ada.frame_locator("iframe").get_by_role("heading")).to_be_visible()
    await picture(page_of_ada, f"sandbox-{scheme}")


async def test_the_clock_says_when_the_next_message_comes(
    browser: Browser, tendril: Tendril, box_on_database: sandbox.Box
) -> None:
    await tendril.started("Ada")

    async with await browser.new_context(viewport=DESKTOP, reduced_motion="reduce") as context:
        page = await context.new_page()
        await page.goto(box_on_database.url)

        await expect(page.locator("#clock")).to_contain_text(re.compile(r"next message in \d+ hours"))
        await picture(page, "next-message")


async def test_the_first_to_be_made_can_be_the_owner(page: Page, bot: Bot, control: Control) -> None:
    await page.get_by_label("First name").fill("Olga")
    await page.get_by_label("the owner").check(force=True)
    await picture(page, "who-to-be")
    await page.get_by_role("button", name="Create user").click()

    await expect(page.get_by_role("button", name="Olga, the owner, that is you now")).to_contain_text("owner")
    assert [each["owner"] for each in await control.get("/users")] == [True]
    await page.get_by_role("button", name="New user").click()
    await expect(page.get_by_role("dialog").get_by_label("the owner")).to_have_count(0)


async def test_whoever_is_not_asked_to_be_the_owner_is_a_member(page: Page, control: Control) -> None:
    await page.get_by_label("First name").fill("Ada")
    await page.get_by_role("button", name="Create user").click()

    await expect(page.get_by_role("button", name="Ada, that is you now")).not_to_contain_text("owner")
    assert [each["owner"] for each in await control.get("/users")] == [False]


async def test_the_browser_asks_whether_its_page_is_still_the_page(box: sandbox.Box) -> None:
    async with aiohttp.ClientSession() as http, http.get(f"{box.url}/page/app.js") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
