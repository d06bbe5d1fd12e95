"""/interventions and /outreach, as somebody sees them who may look and not act, and in German."""

from __future__ import annotations

import json

import asyncpg
import pytest

from tests.bot.reading import labels
from tests.bot.test_administration import with_role
from tests.fixtures.process import Tendril

pytestmark = pytest.mark.usefixtures("monday_noon")


@pytest.fixture
async def waiting(tendril: Tendril, connection: asyncpg.Connection) -> None:
    """A task about Bo and a suggestion for him before that."""
    bo = await tendril.started("Bo")
    user = (await tendril.process.store.call("find_user", reference=str(bo.id)))["id"]
    reasons = [{"words": "6 messages <unanswered>", "words_de": "6 Nachrichten ohne Antwort"}]
    await connection.execute(
        """with made as (
            insert into tendril.interventions (user_id, type, status, risk, band, reasons, created_at, until)
            values ($1, 'human_outreach', 'suggested', 88, 'critical', $2, tendril.clock(),
                tendril.clock() + interval '7 days')
            returning id)
        insert into tendril.outreach_tasks (intervention_id, user_id, created_at, tell_at)
        select made.id, $1, tendril.clock(), 'infinity' from made""",
        user,
        json.dumps(reasons),
    )


async def test_a_viewer_sees_whom_to_talk_to_and_decides_nothing(tendril: Tendril, waiting: None) -> None:
    vera = await with_role(tendril, "viewer")

    await vera.writes("/outreach")
    page = await vera.hears("Whom somebody should talk to")
    await vera.writes("/interventions")
    figures = await vera.hears("A word from a person")

    assert "6 messages <unanswered>" in page["text"]
    assert [label for label in labels(page) if "Done" in label] == []
    assert labels(figures) == []
    assert "Nothing to compare yet" in figures["text"]


async def test_the_pages_speak_german_reasons_included(tendril: Tendril, waiting: None) -> None:
    gerda = await with_role(tendril, "admin", "Gerda", language_code="de")

    await gerda.writes("/outreach")
    page = await gerda.hears("Mit wem jemand reden sollte")
    await gerda.writes("/interventions")
    figures = await gerda.hears("Ein Wort von einem Menschen")

    assert "6 Nachrichten ohne Antwort" in page["text"]
    assert any("Erledigt" in label for label in labels(page))
    assert "6 Nachrichten ohne Antwort" in figures["text"]


async def test_a_decision_that_somebody_was_faster_with_says_so(tendril: Tendril, waiting: None) -> None:
    boss = await with_role(tendril, "admin", "Boss")
    await boss.writes("/outreach")
    page = await boss.hears("Whom somebody should talk to")
    (task,) = await tendril.process.store.call("list_outreach")
    await tendril.process.store.call("decide_outreach", task_id=task["id"], answer="done", actor="admin_api")

    await boss.taps(page, f"✕ Not needed {task['id']}")
    await boss.hears("Nobody waits to be talked to")

    (kept,) = await tendril.process.store.call("list_outreach", is_open=False)
    assert (kept["status"], kept["decided_by"]) == ("done", "admin_api")
