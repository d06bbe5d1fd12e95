"""The dashboard: opened by a link from the bot, once, and by nothing else."""

import re
import secrets
from hashlib import sha256
from pathlib import Path

import asyncpg
import pytest
from playwright.async_api import Browser

from storage.store import Store
from tests.fixtures.database import Clock
from tests.webhooks.conftest import OpenSidecar, Sent, Sidecar

PICTURES = Path(__file__).parents[2] / "artifacts"
PAGE = {"Accept": "text/html"}


@pytest.fixture
async def admin(store: Store) -> str:
    user = await store.call("register_telegram_user", telegram_id=1, first_name="Olga <b>")
    await store.call("set_roles", user_id=user["user_id"], roles=["viewer"], actor="ADMIN_TELEGRAM_IDS")
    return str(user["user_id"])


@pytest.fixture
async def link(store: Store, sidecar: Sidecar, admin: str) -> str:
    return await new_link(store, sidecar, admin)


async def new_link(store: Store, sidecar: Sidecar, admin: str) -> str:
    """As the bot makes it."""
    token = secrets.token_urlsafe(32)
    token_hash = sha256(token.encode()).hexdigest()
    await store.call("create_dashboard_link", user_id=admin, token_hash=token_hash)
    return sidecar.links.dashboard(token)


async def enter(sidecar: Sidecar, link: str) -> str:
    """The cookie's whole line."""
    answer = await sidecar.post(link)
    assert (answer.status, answer.headers["Location"]) == (303, "../admin")
    sidecar.http.cookie_jar.clear()
    return answer.headers["Set-Cookie"]


async def look(sidecar: Sidecar, cookie: str | None) -> tuple[int, str]:
    headers = PAGE | ({"Cookie": cookie.split(";")[0]} if cookie else {})
    answer = await sidecar.get("/admin", headers=headers)
    return answer.status, await answer.text()


async def test_a_link_opens_the_dashboard(sidecar: Sidecar, link: str, sent: Sent) -> None:
    status, page = await look(sidecar, await enter(sidecar, link))

    assert status == 200
    assert "Olga &lt;b&gt;" in page
    assert "Letters" in page


async def test_the_dashboard_says_how_far_it_is_while_figures_are_counted_anew(
    sidecar: Sidecar, store: Store, link: str, sent: Sent
) -> None:
    cookie = await enter(sidecar, link)
    await store.call("begin_analytics_rebuild")
    await store.call("carry_analytics_rebuild")
    _, under_way = await look(sidecar, cookie)
    while await store.call("carry_analytics_rebuild"):
        pass
    _, over = await look(sidecar, cookie)

    assert "counted anew: 0 of 1 messages" in under_way
    assert "counted anew" not in over


async def test_looking_at_a_link_does_not_use_it_up(sidecar: Sidecar, link: str) -> None:
    for method in (sidecar.get, sidecar.head, sidecar.get):
        assert (await method(link, headers=PAGE)).status == 200

    assert await enter(sidecar, link)


async def test_a_link_opens_once(sidecar: Sidecar, link: str) -> None:
    await enter(sidecar, link)

    again = await sidecar.post(link)

    assert again.status == 410
    assert "used already" in await again.text()
    assert "Set-Cookie" not in again.headers


async def test_a_link_opens_for_ten_minutes(sidecar: Sidecar, link: str, clock: Clock) -> None:
    await clock.advance("10 minutes")

    late = await sidecar.post(link)

    assert late.status == 410
    assert "has run out" in await late.text()


@pytest.mark.parametrize("path", ["/admin/altered", "/admin/a.b"])
async def test_a_link_that_we_did_not_make_opens_nothing(sidecar: Sidecar, path: str) -> None:
    assert (await sidecar.get(path, headers=PAGE)).status == 404
    assert (await sidecar.post(path, headers=PAGE)).status == 404


async def test_a_link_signed_for_something_else_opens_nothing(sidecar: Sidecar, sent: Sent) -> None:
    token = sidecar.links.unsubscribe(sent.tracking_id).rsplit("/", 1)[-1]

    assert (await sidecar.post(f"/admin/{token}", headers=PAGE)).status == 404


async def test_the_cookie_is_for_this_site_and_no_script(sidecar: Sidecar, link: str) -> None:
    cookie = await enter(sidecar, link)

    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


async def test_over_https_the_cookie_travels_over_nothing_else(
    open_sidecar: OpenSidecar, store: Store, admin: str
) -> None:
    sidecar = await open_sidecar(is_https=True)

    assert "Secure" in await enter(sidecar, await new_link(store, sidecar, admin))


