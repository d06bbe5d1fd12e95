"""A button in a mail by which a user says that something is done."""

import uuid

from tests.webhooks.conftest import Sent, Sidecar, Tables

TAPS = "select user_id::text, source from tendril.behavior_events where type = 'lesson_complete'"


async def test_the_page_asks_before_anything_is_noted(sidecar: Sidecar, sent: Sent, tables: Tables) -> None:
    answer = await sidecar.get(sidecar.links.action(sent.tracking_id, "lesson_complete", "I did it"))

    assert "I did it" in await answer.text()
    assert await tables.rows(TAPS) == []


async def test_the_page_shows_the_words_of_the_button_when_the_link_has_them(
    sidecar: Sidecar, sent: Sent
) -> None:
    token = sidecar.signer.sign("action", [sent.tracking_id, "goal_open", "Not yet"])

    assert "“Not yet”" in await (await sidecar.get(f"/a/{token}")).text()


async def test_pressing_the_button_is_noted_once(sidecar: Sidecar, sent: Sent, tables: Tables) -> None:
    link = sidecar.links.action(sent.tracking_id, "lesson_complete", "I did it")

    answers = [await sidecar.post(link) for _ in range(3)]

    assert {answer.status for answer in answers} == {200}
    assert await tables.rows(TAPS) == [{"user_id": sent.user_id, "source": "email"}]


async def test_pressing_the_button_is_a_click_on_the_mail(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    await sidecar.post(sidecar.links.action(sent.tracking_id, "lesson_complete", "I did it"))

    assert await tables.status(sent) == "clicked"


async def test_a_button_of_a_message_that_is_gone_is_a_friendly_404(sidecar: Sidecar) -> None:
    answer = await sidecar.post(sidecar.links.action(str(uuid.uuid4()), "lesson_complete", "I did it"))

    assert (answer.status, answer.content_type) == (404, "text/html")


async def test_while_the_database_is_away_the_button_can_be_pressed_again(
    sidecar: Sidecar, sent: Sent, tables: Tables
) -> None:
    link = sidecar.links.action(sent.tracking_id, "lesson_complete", "I did it")
    sidecar.road.is_closed = True
    first = await sidecar.post(link)
    sidecar.road.is_closed = False
    second = await sidecar.post(link)

    assert (first.status, second.status) == (503, 200)
    assert len(await tables.rows(TAPS)) == 1
