"""Figures over the API: rates with counts and intervals, in days, in a funnel, as a table or a picture."""

import csv
import io
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import asyncpg
import pytest

from storage.store import Store
from tests.fixtures.database import Clock
from tests.webhooks.conftest import Sent, Sidecar

HERE = "/api/engagement/analytics"
CSV = {"Accept": "text/csv"}
SVG = {"Accept": "image/svg+xml"}


async def told(store: Store, sent: Sent, *types: str) -> None:
    events = [
        {"event_id": f"{sent.id}:{type_}", "source": "resend", "type": type_, "tracking_id": sent.tracking_id}
        for type_ in types
    ]
    await store.call("record_delivery_events", events=events)


@pytest.fixture(autouse=True)
async def noon(clock: Clock) -> None:
    """What was sent two hours ago was sent today."""
    tomorrow = await clock.now() + timedelta(days=1)
    await clock.set(tomorrow.replace(hour=12, minute=0))


async def asked(sidecar: Sidecar, path: str, **query: Any) -> Any:
    answer = await sidecar.as_admin("GET", path, params=query)
    assert answer.status == 200, await answer.text()
    return await answer.json()


async def test_a_rate_comes_with_its_counts_and_an_interval(
    sidecar: Sidecar, store: Store, sent: Sent
) -> None:
    await told(store, sent, "delivered", "clicked")

    body = await asked(sidecar, HERE)

    (email,) = body["items"]
    clicked = email["rates"]["clicked"]
    assert (email["key"], body["group_by"], body["period"]["behind"]) == ("email", "channel", 0)
    assert (clicked["count"], clicked["of"], clicked["rate"]) == (1, 1, 1.0)
    assert (round(clicked["low"], 3), clicked["high"]) == (0.207, 1.0)


async def test_what_has_no_denominator_has_no_rate(sidecar: Sidecar) -> None:
    body = await asked(sidecar, HERE, group_by="sequence")

    assert (body["items"], body["total"]["counts"]["sent"], body["total"]["rates"]["opened"]) == ([], 0, None)


@pytest.mark.parametrize(
    "group_by",
    ["type", "sequence", "version", "step", "template", "campaign", "variant", "mail_provider", "reason"],
)
async def test_messages_are_grouped_by_what_they_are_told_apart_by(
    sidecar: Sidecar, sent: Sent, group_by: str
) -> None:
    keys = {
        "type": ["sequence"],
        "sequence": ["letters"],
        "version": ["letters/1"],
        "step": ["letters/first"],
        "mail_provider": ["other"],
    }

    body = await asked(sidecar, HERE, group_by=group_by)

    assert [item["key"] for item in body["items"]] == keys.get(group_by, [])


