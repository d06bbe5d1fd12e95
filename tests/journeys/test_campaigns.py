"""Campaigns as an admin has them: over the API, on everybody's own clock, and answered for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.fixtures.sandbox import Person, until
from tests.journeys.conftest import Journey, at

CAMPAIGNS = "/api/engagement/campaigns"
WEEKLY: dict[str, Any] = {
    "name": "come_back",
    "title": "Come back",
    "kind": "recurring",
    "audience": {"audience": "inactive_7_days"},
    "schedule": {"every": "week", "on": ["mon", "wed", "fri"], "at": "09:00"},
    "steps": [
        {
            "name": "hello",
            "channels": ["telegram", "email"],
            "content": {"default": {"subject": "A seat is kept", "body": "A seat is kept for you."}},
        }
    ],
}
DRIP: dict[str, Any] = {
    "name": "first_month",
    "title": "The first month",
    "kind": "drip",
    "audience": "all_users",
    "schedule": {"anchor": "user.created_at"},
    "steps": [
        {
            "name": f"day_{day}",
            "after": f"{day} days",
            "anchor": "enrollment",
            "at": "10:00",
            "channels": ["telegram"],
            "content": {"default": {"body": f"Day {day}"}},
        }
        for day in (1, 3, 7, 14, 30)
    ],
}


async def drafted(journey: Journey, campaign: dict[str, Any]) -> int:
    status, answer = await journey.tendril.api("POST", CAMPAIGNS, campaign)
    assert status == 201, answer
    return int(answer["id"])


async def begun(journey: Journey, campaign: dict[str, Any]) -> int:
    number = await drafted(journey, campaign)
    await begin(journey, number)
    return number


async def begin(journey: Journey, number: int) -> None:
    status, active = await journey.tendril.api("POST", f"{CAMPAIGNS}/{number}/activate", {})
    assert (status, active["status"]) == (200, "active"), active


async def arrived(journey: Journey, *names: str) -> list[Person]:
    """At ten on Monday: a week later they are quiet for less than a week at nine, by an hour."""
    await journey.tendril.advance("1 hour")
    return [await journey.member(name) for name in names]


async def heard(person: Person) -> list[str]:
    """When the campaigns wrote; the catalogue's sequences write too."""
    texts = ("A seat is kept", "Day ")
    return [at(each["date"]) for each in await person.messages() if each["text"].startswith(texts)]


async def test_who_is_quiet_for_a_week_hears_three_times_a_week_at_nine_on_their_own_clock(
    journey: Journey,
) -> None:
    ada, tomo = await arrived(journey, "Ada", "Tomo")
    await journey.prefer(tomo, timezone="Asia/Tokyo")
    await begun(journey, WEEKLY)

    await journey.tendril.advance("11 days")

    assert await heard(ada) == ["Wed 11 Mar 09:00", "Fri 13 Mar 09:00"]
    assert await heard(tomo) == ["Wed 11 Mar 00:00", "Fri 13 Mar 00:00"]


async def test_a_drip_comes_on_its_days_and_leaves_out_who_was_there_before(journey: Journey) -> None:
    before = await journey.member("Ada")
    await begun(journey, DRIP)
    new = await journey.member("Bob")

    await journey.tendril.advance("31 days")

    assert await heard(new) == [
        f"{day} 10:00" for day in ("Tue 03 Mar", "Thu 05 Mar", "Mon 09 Mar", "Mon 16 Mar", "Wed 01 Apr")
    ]
    assert await heard(before) == []


async def test_why_somebody_got_it_and_what_became_of_it_can_be_asked(journey: Journey) -> None:
    (ada,) = await arrived(journey, "Ada")
    campaign = await begun(journey, WEEKLY)
    await journey.tendril.advance("9 days")

    deliveries = (await journey.tendril.explain(ada))["deliveries"]
    (delivery,) = [each for each in deliveries if each["sequence_type"] == "campaign_come_back"]
    _, story = await journey.tendril.api("GET", f"/admin/api/deliveries/{delivery['delivery_id']}/explain")
    _, log = await journey.tendril.api("GET", f"{CAMPAIGNS}/{campaign}/executions")

    assert story["enrollment"]["campaign"] == "come_back"
    assert [(run["occurrence"], run["enrolled"]) for run in log["items"] if run["enrolled"]] == [
        ("2026-03-11T09:00", 1)
    ]

    async def one_is_counted() -> bool:
        _, figures = await journey.tendril.api("GET", "/api/engagement/analytics?campaign=come_back")
        return bool(figures["total"]["counts"]["sent"] == 1)

    await until(one_is_counted)


async def test_a_paused_campaign_writes_to_nobody_until_it_goes_on(journey: Journey) -> None:
    (ada,) = await arrived(journey, "Ada")
    campaign = await begun(journey, WEEKLY)
    await journey.tendril.advance("9 days")
    await journey.tendril.api("POST", f"{CAMPAIGNS}/{campaign}/pause", {})
    await journey.tendril.advance("3 days")
    assert await heard(ada) == ["Wed 11 Mar 09:00"]

    await journey.tendril.api("POST", f"{CAMPAIGNS}/{campaign}/resume", {})
    await journey.tendril.advance("2 days")

    # Friday's had become stale
    assert await heard(ada) == ["Wed 11 Mar 09:00", "Mon 16 Mar 09:00"]


async def test_what_is_simulated_is_what_comes(journey: Journey) -> None:
    ada = await journey.member("Ada")
    everybody = DRIP | {"schedule": {"anchor": "user.created_at", "include_existing": True}}
    campaign = await drafted(journey, everybody)

    status, simulated = await journey.tendril.api(
        "POST", f"{CAMPAIGNS}/{campaign}/simulate", {"users": [str(ada.id)], "days": 15}
    )
    assert status == 200, simulated
    await begin(journey, campaign)
    await journey.tendril.advance("15 days")

    (person,) = simulated["users"]
    sent = [
        entry["at"] for entry in person["entries"] if entry["verdict"] == "send" and not entry["is_other"]
    ]
    assert [f"{datetime.fromisoformat(each):%a %d %b %H:%M}" for each in sent] == await heard(ada)
    assert len(sent) == 4
