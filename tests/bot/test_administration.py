"""People and roles, by conversation: what admins see and do, and what nobody else does."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from bot.admin.access import Guarded
from bot.texts import words
from bot.texts.german.reasons import REASONS as german_reasons
from bot.topics import ADMIN_TOPICS
from sequences.reasons import REASONS
from tests.bot.conftest import OWNER
from tests.bot.reading import labels, reads
from tests.bot.test_menus import menu
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import Person, until

pytestmark = pytest.mark.usefixtures("monday_noon")


@pytest.fixture
async def tendril(run_tendril: RunTendril, owner: Person) -> AsyncIterator[Tendril]:
    async with run_tendril(admin_telegram_ids=frozenset({OWNER})) as running:
        await owner.writes("/start")
        await owner.receives(1)
        yield running


async def with_role(tendril: Tendril, role: str, first_name: str = "Vera", **given: Any) -> Person:
    person = await tendril.started(first_name, **given)
    await give(tendril, person, role)
    return person


async def give(tendril: Tendril, person: Person, role: str) -> None:
    """As the setting does."""
    user = (await tendril.explain(person))["user"]
    await tendril.process.store.call(
        "set_roles", user_id=user["id"], roles=[role], actor="ADMIN_TELEGRAM_IDS"
    )


async def profile_of(admin: Person, person: Person) -> Any:
    """The newest profile that the admin was shown."""
    before = (await admin.messages())[-1]["message_id"]
    await admin.writes(f"/user {person.id}")
    return await admin.hears("Engagement", after=before)


async def acts(connection: asyncpg.Connection, actor: str = f"telegram:{OWNER}") -> list[str]:
    rows = await connection.fetch("select action from tendril.audit_log where actor = $1 order by id", actor)
    return [row["action"] for row in rows]


async def test_an_admin_command_is_unknown_to_everybody_else(tendril: Tendril) -> None:
    ada = await tendril.started("Ada")

    # `/stats` shows everybody else their own figures
    for command in words("en").admin_commands.keys() - words("en").commands.keys():
        await ada.writes(f"/{command} @olga")
        answer = await ada.hears(f"/{command}.")

        assert answer["text"] == words("en").unknown_command(command)


def test_every_admin_command_and_button_asks_for_a_role() -> None:
    doors = [each for topic in ADMIN_TOPICS for each in topic.handlers()]

    assert len(doors) > len(words("en").admin_commands)
    assert [each for each in doors if not isinstance(each.callback, Guarded)] == []


async def test_the_menu_has_a_button_for_each_command(tendril: Tendril, owner: Person) -> None:
    await owner.writes("/admin")
    menu = await owner.hears("at a glance")

    assert "one admin" in menu["text"]
    assert len(labels(menu)) == len(words("en").admin_commands)
    await owner.taps(menu, "👥 People")
    await owner.hears("Whom do you look for?")


async def test_the_menu_says_that_everything_is_held(tendril: Tendril, owner: Person) -> None:
    await tendril.process.store.call("pause_everything")
    await owner.writes("/admin")

    await owner.hears("everything is held")


async def test_somebody_is_found_and_shown_by_buttons(tendril: Tendril, owner: Person) -> None:
    await tendril.started("Ada", last_name="Lovelace")

    await owner.writes("/users lov")
    found = await owner.hears("People called")
    await owner.taps(found, "Ada Lovelace")

    profile = await owner.hears("Engagement")
    assert "Ada Lovelace" in profile["text"]
    assert "step 1 of 5, running" in profile["text"]
    assert "sent" in profile["text"]


async def test_results_are_turned_page_by_page(tendril: Tendril, owner: Person) -> None:
    for number in range(10):
        await tendril.process.store.call("create_user", external_id=f"c{number}", first_name=f"Adam{number}")

    await owner.writes("/users adam")
    page = await owner.hears("1 to 8 of 10")
    await owner.taps(page, "›")
    page = await reads(owner, page, "9 to 10 of 10")
    await owner.taps(page, "‹")

    await reads(owner, page, "1 to 8 of 10")


async def test_nobody_found_is_told_with_what_to_try(tendril: Tendril, owner: Person) -> None:
    await owner.writes("/users <b>nobody</b>")
    answer = await owner.hears("I know nobody")

    assert "“<b>nobody</b>”" in answer["text"]
    assert "New this week" in labels(answer)
    await owner.taps(answer, "Unreachable")
    await reads(owner, answer, "Nobody.")


async def test_a_name_that_is_nobody_exactly_is_asked_back(tendril: Tendril, owner: Person) -> None:
    await tendril.started("Ada")

    await owner.writes("/user ad")
    answer = await owner.hears("Nobody is exactly “ad”")

    assert "Ada" in labels(answer)


async def test_a_name_with_markup_is_only_a_name(tendril: Tendril, owner: Person) -> None:
    ada = await tendril.started("<i>Ada & Co</i>")

    profile = await profile_of(owner, ada)

    assert "<i>Ada & Co</i>" in profile["text"]


async def test_the_longest_names_fit_into_a_profile(tendril: Tendril, owner: Person) -> None:
    ada = await tendril.started("&" * 64, last_name="<" * 64, username="a" * 32)

    profile = await profile_of(owner, ada)

    assert len(profile["text"]) <= 4096


async def test_a_sequence_is_started_by_buttons(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    guest = (await tendril.process.store.call("create_user", external_id="guest", first_name="Gustav"))[
        "user_id"
    ]
    await owner.writes("/user guest")
    page = await owner.hears("Gustav")

    await owner.taps(page, "🚀 Start a sequence")
    page = await reads(owner, page, "What shall I start")
    onboarding = next(label for label in labels(page) if "👤" not in label)
    await owner.taps(page, onboarding)
    await reads(owner, page, "has begun for Gustav")

    story = await tendril.process.store.call("explain_user", reference=guest)
    assert story["enrollments"][0]["source"] == "admin"
    assert await acts(connection) == ["nurture.trigger"]


async def test_a_sequence_is_started_by_words(tendril: Tendril, owner: Person) -> None:
    ada = await tendril.started("Ada")

    await owner.writes(f"/trigger {ada.id} onboarding")
    await owner.hears("is under way for Ada already")
    await owner.writes(f"/trigger {ada.id} onbording")
    answer = await owner.hears("There is no sequence “onbording”")

    assert "Did you mean onboarding?" in answer["text"]


async def test_a_sequence_that_somebody_declined_is_not_started(tendril: Tendril, owner: Person) -> None:
    ada = await tendril.started("Ada")
    user = (await tendril.explain(ada))["user"]["id"]
    await tendril.process.store.call("decline_sequence", user_id=user, sequence="goal_coaching")

    await owner.writes(f"/trigger {ada.id} goal_coaching")

    await owner.hears("Ada declined")


async def test_a_run_is_paused_resumed_and_ended(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada")
    page = await profile_of(owner, ada)
    await owner.taps(page, "🌱 Sequences")
    page = await reads(owner, page, "Sequences of Ada")

    await owner.taps(page, "1 ⏸")
    page = await reads(owner, page, "paused")
    await owner.taps(page, "1 ▶️")
    page = await reads(owner, page, "running")
    await owner.taps(page, "1 ✖️")
    page = await reads(owner, page, "Shall I end")
    await owner.taps(page, "Yes, end it")
    page = await reads(owner, page, "ended (an admin decided so)")

    assert labels(page) == ["👤 Profile"]
    assert await acts(connection) == ["pause.enrollment", "resume.enrollment", "cancel.enrollment"]


async def test_a_message_is_shown_before_it_is_sent(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada")
    await owner.taps(await profile_of(owner, ada), "✉️ Message")
    await owner.hears("What shall I tell Ada?")

    await owner.writes("Hello <b>you</b> & *all*")
    preview = await owner.hears("This goes to Ada")
    assert "Hello <b>you</b> & *all*" in preview["text"]
    await asyncio.gather(owner.taps(preview, "Send it"), owner.taps(preview, "Send it"))

    heard = await ada.hears("Hello <b>you</b> & *all*")
    await tendril.settled()
    assert [each["text"] for each in await ada.messages()].count(heard["text"]) == 1
    assert await acts(connection) == ["message.send"]


async def test_a_message_waits_over_a_restart(run_tendril: RunTendril, owner: Person) -> None:
    settings = {"admin_telegram_ids": frozenset({OWNER})}
    async with run_tendril(**settings) as first:
        await owner.writes("/start")
        await owner.receives(1)
        ada = await first.started("Ada")
        await owner.taps(await profile_of(owner, ada), "✉️ Message")
        await owner.hears("What shall I tell Ada?")
    async with run_tendril(**settings):
        await owner.writes("Are you still there?")
        await owner.taps(await owner.hears("This goes to Ada"), "Send it")

        await ada.hears("Are you still there?")


async def test_only_what_the_last_preview_shows_is_sent(tendril: Tendril, owner: Person) -> None:
    ada = await tendril.started("Ada")
    await owner.taps(await profile_of(owner, ada), "✉️ Message")
    await owner.hears("What shall I tell Ada?")

    await owner.writes("First draft")
    first = await owner.hears("First draft")
    await owner.writes("Second draft")
    second = await owner.hears("Second draft")
    await owner.taps(first, "Send it")
    await owner.taps(second, "Send it")

    await ada.hears("Second draft")
    await tendril.settled()
    assert not [each for each in await ada.messages() if "First draft" in each["text"]]


async def test_a_message_can_be_left_unsent(tendril: Tendril, owner: Person) -> None:
    ada = await tendril.started("Ada")
    await owner.taps(await profile_of(owner, ada), "✉️ Message")
    question = await owner.hears("What shall I tell Ada?")

    await owner.writes("x" * 3501)
    await owner.hears("That is too long")
    await owner.taps(question, "Do not send it")
    await reads(owner, question, "Not sent.")
    await owner.writes("xyzzy")

    await owner.hears("I am a bot and only understand")


async def test_an_owner_makes_an_admin_whose_menu_changes_at_once(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada", language_code="de")
    page = await profile_of(owner, ada)

    await owner.taps(page, "🔑 Role")
    page = await reads(owner, page, "Which role shall Ada have? Now: none")
    await owner.taps(page, "admin")
    page = await reads(owner, page, "Now: admin")

    await ada.hears("/admin")
    await ada.writes("/users")
    await until_menu(ada, has_admin=True)
    await owner.taps(page, "None")
    await reads(owner, page, "Now: none")
    await until_menu(ada, has_admin=False)
    assert await acts(connection) == ["roles.set", "roles.set"]


async def until_menu(person: Person, *, has_admin: bool) -> None:
    async def is_so() -> bool:
        return ("admin" in await menu(person)) is has_admin

    await until(is_so)


async def test_the_last_owner_stays(run_tendril: RunTendril, owner: Person) -> None:
    async with run_tendril(admin_telegram_ids=frozenset()) as tendril:
        await owner.writes("/start")
        await owner.receives(1)
        await give(tendril, owner, "owner")
        page = await profile_of(owner, owner)
        await owner.taps(page, "🔑 Role")
        page = await reads(owner, page, "Which role")
        tapped = await owner.taps(page, "None")

        assert (await tendril.explain(owner))["user"]["roles"] == ["owner"], tapped


async def test_a_viewer_looks_and_does_not_act(tendril: Tendril, owner: Person) -> None:
    vera, ada = await with_role(tendril, "viewer"), await tendril.started("Ada")

    profile = await profile_of(vera, ada)
    assert labels(profile) == ["🌱 Sequences", "🔎 Explain", "↻ Look again"]
    await vera.writes(f"/trigger {ada.id} onboarding")
    await vera.hears("I do not know /trigger")
    await vera.writes("/admin")
    assert "🚀 Start a sequence" not in labels(await vera.hears("at a glance"))
    assert {"users", "trigger"} & set(await menu(vera)) == {"users"}


async def test_a_button_of_somebody_with_more_rights_does_nothing_for_a_viewer(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    vera, ada = await with_role(tendril, "admin"), await tendril.started("Ada")
    page = await profile_of(vera, ada)
    await give(tendril, vera, "viewer")

    await vera.taps(page, "✉️ Message")
    await vera.writes("xyzzy")
    await vera.hears("I am a bot and only understand")

    assert await acts(connection, f"telegram:{vera.id}") == []


async def test_a_story_is_told_in_the_chat(tendril: Tendril, owner: Person) -> None:
    ada = await tendril.started("Ada <b>", username="ada_l")
    await tendril.settled()

    await owner.writes("/explain @ada_l")
    story = await owner.hears("Messages (times in UTC)")

    assert "Ada <b> (@ada_l)" in story["text"]
    assert f"• telegram, {ada.id}: active" in story["text"]


async def test_the_story_of_one_message_is_told(tendril: Tendril, owner: Person) -> None:
    ada, grace = await tendril.started("Ada"), await tendril.started("Grace")
    await tendril.settled()
    hers = (await tendril.explain(ada))["deliveries"][0]["delivery_id"]

    await owner.writes(f"/explain {ada.id} {hers}")
    story = await owner.hears(f"Delivery {hers}: onboarding 1 welcome, over telegram")
    assert "What happened" in story["text"]
    await owner.writes(f"/explain {grace.id} {hers}")

    await owner.hears(f"Grace has no message number {hers}")


async def test_a_long_story_comes_as_a_file(tendril: Tendril, owner: Person) -> None:
    ada = await tendril.started("Ada")
    user = (await tendril.explain(ada))["user"]["id"]
    for number in range(60):
        await tendril.process.store.call(
            "schedule_multi_channel_message", user_id=user, body=f"{number}", channels=["telegram"]
        )

    await owner.writes(f"/explain {ada.id}")

    async def attached() -> Any:
        return next((each for each in await owner.messages() if each["media"]), None)

    assert (await until(attached))["media"]["document"]["file_name"].endswith(".txt")


async def test_a_link_opens_the_dashboard_once(tendril: Tendril, owner: Person) -> None:
    await owner.writes("/dashboard")
    said = await owner.hears("This opens the dashboard")
    (link,) = re.findall(r"http\S+/admin/\S+", said["text"])

    async with tendril.http.post(link, allow_redirects=False) as first:
        assert (first.status, first.cookies["tendril_visit"]["httponly"]) == (303, True)
    async with tendril.http.post(link, allow_redirects=False) as second:
        assert (second.status, "tendril_visit" in second.cookies) == (410, False)


async def test_an_owner_by_setting_has_the_menu_at_once(tendril: Tendril, owner: Person) -> None:
    await until_menu(owner, has_admin=True)


async def test_a_profile_counts_what_somebody_committed_to(tendril: Tendril, owner: Person) -> None:
    ada = await tendril.started("Ada")
    user = (await tendril.explain(ada))["user"]["id"]
    await tendril.process.store.call(
        "create_commitment", user_id=user, text="Read a book", due_day="2026-03-06"
    )

    assert "commitments: 1 open, 0 kept, 0 missed" in (await profile_of(owner, ada))["text"]


async def test_somebody_who_is_gone_is_not_shown(
    tendril: Tendril, owner: Person, connection: asyncpg.Connection
) -> None:
    ada = await tendril.started("Ada")
    page = await profile_of(owner, ada)
    await connection.execute("delete from tendril.users where first_name = 'Ada'")

    for label in labels(page):
        await owner.taps(page, label)
    await owner.writes(f"/user {ada.id}")

    await owner.hears("I know nobody called")


async def test_an_admin_is_answered_in_german(tendril: Tendril) -> None:
    vera = await with_role(tendril, "admin", language_code="de")

    await vera.writes("/admin")
    await vera.hears("auf einen Blick")
    await vera.writes(f"/user {vera.id}")
    profile = await vera.hears("Beteiligung")
    assert "Vera, Admin" in profile["text"]
    await vera.writes("/users niemand")

    await vera.hears("Ich kenne niemanden")


async def test_help_shows_an_admin_what_admins_can_say(tendril: Tendril, owner: Person) -> None:
    ada = await tendril.started("Ada")

    await owner.writes("/help")
    await ada.writes("/help")

    assert "/dashboard:" in (await owner.hears("This is what I understand"))["text"]
    assert "/dashboard:" not in (await ada.hears("This is what I understand"))["text"]


def test_german_gives_reasons_for_what_there_are_reasons_for() -> None:
    assert set(german_reasons) <= set(REASONS)


def test_a_reason_that_german_lacks_is_said_in_english() -> None:
    assert words("de").reason_in_words("quiet_hours") == "es war Ruhezeit"
    assert words("de").reason_in_words("http_418") == "der Anbieter antwortete mit HTTP 418"
    assert words("de").reason_in_words("kicked") == words("en").reason_in_words("kicked")


async def test_a_question_too_long_for_a_button_says_how_to_go_on(tendril: Tendril, owner: Person) -> None:
    for number in range(9):
        name = "Ä" * 40
        await tendril.process.store.call("create_user", external_id=f"c{number}", first_name=name)

    await owner.writes("/users " + "Ä" * 40)
    page = await owner.hears("1 to 8 of 9")

    assert "a longer beginning of the name helps" in page["text"]
    assert not {"‹", "›"} & set(labels(page))
