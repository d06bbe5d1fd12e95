"""/broadcast and /broadcasts, by conversation: from the message to its last reader, and back again."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.bot.conftest import OWNER
from tests.bot.reading import labels, reads
from tests.bot.test_administration import acts, give, with_role
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person, until

pytestmark = pytest.mark.usefixtures("monday_noon")


@pytest.fixture
async def tendril(run_tendril: RunTendril, owner: Person) -> AsyncIterator[Tendril]:
    async with run_tendril(admin_telegram_ids=frozenset({OWNER})) as running:
        await owner.writes("/start")
        await owner.receives(1)
        yield running


async def readers(tendril: Tendril, *names: str) -> list[Person]:
    """People who are known and in no sequence, so that what they hear is the broadcast."""
    known = []
    for name in names:
        person = await tendril.person(name, started=True)
        await tendril.process.store.call("register_telegram_user", telegram_id=person.id, first_name=name)
        known.append(person)
    return known


async def composed(admin: Person, text: str = "We moved.", audience: str = "everybody", **given: Any) -> Any:
    """The message with the choices, once the text was sent."""
    after = (await admin.messages())[-1]["message_id"]
    await admin.writes("/broadcast")
    question = await admin.hears("Whom is it for?", after=after)
    await admin.taps(question, audience)
    await reads(admin, question, "as it should look")
    if given:
        await admin.control.post(f"/users/{admin.id}/messages", **given)
    else:
        await admin.writes(text)
    return await admin.hears("That is how it looks", after=question["message_id"])


async def asked_for_count(admin: Person, review: Any, how: str = "🚀 Now") -> tuple[Any, int]:
    await admin.taps(review, how)
    question = await admin.hears("To send it, type", after=review["message_id"])
    return question, int(re.findall(r"(\d+)$", question["text"])[0])


async def sent(admin: Person, text: str = "We moved.", **given: Any) -> Any:
    """The message that shows how far it is."""
    question, count = await asked_for_count(admin, await composed(admin, text, **given))
    await admin.writes(str(count))
    return await admin.hears("Broadcast", after=question["message_id"])


async def ids(connection: asyncpg.Connection, status: str) -> list[int]:
    rows = await connection.fetch("select id from tendril.broadcasts where status = $1 order by id", status)
    return [row["id"] for row in rows]


async def test_a_message_reaches_everybody_as_it_was_written(tendril: Tendril, owner: Person) -> None:
    ada, bob = await readers(tendril, "Ada", "Bob")

    review = await composed(owner, html="<b>We moved.</b>\nTo {{ nowhere }} &amp; <i>back</i>")
    question, count = await asked_for_count(owner, review)
    await owner.writes(str(count))

    heard = [await person.hears("We moved.") for person in (ada, bob)]
    assert heard[0]["html"] == "<b>We moved.</b>\nTo {{ nowhere }} &amp; <i>back</i>"
    assert count == 3
    progress = await owner.hears("Broadcast", after=question["message_id"])
    await reads(owner, progress, "100 %, sent")
    assert "Sent: 3 of 3 (Telegram 3)" in (await reads(owner, progress, "Sent: 3"))["text"]


async def test_the_preview_shows_the_text_and_who_is_left_out(tendril: Tendril, owner: Person) -> None:
    ada, bob = await readers(tendril, "Ada", "Bob")
    user = (await tendril.explain(ada))["user"]
    await tendril.process.store.call("stop_everything", user_id=user["id"], source="telegram")
    await bob.blocks()
    await tendril.settled()

    review = await composed(owner, "Hello <b>everybody</b>")

    before = next(m for m in await owner.messages() if m["text"] == "Hello <b>everybody</b>")
    assert before["message_id"] < review["message_id"]
    assert "Would get it now: 1 of 3 (Telegram 1)" in review["text"]
    assert "the user stopped everything: 1" in review["text"]
    assert "Subject of the email: Hello <b>everybody</b>" in review["text"]


async def test_only_the_number_itself_starts_it(tendril: Tendril, owner: Person) -> None:
    (ada,) = await readers(tendril, "Ada")
    question, count = await asked_for_count(owner, await composed(owner))

    await owner.writes(str(count + 1))
    again = await owner.hears("That is not the number", after=question["message_id"])
    await owner.writes("yes")
    await owner.hears("That is not the number", after=again["message_id"])

    assert await ada.messages() == []
    await owner.writes(str(count))
    await ada.hears("We moved.")


async def test_a_number_that_no_longer_holds_is_asked_for_again(tendril: Tendril, owner: Person) -> None:
    question, count = await asked_for_count(owner, await composed(owner))
    await readers(tendril, "Ada")

    await owner.writes(str(count))

    changed = await owner.hears("has changed", after=question["message_id"])
    assert changed["text"].endswith(str(count + 1))


async def test_what_was_written_again_takes_the_place_of_the_first(tendril: Tendril, owner: Person) -> None:
    (ada,) = await readers(tendril, "Ada")
    first = await composed(owner, "We mooved.")

    await owner.writes("We moved.")
    review = await owner.hears("That is how it looks", after=first["message_id"])
    _, count = await asked_for_count(owner, review)
    await owner.writes(str(count))

    await ada.hears("We moved.")
    assert len(await ada.messages()) == 1


async def test_a_picture_is_refused_with_a_way_out(tendril: Tendril, owner: Person) -> None:
    await owner.writes("/broadcast")
    question = await owner.hears("Whom is it for?")
    await owner.taps(question, "everybody")
    await reads(owner, question, "as it should look")

    await owner.control.post(f"/users/{owner.id}/messages", photo="iVBORw0KGgo=", text="Look")

    await owner.hears("not pictures")


async def test_a_message_that_telegram_would_not_take_is_refused_before_the_preview(
    tendril: Tendril, owner: Person
) -> None:
    await owner.writes("/broadcast")
    question = await owner.hears("Whom is it for?")
    await owner.taps(question, "everybody")
    await reads(owner, question, "as it should look")

    await owner.control.post(f"/users/{owner.id}/messages", html="<b>a</b> b " * 101)

    await owner.hears("That cannot be sent")


async def test_a_restart_in_the_middle_goes_on(run_tendril: RunTendril, owner: Person) -> None:
    admin_ids = frozenset({OWNER})
    async with run_tendril(admin_telegram_ids=admin_ids) as before:
        await owner.writes("/start")
        await owner.receives(1)
        (ada,) = await readers(before, "Ada")
        review = await composed(owner)
    async with run_tendril(admin_telegram_ids=admin_ids):
        question, count = await asked_for_count(owner, review)
    async with run_tendril(admin_telegram_ids=admin_ids):
        await owner.writes(str(count))

        await ada.hears("We moved.")
        progress = await owner.hears("Broadcast", after=question["message_id"])
        await reads(owner, progress, "100 %, sent")


async def test_a_draft_that_was_left_is_found_again(tendril: Tendril, owner: Person) -> None:
    await composed(owner)
    await owner.writes("/commit")

    await owner.writes("/broadcasts")
    listed = await owner.hears("The latest broadcasts")
    await owner.taps(listed, 0)
    draft = await reads(owner, listed, "a draft")
    await owner.taps(draft, "Go on with it")

    await owner.hears("That is how it looks", after=listed["message_id"])


async def test_a_draft_is_thrown_away_once(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    review = await composed(owner)

    await owner.taps(review, "✖️ Do not send it")
    await reads(owner, review, "thrown away")

    assert await ids(connection, "draft") == []
    await owner.writes("2")
    assert await ids(connection, "sending") == []


async def test_the_first_way_out_throws_away_what_was_written_since(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    review = await composed(owner)
    question = next(m for m in await owner.messages() if "as it should look" in m["text"])

    await owner.taps(question, "✖️ Do not send it")
    await reads(owner, question, "thrown away")

    assert await ids(connection, "draft") == []
    tapped = await owner.taps(review, "🚀 Now")
    assert tapped["text"] == "This button no longer works."


async def test_an_old_button_of_a_broadcast_that_has_begun_does_nothing(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    review = await composed(owner)
    question, count = await asked_for_count(owner, review)
    await owner.writes(str(count))
    progress = await owner.hears("Broadcast", after=question["message_id"])
    await reads(owner, progress, "100 %, sent")

    tapped = await owner.taps(review, "✖️ Do not send it")
    again = await owner.taps(review, "🚀 Now")

    assert tapped["text"] == again["text"] == "It has begun already."
    assert len(await ids(connection, "sent")) == 1


async def test_a_later_time_is_read_in_the_zone_of_whoever_writes(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    user = (await tendril.explain(owner))["user"]
    await tendril.process.store.call(
        "set_preferences", user_id=user["id"], changes={"timezone": "Europe/Madrid"}
    )
    review = await composed(owner)

    await owner.taps(review, "🗓 At another time")
    question = await owner.hears("a day and a time", after=review["message_id"])
    await owner.writes("yesterday")
    wrong = await owner.hears("still to come", after=question["message_id"])
    await owner.writes("tomorrow 9:30")
    asked = await owner.hears("To send it, type", after=wrong["message_id"])
    await owner.writes("1")

    assert "Tuesday, 3 March, 09:30" in asked["text"]
    await owner.hears("waits for its time", after=asked["message_id"])
    begins = await connection.fetchval("select starts_at from tendril.broadcasts")
    assert begins.isoformat() == "2026-03-03T08:30:00+00:00"


async def test_the_subject_is_the_first_line_or_a_chosen_one(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    review = await composed(owner, "First line\nsecond")

    await owner.taps(review, "✏️ Subject of the email")
    question = await owner.hears("What shall the subject", after=review["message_id"])
    await owner.writes("{{ News }}")
    chosen = await owner.hears("That is how it looks", after=question["message_id"])

    assert "Subject of the email: First line" in review["text"]
    assert "Subject of the email: {{ News }}" in chosen["text"]


async def test_a_preview_is_mailed_to_whoever_asks_and_to_nobody_else(
    tendril: Tendril, owner: Person
) -> None:
    user = (await tendril.explain(owner))["user"]
    for person, address in ((user["id"], "olga@example.com"),):
        await tendril.process.store.call(
            "open_contact_point", user_id=person, channel="email", address=address
        )

    review = await composed(owner, "First line\nsecond")
    await owner.taps(review, "✉️ Email me a preview")

    mail = await tendril.control.mail("olga@example.com")
    assert mail["subject"] == "First line"
    assert len(await tendril.control.inbox()) == 1


async def test_a_broadcast_is_stopped_and_says_so(tendril: Tendril, owner: Person) -> None:
    await readers(tendril, "Ada")
    await tendril.process.store.call("set_channel_state", channel="telegram", paused_reason="admin:wait")
    progress = await sent(owner)
    await reads(owner, progress, "Waiting 2")

    await owner.taps(progress, "⏹ Stop")

    stopped = await reads(owner, progress, "stopped")
    assert "an admin stopped this broadcast: 2" in stopped["text"]
    assert "⏹ Stop" not in labels(stopped)


async def test_what_has_gone_out_is_edited_everywhere(tendril: Tendril, owner: Person) -> None:
    ada, bob = await readers(tendril, "Ada", "Bob")
    progress = await sent(owner, "We mooved.")
    await reads(owner, progress, "100 %, sent")

    await owner.taps(progress, "✏️ Edit")
    question = await owner.hears("Send me the new text", after=progress["message_id"])
    await owner.writes("We moved.")
    confirmation = await owner.hears("Shall I replace it?", after=question["message_id"])
    await owner.taps(confirmation, "✏️ Replace it")

    for person in (ada, bob):
        await person.hears("We moved.")
        assert len(await person.messages()) == 1
    await reads(owner, confirmation, "Edited: done 3")


async def test_what_has_gone_out_is_deleted_everywhere(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    ada, bob = await readers(tendril, "Ada", "Bob")
    progress = await sent(owner)
    await reads(owner, progress, "100 %, sent")

    await owner.taps(progress, "🗑 Delete")
    await owner.taps(await reads(owner, progress, "Shall I stop it"), "🗑 Yes, delete it")

    async def nothing_is_left() -> bool:
        return [*await ada.messages(), *await bob.messages()] == []

    await until(nothing_is_left)
    shown = await reads(owner, progress, "Deleted: done 3")
    assert "100 %, deleted" in shown["text"]
    assert (await acts(connection))[-2:] == ["broadcast.start", "broadcast.delete"]


async def test_another_admin_sees_it_and_can_change_it(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    vera = await with_role(tendril, "admin")
    question, count = await asked_for_count(owner, await composed(owner))
    await owner.writes(str(count))
    progress = await owner.hears("Broadcast", after=question["message_id"])
    await reads(owner, progress, "100 %, sent")

    await vera.writes("/broadcasts")
    listed = await vera.hears("The latest broadcasts")
    await vera.taps(listed, 0)
    await reads(vera, listed, "100 %, sent")
    await vera.taps(listed, "✏️ Edit")
    await vera.hears("Send me the new text")

    assert await ids(connection, "sent") == [1]


async def test_a_viewer_looks_and_does_not_act(tendril: Tendril, owner: Person) -> None:
    progress = await sent(owner)
    await reads(owner, progress, "100 %, sent")
    viewer = await with_role(tendril, "viewer")

    await viewer.writes("/broadcast")
    await viewer.hears("/broadcast")
    await viewer.writes("/broadcasts")
    listed = await viewer.hears("The latest broadcasts")
    await viewer.taps(listed, 0)

    shown = await reads(viewer, listed, "100 %, sent")
    assert labels(shown) == ["↻ Look again", "‹ All broadcasts"]


async def test_a_broadcast_speaks_german(tendril: Tendril) -> None:
    greta = await tendril.started("Greta", language_code="de")
    await give(tendril, greta, "admin")

    await greta.writes("/broadcast")
    question = await greta.hears("Für wen ist es?")
    await greta.taps(question, "alle")
    await reads(greta, question, "wie sie aussehen soll")
    await greta.writes("Wir sind umgezogen.")
    review = await greta.hears("So sieht es aus")
    await greta.taps(review, "🚀 Jetzt")
    asked = await greta.hears("tippe, wie viele")
    await greta.writes("2")

    progress = await greta.hears("Rundruf", after=asked["message_id"])
    await reads(greta, progress, "100 %, gesendet")
