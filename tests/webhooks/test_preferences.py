"""The preference page: theirs by a signed link, changed by POST only, good to use without a script."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from storage.store import NotFound, Store
from tests.fixtures.database import Clock
from tests.webhooks.conftest import ADDRESS, Sent, Sidecar, Tables

PICTURES = Path(__file__).parents[2] / "var" / "screenshots"
DESKTOP = ViewportSize(width=1280, height=900)
PHONE = ViewportSize(width=360, height=740)


@pytest.fixture
async def own(sidecar: Sidecar, sent: Sent, clock: Clock) -> str:
    """A link as the conversation gives it."""
    return sidecar.links.own_preferences(sent.user_id, await clock.now() + timedelta(hours=1))


async def preferences(store: Store, user_id: str) -> Any:
    return await store.call("get_preferences", user_id=user_id)


async def test_looking_at_the_page_changes_nothing(sidecar: Sidecar, sent: Sent, tables: Tables) -> None:
    before = await tables.everything()

    for link in (
        sidecar.links.preferences(sent.tracking_id),
        *(sidecar.links.wishes(sent.tracking_id) + f"?wish={wish}" for wish in ("", "less", "not", "so")),
    ):
        for method in ("GET", "HEAD"):
            assert (await sidecar.http.request(method, link)).status == 200

    assert await tables.everything() == before


async def test_what_is_posted_is_saved_and_told_at_its_place(
    sidecar: Sidecar, sent: Sent, store: Store
) -> None:
    form = {"frequency": "few", "preferred_time": "evening", "consent": "shown", "email.sequences": "yes"}

    answer = await sidecar.post(sidecar.links.preferences(sent.tracking_id), data=form)

    page, chosen = await answer.text(), await preferences(store, sent.user_id)
    assert (answer.status, page.count(">Saved<")) == (200, 3)
    assert (chosen["frequency"], chosen["preferred_time"]) == ("few", "evening")
    assert chosen["contact_points"][0]["wants"] == {
        "sequences": True,
        "announcements": False,
        "reminders": False,
    }


async def test_saving_what_is_there_already_changes_nothing(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    before = await tables.everything()

    answer = await sidecar.post(
        sidecar.links.preferences(sent.tracking_id), data={"preferred_time": "morning", "pause": "none"}
    )

    assert "Nothing was changed" in await answer.text()
    assert await tables.everything() == before


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"pause": "day", "paused_until": "2020-01-01"}, "still to come"),
        ({"pause": "day", "paused_until": ""}, "still to come"),
        ({"pause": "day", "paused_until": "infinity"}, "still to come"),
        ({"quiet_from": "25:99"}, "such as 22:00"),
        ({"timezone": "Europe/Atlantis"}, "cannot be chosen"),
        ({"frequency": "hourly"}, "cannot be chosen"),
        ({"locale": "<script>"}, "cannot be chosen"),
    ],
)
async def test_what_cannot_be_is_said_at_its_field_and_nothing_is_saved(
    sidecar: Sidecar, sent: Sent, tables: Tables, form: dict[str, str], said: str
) -> None:
    before = await tables.everything()

    answer = await sidecar.post(
        sidecar.links.preferences(sent.tracking_id), data={"preferred_time": "evening", **form}
    )

    page = await answer.text()
    assert (answer.status, page.count('role="alert"')) == (422, 2)
    assert said in page
    assert "<script" not in page
    assert await tables.everything() == before


async def test_everything_is_stopped_and_comes_back(sidecar: Sidecar, sent: Sent, store: Store) -> None:
    link = sidecar.links.preferences(sent.tracking_id)

    page = await (await sidecar.post(link, data={"act": "stop"})).text()
    stopped = (await preferences(store, sent.user_id))["stopped_at"]
    await sidecar.post(link, data={"act": "start"})

    assert stopped is not None
    assert "Come back" in page
    assert (await preferences(store, sent.user_id))["stopped_at"] is None


async def test_a_declined_sequence_is_accepted_again(sidecar: Sidecar, sent: Sent, store: Store) -> None:
    await store.call("decline_sequence", user_id=sent.user_id, sequence="letters")
    ((declined),) = (await preferences(store, sent.user_id))["declined"]

    await sidecar.post(sidecar.links.preferences(sent.tracking_id), data={"act": f"accept:{declined['id']}"})

    assert (await preferences(store, sent.user_id))["declined"] == []


async def test_the_page_speaks_the_language_of_its_user(sidecar: Sidecar, sent: Sent, store: Store) -> None:
    await store.call("set_preferences", user_id=sent.user_id, changes={"locale": "de-AT"})
    pages = [
        await (await sidecar.get(link)).text()
        for link in (
            sidecar.links.preferences(sent.tracking_id),
            sidecar.links.wishes(sent.tracking_id) + "?wish=less",
            sidecar.links.unsubscribe(sent.tracking_id),
        )
    ]

    assert all('<html lang="de">' in page for page in pages)
    assert ["Speichern" in pages[0], "Ja, bitte" in pages[1], "Alles beenden" in pages[2]] == [True] * 3


# Who may do what by which link


async def test_a_link_from_a_mail_shows_no_whole_address(sidecar: Sidecar, sent: Sent, own: str) -> None:
    forwarded = await (await sidecar.get(sidecar.links.preferences(sent.tracking_id))).text()

    assert ADDRESS not in forwarded
    assert "m•••@example.org" in forwarded
    assert ADDRESS in await (await sidecar.get(own)).text()


@pytest.mark.parametrize("wanted", ["export", "delete", "delete_now"])
async def test_a_link_from_a_mail_neither_gives_out_nor_deletes(
    sidecar: Sidecar, sent: Sent, store: Store, wanted: str
) -> None:
    await publish_privacy_link(store)
    link = sidecar.links.preferences(sent.tracking_id)

    answers = await asyncio.gather(*(sidecar.post(link, data={"act": wanted}) for _ in range(3)))

    assert {answer.content_type for answer in answers} == {"text/html"}
    assert "a link to you alone" in await answers[0].text()
    story = await store.call("explain_user", reference="mira")
    assert [each["sequence"] for each in story["enrollments"]].count("privacy_link") == 1


async def test_a_link_from_the_conversation_gives_the_data_as_a_file(sidecar: Sidecar, own: str) -> None:
    answer = await sidecar.post(own, data={"act": "export"})

    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert (await answer.json())["contact_points"][0]["address"] == ADDRESS


async def test_a_link_from_the_conversation_deletes_after_asking(
    sidecar: Sidecar, sent: Sent, own: str, store: Store
) -> None:
    asked = await (await sidecar.post(own, data={"act": "delete"})).text()
    assert (await preferences(store, sent.user_id))["contact_points"]

    deleted = await (await sidecar.post(own, data={"act": "delete_now"})).text()

    assert ["Shall we forget you" in asked, "We have forgotten you" in deleted] == [True, True]
    with pytest.raises(NotFound):
        await preferences(store, sent.user_id)
    assert (await sidecar.get(own)).status == 404


async def test_a_link_from_the_conversation_runs_out_after_an_hour(
    sidecar: Sidecar, own: str, clock: Clock, tables: Tables
) -> None:
    await clock.advance("61 minutes")
    before = await tables.everything()

    answer = await sidecar.post(own, data={"act": "delete_now"})

    assert "run out" in await answer.text()
    assert await tables.everything() == before


@pytest.mark.parametrize("purpose", ["open", "unsubscribe", "wish"])
async def test_a_link_of_another_purpose_opens_nothing(sidecar: Sidecar, sent: Sent, purpose: Any) -> None:
    token = sidecar.signer.sign(purpose, [sent.user_id, "2999-01-01T00:00:00+00:00"])

    assert (await sidecar.post(f"/p/{token}", data={"act": "stop"})).status == 404


async def test_a_large_form_is_refused(sidecar: Sidecar, sent: Sent) -> None:
    answer = await sidecar.post(sidecar.links.preferences(sent.tracking_id), data={"x": "x" * 20_000})

    assert answer.status == 413


# Less, not this, stop


@pytest.mark.parametrize(
    ("wish", "heading"),
    [("less", "Less it is"), ("not", "“Letters” will not come"), ("stop", "All quiet from here")],
)
async def test_a_wish_is_done_by_one_press_and_taken_back_by_another(
    sidecar: Sidecar, sent: Sent, tables: Tables, wish: str, heading: str
) -> None:
    link = sidecar.links.wishes(sent.tracking_id) + f"?wish={wish}"
    before = (await tables.everything())["user_preferences"]

    granted = await (await sidecar.post(link, data={"wish": wish})).text()
    repeated = await (await sidecar.post(link, data={"wish": wish})).text()
    undone = await (await sidecar.post(link, data={"wish": wish, "undo": "yes"})).text()

    assert heading in granted
    assert "That was done before" in repeated
    assert "All as before" in undone
    assert (await tables.everything())["user_preferences"] == before


async def test_a_wish_that_there_is_not_changes_nothing(sidecar: Sidecar, sent: Sent, tables: Tables) -> None:
    before = await tables.everything()

    answer = await sidecar.post(sidecar.links.wishes(sent.tracking_id), data={"wish": "more"})

    assert answer.status == 422
    assert await tables.everything() == before


# In a real browser


async def opened(browser: Browser, link: str, **options: Any) -> Page:
    page = await browser.new_page(**{"viewport": DESKTOP, "java_script_enabled": False, **options})
    await page.goto(link)
    return page


async def test_a_person_chooses_and_saves_without_scripts(
    browser: Browser, own: str, sent: Sent, store: Store
) -> None:
    page = await opened(browser, own)

    await page.get_by_label("News, Email").uncheck()
    await page.get_by_label("At most 3 a week").check()
    await page.get_by_label("Until I come back here").check()
    await page.get_by_label("Where are you?").select_option("Europe/Madrid")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_role("status")).to_contain_text("Saved")
    chosen = await preferences(store, sent.user_id)
    assert (chosen["frequency"], chosen["timezone"]) == ("few", "Europe/Madrid")
    assert chosen["paused_until"].startswith("9999")
    assert chosen["contact_points"][0]["wants"]["announcements"] is False


async def test_choosing_another_language_answers_in_it(browser: Browser, own: str) -> None:
    page = await opened(browser, own)

    await page.get_by_label("Which language shall we speak?").select_option("de")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_role("status")).to_contain_text("Gespeichert")


async def test_a_person_downloads_their_data_and_leaves_for_good(
    browser: Browser, own: str, store: Store
) -> None:
    page = await opened(browser, own)
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Get my data").click()
    assert (await download.value).suggested_filename == "my-data.json"

    await page.get_by_role("button", name="Delete me").click()
    await page.get_by_role("button", name="Yes, delete everything").click()

    await expect(page.get_by_role("heading")).to_have_text("We have forgotten you")


@pytest.mark.parametrize("size", [DESKTOP, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_fits_its_window_in_the_light_and_in_the_dark(
    browser: Browser, sidecar: Sidecar, own: str, sent: Sent, store: Store, scheme: Any, size: ViewportSize
) -> None:
    await store.call("register_telegram_user", telegram_id=5, first_name="Mira")
    await store.call("open_contact_point", user_id=sent.user_id, channel="telegram", address="6")
    await store.call("decline_sequence", user_id=sent.user_id, sequence="letters")
    PICTURES.mkdir(parents=True, exist_ok=True)
    links = {"preferences": own, "wish": sidecar.links.wishes(sent.tracking_id) + "?wish=less"}
    for name, link in links.items():
        page = await opened(browser, link, viewport=size, color_scheme=scheme, java_script_enabled=True)
        path = PICTURES / f"{name}-{scheme}-{size['width']}.png"
        await page.screenshot(path=path, full_page=True, animations="disabled")
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def publish_privacy_link(store: Store) -> None:
    definition = {
        "name": "privacy_link",
        "title": "Your data",
        "message_class": "transactional",
        "steps": [
            {
                "position": 1,
                "name": "link",
                "after": "0 seconds",
                "anchor": "enrollment",
                "channels": ["telegram", "email"],
                "fallback": "on_failure",
                "content": {"default": {"subject": "Your data", "body": "Here"}},
            }
        ],
    }
    await store.call("publish_sequence", definition=definition)
