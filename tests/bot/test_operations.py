"""Sequences, pauses, deliveries, figures, health and addresses, by conversation with an owner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.bot.conftest import OWNER
from tests.bot.reading import labels, reads
from tests.bot.test_administration import acts
from tests.fixtures.database import Clock
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person, until
from tests.sql.conftest import step

pytestmark = pytest.mark.usefixtures("monday_noon")


@pytest.fixture
async def tendril(run_tendril: RunTendril, owner: Person) -> AsyncIterator[Tendril]:
    async with run_tendril(admin_telegram_ids=frozenset({OWNER})) as running:
        await owner.writes("/start")
        await owner.receives(1)
        await publish(running)
        yield running


async def publish(tendril: Tendril, name: str = "course", **changes: Any) -> None:
    content = {"content": {"default": {"subject": "Hello", "body": "Lesson one"}}, "quiet_hours": False}
    definition = {
        "name": name,
        "title": f"The {name} & more",
        "message_class": "transactional",
        "steps": [step(position=1, fallback="none", max_attempts=1, **(content | changes))],
    }
    await tendril.process.store.call("publish_sequence", definition=definition)


async def begin(tendril: Tendril, person: Person, sequence: str = "course", **more: Any) -> None:
    """As another system does; what is due leaves at once."""
    body = {"user_id": person.id, "sequence_type": sequence} | more
    status, _ = await tendril.api("POST", "/admin/api/nurture/trigger", body)
    assert status in (200, 201)


async def last_id(person: Person) -> int:
    return int((await person.messages())[-1]["message_id"])


async def asks(person: Person, command: str, words: str) -> Any:
    """The answer to a command."""
    before = await last_id(person)
    await person.writes(command)
    return await person.hears(words, after=before)


async def states(tendril: Tendril, person: Person) -> list[tuple[str, str | None]]:
    story = await tendril.explain(person)
    return [
        (each["delivery_status"], each["reason"])
        for each in story["deliveries"]
        if each["sequence_type"] == "course"
    ]


async def fail_once(tendril: Tendril) -> None:
    """The next message over Telegram, at its only attempt."""
    await tendril.control.post("/faults", provider="telegram", fault="server_error", count=1)


# sequences and pauses


async def test_each_sequence_is_listed_with_its_figures(tendril: Tendril, owner: Person) -> None:
    await begin(tendril, await tendril.started("Ada"))
    await tendril.settled()

    page = await asks(owner, "/sequences", "Sequences")

    assert "The course & more course\n    0 running · 1 completed · 1 sent in 7 days" in page["text"]


async def test_a_sequence_is_held_and_goes_on_by_buttons(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada")
    page = await asks(owner, "/sequences course", "The course & more")
    assert "1. hello (Telegram, Email): 0 · 0 · 0 · 0" in page["text"]

    await owner.taps(page, "⏸ Pause")
    page = await reads(owner, page, "Paused for everybody")
    await begin(tendril, ada)
    await tendril.settled()
    assert await states(tendril, ada) == [("pending", "sequence_paused")]

    await owner.taps(page, "▶️ Resume")
    await ada.hears("Lesson one")
    assert await acts(connection) == ["pause.sequence", "resume.sequence"]


async def test_a_sequence_is_found_by_what_is_nearly_its_name(tendril: Tendril, owner: Person) -> None:
    await asks(owner, "/sequences cuorse", "Did you mean course?")
    await asks(owner, "/pause <b>nothing</b>", "There is no channel and no sequence “<b>nothing</b>”.")


async def test_everything_is_held_by_a_word_and_goes_on_by_a_button(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada")

    page = await asks(owner, "/pause everything", "Everything is paused.")
    await asks(owner, "/pause everything", "Everything was paused before.")
    await begin(tendril, ada)
    await tendril.settled()
    assert await states(tendril, ada) == [("pending", "everything_paused")]

    await owner.taps(page, "▶️ Resume")
    await reads(owner, page, "goes on. ")
    await ada.hears("Lesson one")
    assert await acts(connection) == ["pause.everything", "resume.everything"]


async def test_everything_stays_held_over_a_restart(run_tendril: RunTendril, owner: Person) -> None:
    settings = {"admin_telegram_ids": frozenset({OWNER})}
    async with run_tendril(**settings) as first:
        await owner.writes("/start")
        await owner.receives(1)
        await publish(first)
        ada = await first.started("Ada")
        await asks(owner, "/pause everything", "Everything is paused.")
    async with run_tendril(**settings) as second:
        await begin(second, ada)
        await second.settled()
        assert await states(second, ada) == [("pending", "everything_paused")]

        await owner.taps(await asks(owner, "/resume", "What shall go on?"), "Everything")
        await ada.hears("Lesson one")


async def test_what_a_held_channel_would_carry_takes_another(tendril: Tendril, owner: Person) -> None:
    ada = await tendril.started("Ada")
    user = (await tendril.explain(ada))["user"]["id"]
    await tendril.process.store.call(
        "open_contact_point", user_id=user, channel="email", address="ada@example.com"
    )

    await asks(owner, "/pause telegram", "Telegram is paused.")
    await begin(tendril, ada)

    await until(lambda: tendril.inbox("ada@example.com"))
    await asks(owner, "/resume Telegram", "Telegram goes on.")
    await asks(owner, "/resume telegram", "Telegram was not paused.")
    await asks(owner, "/pause sms", "SMS is not configured")


async def test_what_can_be_held_is_offered(tendril: Tendril, owner: Person) -> None:
    page = await asks(owner, "/pause", "What shall I hold?")
    assert labels(page) == ["Everything", "Email", "Telegram", "🌱 Sequences"]
    await asks(owner, "/resume", "Nothing is paused.")


async def test_a_viewer_looks_and_holds_nothing(tendril: Tendril, owner: Person) -> None:
    vera = await tendril.started("Vera")
    user = (await tendril.explain(vera))["user"]["id"]
    await tendril.process.store.call("set_roles", user_id=user, roles=["viewer"], actor="ADMIN_TELEGRAM_IDS")

    page = await asks(vera, "/sequences course", "The course & more")
    assert labels(page) == ["‹ Sequences"]
    await asks(vera, "/pause everything", "/pause")

    assert (await tendril.process.store.call("queue_health"))["paused_since"] is None


# deliveries


async def test_what_failed_is_listed_with_its_reason_and_sent_once_more(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("<Ada>")
    await fail_once(tendril)
    await begin(tendril, ada)
    await tendril.settled()

    page = await asks(owner, "/deliveries failed", "1 to 1 of 1")
    assert "<Ada>: The course & more, hello, Telegram" in page["text"]
    assert "the provider had trouble" in page["text"]
    again = next(label for label in labels(page) if label.startswith("🔁") and "all" not in label)
    await owner.taps(page, again)

    await ada.hears("Lesson one")
    await reads(owner, page, "Failed: None.")
    number = again.split()[1]
    await asks(owner, f"/retry {number}", "cannot be sent once more: sent")
    assert await acts(connection) == ["delivery.retry"]


async def test_the_story_of_a_delivery_is_told(tendril: Tendril, owner: Person) -> None:
    await begin(tendril, await tendril.started("Ada"))
    await tendril.settled()

    page = await asks(owner, "/deliveries sent", "They left.")
    await owner.taps(page, next(label for label in labels(page) if label.startswith("🔎")))

    await owner.hears("What happened")


async def test_all_that_failed_is_tried_after_a_question(tendril: Tendril, owner: Person) -> None:
    everybody = [await tendril.started(name) for name in ("Ada", "Bo")]
    for each in everybody:
        await fail_once(tendril)
        await begin(tendril, each)
        await tendril.settled()
    await tendril.settled()

    page = await asks(owner, "/retry all", "2 failed and 0 parked")
    await owner.taps(page, "Yes, send them")
    await reads(owner, page, "2 messages are written anew")
    for each in everybody:
        await each.hears("Lesson one")
    await asks(owner, "/retry all", "There is nothing to send once more.")


async def test_one_of_which_nobody_knows_needs_a_word_first(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada")
    await begin(tendril, ada)
    await ada.hears("Lesson one")
    await tendril.settled()
    number = await connection.fetchval(
        "update tendril.message_deliveries set delivery_status = 'unknown', reason = 'no_answer' "
        "where sequence_type = 'course' returning id"
    )

    page = await asks(owner, f"/retry {number}", "and then they get it twice")
    assert await states(tendril, ada) == [("unknown", "no_answer")]
    await owner.taps(page, "Send it once more")

    await reads(owner, page, "is written anew")
    await tendril.settled()
    assert [each["text"] for each in await ada.messages()].count("Lesson one") == 2


async def test_what_is_typed_wrong_is_answered_with_how_to(tendril: Tendril, owner: Person) -> None:
    await asks(owner, "/retry", "Which message?")
    await asks(owner, "/retry ٣", "Which message?")
    await asks(owner, "/retry 999999", "No message has this number.")
    await asks(owner, "/stats 366", "From 1 to 365")
    await asks(owner, "/stats much", "From 1 to 365")
    await asks(owner, "/testemail", "To whom?")
    await asks(owner, "/testemail not@", "the part after the @ is missing")
    await asks(owner, "/unsuppress", "Which address?")
    await asks(owner, "/alerts maybe", "/alerts on or /alerts off")


# figures and health


async def test_the_last_days_are_a_picture_and_three_lines(tendril: Tendril, owner: Person) -> None:
    await begin(tendril, await tendril.started("Ada"))
    await tendril.settled()

    answer = await asks(owner, "/stats 30", "sent (")

    assert len(answer["text"].splitlines()) == 3
    assert "2 active, 2 new, 0 want no more" in answer["text"]
    assert labels(answer) == ["Today", "7 days", "90 days", "365 days", "My own card"]
    await owner.taps(answer, "Today")
    await owner.hears("sent (", after=answer["message_id"])


async def test_days_on_which_nothing_was_are_said_so(tendril: Tendril, owner: Person, clock: Clock) -> None:
    await clock.advance("400 days")

    answer = await asks(owner, "/stats 1", "")

    assert answer["text"].startswith(("Today: nothing was sent", "📬"))


async def test_all_is_well_says_so_line_by_line(tendril: Tendril, owner: Person) -> None:
    answer = await asks(owner, "/health", "All is well")

    for line in ("✓ The database answers", "✓ Telegram is open", "✓ Email is open", "✓ Nothing waits"):
        assert line in answer["text"]


async def test_what_is_wrong_is_said_with_its_remedy(tendril: Tendril, owner: Person) -> None:
    await tendril.process.store.call("set_channel_state", channel="email", paused_reason="invalid_api_key")
    await asks(owner, "/pause everything", "Everything is paused.")

    answer = await asks(owner, "/health", "Something needs you")

    assert "✗ Everything is paused. /resume lets it go on." in answer["text"]
    assert "✗ Email is closed (the provider does not accept our key)" in answer["text"]


# addresses


async def test_one_email_is_sent_past_the_queue(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    await asks(owner, "/testemail me@example.com", "✓ Sent to me@example.com")

    assert len(await tendril.inbox("me@example.com")) == 1
    assert await acts(connection) == ["email.trial"]


async def test_no_email_is_tried_while_an_admin_holds_them(tendril: Tendril, owner: Person) -> None:
    await asks(owner, "/pause email", "Email is paused.")

    await asks(owner, "/testemail me@example.com", "Nothing may leave at the moment")

    assert await tendril.inbox("me@example.com") == []


async def suppress(connection: asyncpg.Connection, address: str, reason: str) -> None:
    await connection.execute(
        "insert into tendril.suppressions (channel, address_hash, reason, at) "
        "values ('email', tendril.address_hash($1), $2, tendril.clock())",
        address,
        reason,
    )


async def is_suppressed(tendril: Tendril, address: str) -> bool:
    return bool(await tendril.process.store.call("is_suppressed", channel="email", address=address))


async def test_a_bounce_is_lifted_after_a_question(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    await suppress(connection, "ada@example.com", "hard_bounce")
    await asks(owner, "/testemail ada@example.com", "ada@example.com is closed: the mailbox does not exist")

    page = await asks(owner, "/unsuppress ada@example.com", "Shall I write there again?")
    await owner.taps(page, "Write there again")
    await reads(owner, page, "can be written to again")

    assert not await is_suppressed(tendril, "ada@example.com")
    assert await acts(connection) == ["suppression.lift"]
    await asks(owner, "/unsuppress ada@example.com", "is not closed")


async def test_a_complaint_is_lifted_only_by_typing_the_address(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    await suppress(connection, "ada@example.com", "complaint")

    page = await asks(owner, "/unsuppress ada@example.com", "type the address again")
    assert labels(page) == ["Leave it"]
    await asks(owner, "yes", "That is not ada@example.com")
    assert await is_suppressed(tendril, "ada@example.com")

    await asks(owner, "/unsuppress ada@example.com", "type the address again")
    await asks(owner, "Ada@Example.com", "can be written to again")
    assert not await is_suppressed(tendril, "ada@example.com")


async def test_the_question_for_an_address_waits_over_a_restart(
    run_tendril: RunTendril, owner: Person, connection: asyncpg.Connection
) -> None:
    settings = {"admin_telegram_ids": frozenset({OWNER})}
    await suppress(connection, "ada@example.com", "complaint")
    async with run_tendril(**settings):
        await owner.writes("/start")
        await owner.receives(1)
        await asks(owner, "/unsuppress ada@example.com", "type the address again")
    async with run_tendril(**settings) as second:
        await asks(owner, "ada@example.com", "can be written to again")

        assert not await is_suppressed(second, "ada@example.com")


async def test_a_question_is_answered_once(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    await suppress(connection, "ada@example.com", "hard_bounce")
    page = await asks(owner, "/unsuppress ada@example.com", "Shall I write there again?")

    await asyncio.gather(owner.taps(page, "Write there again"), owner.taps(page, "Write there again"))

    await reads(owner, page, "can be written to again")
    await tendril.settled()
    assert await acts(connection) == ["suppression.lift"]


async def test_who_had_themselves_deleted_is_left_alone(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    await suppress(connection, "ada@example.com", "deleted")

    await asks(owner, "/unsuppress ada@example.com", "Only they can come back")

    assert await is_suppressed(tendril, "ada@example.com")


# languages


async def test_all_of_it_is_said_in_german(tendril: Tendril, owner: Person) -> None:
    await asks(owner, "/settings language Deutsch", "")
    for command, words in (
        ("/sequences", "0 laufen"),
        ("/pause alles", "Alles ist angehalten."),
        ("/health", "Etwas braucht dich"),
        ("/resume alles", "geht weiter"),
        ("/deliveries", "Gescheitert: Keine."),
        ("/retry", "Welche Nachricht?"),
        ("/stats", "neu"),
        ("/alerts", "Nichts braucht dich."),
    ):
        await asks(owner, command, words)
