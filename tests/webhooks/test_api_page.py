"""The page on which the API is tried, in a browser."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page

from storage.store import Store
from tests.webhooks.conftest import ADMIN_KEY, Sidecar
from tests.webhooks.test_dashboard import new_link

PICTURES = Path(__file__).parents[2] / "artifacts"


@pytest.fixture
async def page(browser: Browser, sidecar: Sidecar) -> Page:
    page = await browser.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    await page.goto(f"{sidecar.url}/docs")
    await page.get_by_text("endpoints. Choose one").wait_for()
    assert troubles == []
    return page


async def choose(page: Page, search: str, summary: str) -> None:
    await page.get_by_label("Search endpoints").fill(search)
    await page.get_by_role("link", name=summary).click()
    await page.get_by_role("heading", level=1, name=summary).wait_for()


async def test_somebody_is_made_on_the_page(page: Page) -> None:
    await page.get_by_label("Key", exact=True).fill(ADMIN_KEY)
    await choose(page, "admin/api/users", "Creates a user")
    await page.get_by_label("Body").fill('{"external_id": "ada"}')
    await page.get_by_role("button", name="Send").click()

    await page.get_by_text("201 Created").wait_for()
    assert '"created": true' in await page.locator("#answer pre").first.inner_text()


async def test_the_request_is_shown_as_curl_without_the_key(page: Page) -> None:
    await page.get_by_label("Key", exact=True).fill(ADMIN_KEY)
    await choose(page, "pause", "Holds what of an enrollment")
    await page.get_by_label("id *").fill("4711")

    command = await page.locator("#curl").inner_text()
    assert "/admin/api/enrollments/4711/pause'" in command
    assert "$ADMIN_API_KEY" in command
    assert ADMIN_KEY not in await page.content()


async def test_on_a_visit_no_key_is_needed(page: Page, sidecar: Sidecar, store: Store) -> None:
    user = await store.call("register_telegram_user", telegram_id=7, first_name="Olga")
    await store.call("set_roles", user_id=user["user_id"], roles=["admin"], actor="ADMIN_TELEGRAM_IDS")
    await page.goto(await new_link(store, sidecar, user["user_id"]))
    await page.get_by_role("button", name="Open the dashboard").click()
    await page.get_by_role("heading", name="Hello, Olga").wait_for()

    await page.goto(f"{sidecar.url}/docs#users_create")
    await page.get_by_label("Body").fill('{"external_id": "ada"}')
    await page.get_by_role("button", name="Send").click()

    await page.get_by_text("201 Created").wait_for()


async def test_without_a_key_the_answer_says_so(page: Page) -> None:
    await choose(page, "under way", "Lists the enrollments")
    await page.get_by_role("button", name="Send").click()

    await page.get_by_text("401 Unauthorized").wait_for()


async def test_the_key_is_kept_nowhere(page: Page) -> None:
    await page.get_by_label("Key", exact=True).fill(ADMIN_KEY)
    await page.reload()

    assert await page.get_by_label("Key", exact=True).input_value() == ""
    assert await page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0


async def test_every_endpoint_opens(page: Page) -> None:
    """Whatever its models look like, the form is made without a mistake."""
    names = await page.evaluate("[...operations.keys()]")
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))

    for name in names:
        await page.evaluate(f"location.hash = '{name}'")
        await page.locator(f'a[aria-current][href="#{name}"]').wait_for(state="attached")

    assert troubles == []


async def test_nothing_comes_from_elsewhere(page: Page, sidecar: Sidecar) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.reload()
    await page.get_by_text("endpoints. Choose one").wait_for()

    assert [url for url in asked if not url.startswith((sidecar.url, "data:"))] == []


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_phones_and_desks_in_light_and_dark(
    browser: Browser, sidecar: Sidecar, width: int, scheme: Literal["light", "dark"]
) -> None:
    page = await browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    await page.goto(f"{sidecar.url}/docs#nurture_trigger")
    await page.get_by_role("heading", level=1).wait_for()
    await page.get_by_label("Key", exact=True).fill(ADMIN_KEY)
    await page.get_by_role("button", name="Send").click()
    await page.get_by_text("404 Not Found").wait_for()

    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.evaluate("scrollTo(0, 0)")
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"api-{width}-{scheme}.png", full_page=True)
