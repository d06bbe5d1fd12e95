"""The pixel and the redirect: people are never held up, and never led elsewhere."""

import random
import uuid
from urllib.parse import quote

import pytest

from channels.signing import Signer
from tests.webhooks.conftest import OpenSidecar, Sent, Sidecar, Tables

TARGET = "https://example.org/lesson?utm_source=tendril&x=1#part"
APPLE = "Mozilla/5.0"
SCANNER = "Mozilla/5.0 (compatible; ProofPoint URL Defense; +https://www.proofpoint.com)"
GMAIL_PROXY = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


async def test_loading_the_pixel_opens_the_mail(sidecar: Sidecar, sent: Sent, tables: Tables) -> None:
    answer = await sidecar.get(sidecar.links.open(sent.tracking_id))

    pixel = await answer.read()
    assert (answer.status, answer.content_type, len(pixel), pixel[:6]) == (200, "image/gif", 43, b"GIF89a")
    assert "no-store" in answer.headers["Cache-Control"]
    assert await tables.status(sent) == "opened"


async def test_a_click_leads_to_the_target_and_is_recorded(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    answer = await sidecar.get(sidecar.links.click(sent.tracking_id, TARGET))

    assert (answer.status, answer.headers["Location"]) == (302, TARGET)
    assert "no-store" in answer.headers["Cache-Control"]
    assert await tables.status(sent) == "clicked"


async def test_a_click_is_something_the_user_did(sidecar: Sidecar, sent: Sent, tables: Tables) -> None:
    await sidecar.get(sidecar.links.click(sent.tracking_id, TARGET))

    (event,) = await tables.rows(
        "select user_id::text, metadata ->> 'url' as url from tendril.behavior_events"
        " where type = 'message_clicked'"
    )
    assert event == {"user_id": sent.user_id, "url": TARGET}


@pytest.mark.parametrize("agent", [APPLE, SCANNER, "", "TelegramBot (like TwitterBot)"])
async def test_what_a_machine_opens_or_clicks_is_no_sign_of_a_person(
    sidecar: Sidecar, sent: Sent, tables: Tables, agent: str
) -> None:
    pixel = await sidecar.get(sidecar.links.open(sent.tracking_id), headers={"User-Agent": agent})
    redirect = await sidecar.get(sidecar.links.click(sent.tracking_id, TARGET), headers={"User-Agent": agent})

    assert (pixel.status, redirect.status) == (200, 302)
    machines = await tables.rows("select actor from tendril.delivery_events where source = 'link'")
    assert [row["actor"] for row in machines] == ["machine", "machine"]
    assert await tables.status(sent) not in ("opened", "clicked")


async def test_gmail_shows_the_picture_through_its_proxy_when_a_person_looks(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    await sidecar.get(sidecar.links.open(sent.tracking_id), headers={"User-Agent": GMAIL_PROXY})

    assert await tables.status(sent) == "opened"


async def test_head_answers_and_is_a_machines(sidecar: Sidecar, sent: Sent, tables: Tables) -> None:
    pixel = await sidecar.head(sidecar.links.open(sent.tracking_id))
    redirect = await sidecar.head(sidecar.links.click(sent.tracking_id, TARGET))

    assert (pixel.status, redirect.status, redirect.headers["Location"]) == (200, 302, TARGET)
    told = await tables.rows(
        "select type, actor, details ->> 'method' as method from tendril.delivery_events"
        " where source = 'link' order by id"
    )
    assert [tuple(row.values()) for row in told] == [
        ("opened", "machine", "HEAD"),
        ("clicked", "machine", "HEAD"),
    ]
    assert await tables.status(sent) == "delivered"


async def test_a_browser_that_follows_the_link_that_nobody_sees_stays_where_it_is(
    sidecar: Sidecar, sent: Sent
) -> None:
    answer = await sidecar.get(sidecar.links.trap(sent.tracking_id))

    assert (answer.status, await answer.read()) == (204, b"")


async def test_what_follows_the_link_that_nobody_sees_has_clicked_nothing_else(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    await sidecar.get(sidecar.links.click(sent.tracking_id, TARGET))
    before = await tables.status(sent)
    await sidecar.get(sidecar.links.trap(sent.tracking_id))
    await sidecar.get(sidecar.links.click(sent.tracking_id, TARGET + "/2"))

    assert (before, await tables.status(sent)) == ("clicked", "delivered")
    assert await tables.rows("select from tendril.behavior_events where type = 'message_clicked'") == []


@pytest.mark.parametrize("way", ["channel", "everything"])
async def test_who_unsubscribes_is_believed_whatever_else_was_followed(
    sidecar: Sidecar, sent: Sent, tables: Tables, way: str
) -> None:
    await sidecar.get(sidecar.links.trap(sent.tracking_id))

    answer = await sidecar.post(
        sidecar.links.unsubscribe(sent.tracking_id), data={"scope": way}, headers={"User-Agent": SCANNER}
    )

    assert answer.status == 200
    assert await tables.rows("select from tendril.behavior_events where type = 'unsubscribed'")


async def test_of_where_a_click_came_from_only_the_large_network_is_kept(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    headers = {"X-Forwarded-For": "10.1.2.3, 198.51.100.77", "Accept-Language": "de"}
    await sidecar.get(sidecar.links.click(sent.tracking_id, TARGET), headers=headers)

    (kept,) = await tables.rows("select details::text from tendril.delivery_events where type = 'clicked'")
    assert '"network": "198.51.0.0/16"' in kept["details"]
    assert '"accept-language": "de"' in kept["details"]
    assert "100.77" not in kept["details"]


@pytest.mark.parametrize("token", ["x", "a.b", "%00", "é", "x" * 4000])
async def test_a_pixel_with_a_bad_token_is_still_a_pixel_and_writes_nothing(
    sidecar: Sidecar, sent: Sent, tables: Tables, token: str
) -> None:
    before = await tables.everything()

    answer = await sidecar.get(f"/o/{quote(token, safe='%')}")

    assert (answer.status, len(await answer.read())) == (200, 43)
    assert await tables.everything() == before


async def test_a_link_of_a_delivery_that_is_gone_still_leads_on(sidecar: Sidecar) -> None:
    answer = await sidecar.get(sidecar.links.click(str(uuid.uuid4()), TARGET))

    assert answer.headers["Location"] == TARGET


async def test_while_the_database_is_away_people_are_let_through_and_the_click_waits(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    sidecar.road.is_closed = True
    redirect = await sidecar.get(sidecar.links.click(sent.tracking_id, TARGET))
    pixel = await sidecar.get(sidecar.links.open(sent.tracking_id))
    status_meanwhile = await tables.status(sent)

    sidecar.road.is_closed = False
    await sidecar.from_resend({"type": "contact.updated"})  # answered after what waited before it

    assert (redirect.status, pixel.status, status_meanwhile) == (302, 200, "sent")
    assert await tables.status(sent) == "clicked"


def _attacks() -> list[str]:
    """A hundred links that somebody made of a good one, or of nothing."""
    signer, rng = Signer("a-link-secret"), random.Random(6)
    tracking_id = "7d8c6f3e-1111-4222-8333-444455556666"
    good = signer.sign("click", [tracking_id, "https://example.org/"])
    evil = [tracking_id, "https://evil.example/"]
    payload, signature = good.split(".")
    other_payload = Signer("another-secret").sign("click", evil).split(".")[0]
    attacks = [
        Signer("another-secret").sign("click", evil),
        f"{other_payload}.{signature}",
        f"{payload}.",
        f".{signature}",
        payload,
        signature,
        f"{signature}.{payload}",
        good + "=",
        good + "A",
        good[:-1],
        good[1:],
        good.upper(),
        good.lower(),
        good + "." + signature,
        good.replace(".", ".."),
        "https:%2f%2fevil.example",
        "%2f%2fevil.example",
        "//evil.example",
        "..%2f..%2fevil",
        "%5c%5cevil.example",
        "%0d%0aLocation:%20https:%2f%2fevil.example",
        "%00",
        "?url=https://evil.example",
        "javascript:alert(1)",
        "data:text%2fhtml,evil",
    ]
    attacks += [
        signer.sign(purpose, [tracking_id, "https://evil.example/"])
        for purpose in ("open", "unsubscribe", "confirm_email", "action")
    ]
    attacks += [
        signer.sign("click", [tracking_id, url])
        for url in ("javascript:alert(1)", "data:text/html,x", "//evil.example", "", "file:///etc/passwd")
    ]
    while len(attacks) < 100:
        place = rng.randrange(len(good))
        other = rng.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        if other != good[place]:
            attacks.append(good[:place] + other + good[place + 1 :])
    return attacks


async def test_a_hundred_attacks_on_the_redirect_lead_nowhere_and_write_nothing(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    before = await tables.everything()
    attacks = _attacks()

    answers = [await sidecar.get(f"/c/{attack}") for attack in attacks]

    assert len(attacks) >= 100
    assert {answer.status for answer in answers} == {404}
    assert not any("Location" in answer.headers for answer in answers)
    assert await tables.everything() == before


async def test_an_altered_link_shows_a_page(sidecar: Sidecar) -> None:
    answer = await sidecar.get("/c/altered.token")

    assert (answer.status, answer.content_type) == (404, "text/html")
    assert "This path leads nowhere" in await answer.text()


async def test_clicks_beyond_the_queue_are_counted_as_lost_and_still_lead_on(
    open_sidecar: OpenSidecar, sent: Sent
) -> None:
    sidecar = await open_sidecar(event_capacity=1)
    sidecar.road.is_closed = True

    answers = [await sidecar.get(sidecar.links.click(sent.tracking_id, TARGET)) for _ in range(3)]

    assert {answer.status for answer in answers} == {302}
    assert sidecar.counted("tendril_tracked_links_lost_total") == 2