@pytest.mark.parametrize("cookie", [None, "tendril_visit=", "tendril_visit=forged.cookie", "other=1"])
async def test_without_a_visit_the_dashboard_says_where_the_door_is(
    sidecar: Sidecar, cookie: str | None
) -> None:
    status, page = await look(sidecar, cookie)

    assert status == 401
    assert "/dashboard" in page


async def test_a_visit_ends_after_twelve_hours(sidecar: Sidecar, link: str, clock: Clock) -> None:
    cookie = await enter(sidecar, link)
    await clock.advance("12 hours")

    assert (await look(sidecar, cookie))[0] == 401


async def test_who_leaves_has_left_although_the_cookie_is_kept(sidecar: Sidecar, link: str) -> None:
    cookie = await enter(sidecar, link)

    left = await sidecar.post("/admin/leave", headers={"Cookie": cookie.split(";")[0]})

    assert left.status == 303
    assert 'tendril_visit=""' in left.headers["Set-Cookie"]
    assert (await look(sidecar, cookie))[0] == 401


async def test_who_loses_the_role_has_left(sidecar: Sidecar, store: Store, admin: str, link: str) -> None:
    cookie = await enter(sidecar, link)
    await store.call("set_roles", user_id=admin, roles=[], actor="ADMIN_TELEGRAM_IDS")

    assert (await look(sidecar, cookie))[0] == 401


async def test_the_database_knows_neither_link_nor_cookie(
    sidecar: Sidecar, link: str, connection: asyncpg.Connection
) -> None:
    cookie = await enter(sidecar, link)

    (row,) = await connection.fetch("select * from tendril.dashboard_links")
    kept = {bytes(value).hex() for value in row.values() if isinstance(value, bytes)}
    token = str(sidecar.signer.read("dashboard", link.rsplit("/", 1)[-1]))
    visit = str(sidecar.signer.read("visit", cookie.split(";")[0].partition("=")[2]))
    assert kept == {sha256(token.encode()).hexdigest(), sha256(visit.encode()).hexdigest()}


async def test_an_entrance_is_in_the_audit_log(
    sidecar: Sidecar, link: str, connection: asyncpg.Connection
) -> None:
    await enter(sidecar, link)

    (line,) = await connection.fetch("select * from tendril.audit_log where action = 'dashboard.opened'")
    assert line["actor"] == "telegram:1"


async def test_what_went_wrong_is_told_with_its_reason(
    sidecar: Sidecar, link: str, sent: Sent, connection: asyncpg.Connection
) -> None:
    await connection.execute(
        "update tendril.message_deliveries set delivery_status = 'bounced', failure_reason = 'mailbox_full'"
        " where id = $1",
        sent.id,
    )

    _, page = await look(sidecar, await enter(sidecar, link))

    assert "the mailbox was full" in page


async def test_what_admins_did_is_told_by_their_names(sidecar: Sidecar, link: str) -> None:
    _, page = await look(sidecar, await enter(sidecar, link))

    assert "dashboard opened" in page
    assert "<b>Olga &lt;b&gt;</b>" in page


@pytest.mark.parametrize(("scheme", "width"), [("light", 1024), ("dark", 360)])
async def test_an_admin_comes_in_looks_and_leaves(
    browser: Browser,
    sidecar: Sidecar,
    link: str,
    sent: Sent,
    connection: asyncpg.Connection,
    scheme: str,
    width: int,
) -> None:
    await connection.execute(
        "update tendril.message_deliveries set delivery_status = 'failed', failure_reason = 'mailbox_full'"
    )
    page = await browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 780})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    PICTURES.mkdir(parents=True, exist_ok=True)

    await page.goto(link)
    await page.screenshot(path=PICTURES / f"page-door-{scheme}-{width}.png", full_page=True)
    await page.get_by_role("button", name="Open the dashboard").click()
    await page.get_by_role("heading", name="Hello, Olga").wait_for()
    await page.screenshot(path=PICTURES / f"page-dashboard-{scheme}-{width}.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.get_by_role("link", name="how we are").click()
    assert page.url == f"{sidecar.url}/"
    await page.goto(f"{sidecar.url}/admin")
    await page.get_by_role("button", name="Leave").click()

    await page.get_by_role("heading", name="The dashboard is closed").wait_for()
    assert not [text for text in complaints if not re.search("401|404", text)]