async def test_a_filter_leaves_the_others_out(sidecar: Sidecar, sent: Sent) -> None:
    of_letters = await asked(sidecar, HERE, sequence="letters", step="first", type="sequence")
    elsewhere = await asked(sidecar, HERE, channel="telegram")

    assert [each["total"]["counts"]["sent"] for each in (of_letters, elsewhere)] == [1, 0]


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ({"group_by": "color"}, 422, "group_by"),
        ({"channel": "pigeon"}, 422, "channel"),
        ({"type": "letter"}, 422, "type"),
        ({"sequence": "nothing"}, 404, None),
        ({"step": "nowhere"}, 404, None),
        ({"variant": "nobody"}, 404, None),
        ({"from": "2026-03-02", "until": "2026-03-01"}, 422, "until"),
        ({"from": "yesterday"}, 422, "from"),
        ({"kind": "email"}, 422, "kind"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_by_its_field(
    sidecar: Sidecar, query: dict[str, str], status: int, field: str | None | None
) -> None:
    answer = await sidecar.as_admin("GET", HERE, params=query)

    assert (answer.status, (await answer.json())["error"].get("field")) == (status, field)


async def test_a_series_has_every_day_and_the_same_sums(sidecar: Sidecar, sent: Sent) -> None:
    body = await asked(sidecar, f"{HERE}/series")

    assert len(body["items"]) == 30
    assert sum(day["counts"]["sent"] for day in body["items"]) == body["total"]["counts"]["sent"] == 1


async def test_a_table_for_spreadsheets_has_no_formulas(sidecar: Sidecar, sent: Sent) -> None:
    answer = await sidecar.as_admin("GET", f"{HERE}?group_by=step", headers=CSV)

    header, row = csv.reader(io.StringIO(await answer.text()))
    table = dict(zip(header, row, strict=True))
    assert (answer.content_type, table["step"], table["sent"]) == ("text/csv", "letters/first", "1")


@pytest.mark.parametrize("path", ["/series", "/funnel?sequence=letters"])
async def test_a_picture_is_drawn_of_much_and_of_nothing(
    sidecar: Sidecar, published: str, store: Store, path: str
) -> None:
    answer = await sidecar.as_admin("GET", HERE + path, headers=SVG)

    assert answer.content_type == "image/svg+xml"
    assert ElementTree.fromstring(await answer.text()).tag.endswith("svg")


async def test_a_funnel_tells_who_got_what_and_why_they_left(
    sidecar: Sidecar, store: Store, sent: Sent
) -> None:
    await store.call("cancel_enrollment", enrollment_id=sent.enrollment_id, reason="admin")

    funnel = (await asked(sidecar, f"{HERE}/funnel", sequence="letters"))["funnel"]

    first, second = funnel["steps"]
    assert (funnel["entered"], funnel["left"]["count"]) == (1, 1)
    assert (first["reached"]["count"], first["got"]["count"], first["left"]) == (1, 1, [])
    assert (second["reached"]["count"], second["got"]["count"]) == (1, 0)
    assert second["left"] == [{"reason": "admin", "people": 1}]


async def test_a_cohort_is_followed_week_by_week(sidecar: Sidecar, store: Store, user_id: str) -> None:
    event = {"event_id": "a", "user_id": user_id, "type": "lesson_complete", "source": "api"}
    await store.call("record_behavior_events", events=[event])

    (cohort,) = (await asked(sidecar, f"{HERE}/cohorts", weeks=2))["items"]

    assert (cohort["people"], [week["count"] for week in cohort["active"]]) == (1, [1])
    assert [week["count"] for week in cohort["converted"]] == [0]


async def test_a_cohort_tells_who_reached_a_goal_and_when(
    sidecar: Sidecar, store: Store, connection: asyncpg.Connection, sent: Sent
) -> None:
    event = {"event_id": "a", "user_id": sent.user_id, "type": "lesson_complete", "source": "api"}
    await store.call("record_behavior_events", events=[event])
    await connection.execute(
        "insert into tendril.campaigns "
        "(name, title, kind, sequence, schedule, created_by, created_at, changed_at) values "
        "('c', 'C', 'one_time', 'letters', '{}', 'us', tendril.clock(), tendril.clock())"
    )
    await connection.execute(
        "insert into tendril.conversions (behavior_event_id, user_id, campaign_id, enrollment_id, "
        " is_engaged, is_last_touch, occurred_at, recorded_at) "
        "select b.id, b.user_id, c.id, e.id, true, true, tendril.clock(), tendril.clock() "
        "from tendril.behavior_events b, tendril.campaigns c, tendril.enrollments e "
        "where e.user_id = b.user_id"
    )

    (cohort,) = (await asked(sidecar, f"{HERE}/cohorts", weeks=2))["items"]
    table = await sidecar.as_admin("GET", f"{HERE}/cohorts", params={"weeks": "2", "format": "csv"})

    assert [week["count"] for week in cohort["converted"]] == [1]
    assert (await table.text()).splitlines()[0] == "week,people,active_0,active_1,converted_0,converted_1"
    assert (await table.text()).splitlines()[1].endswith(",1,1,,1,")


async def test_bounces_are_held_against_limits_when_there_are_enough(sidecar: Sidecar, sent: Sent) -> None:
    body = await asked(sidecar, f"{HERE}/deliverability")

    assert [limit["verdict"] for limit in body["limits"]] == ["too_few", "too_few"]
    assert [each["mail_provider"] for each in body["providers"]] == ["other"]
    assert await asked(sidecar, "/admin/api/email/stats") == body


async def test_times_and_hours_are_those_of_the_recipients(
    sidecar: Sidecar, store: Store, sent: Sent
) -> None:
    await told(store, sent, "delivered", "opened")

    body = await asked(sidecar, f"{HERE}/times")

    assert [(each["what"], each["deliveries"]) for each in body["medians"]] == [("open", 1)]
    assert (
        sum(hour["sent"] for hour in body["hours"]) == sum(hour["opened_then"] for hour in body["hours"]) == 1
    )


async def test_the_service_is_told_at_a_glance(sidecar: Sidecar, sent: Sent) -> None:
    metrics = await asked(sidecar, "/admin/api/metrics")
    nurture = await asked(sidecar, "/admin/api/nurture/analytics")

    assert (metrics["users"], metrics["enrollments"]["active"]) == (1, 1)
    assert metrics["today"]["channels"]["email"]["sent"] == nurture["total"]["counts"]["sent"] == 1
    assert [each["key"] for each in nurture["steps"]] == ["letters/first"]
