"""The same person, nurtured by a process that reaches its database over PostgREST alone."""

from __future__ import annotations

from pydantic import SecretStr

from tests.fixtures.postgrest import Supabase
from tests.fixtures.process import RunTendril
from tests.journeys.conftest import Journey, first, lesson


async def test_a_week_over_supabase_brings_what_a_week_over_postgresql_brings(
    run_tendril: RunTendril, supabase: Supabase
) -> None:
    over_supabase = {
        "database_url": None,
        "supabase_url": supabase.url,
        "supabase_secret_key": SecretStr(supabase.secret_key),
    }
    async with run_tendril(**over_supabase) as tendril:
        journey = Journey(tendril)
        await journey.publish(first(channels=["email", "telegram"]), lesson("two"))
        ada = await tendril.started("Ada")
        user = await journey.call("find_user", reference=str(ada.id))
        await journey.call(
            "open_contact_point", user_id=user["id"], channel="email", address="ada@example.com"
        )
        await journey.enroll(ada)
        await journey.happens(await journey.mail(ada), "bounce")
        await ada.hears("lesson one")
        await tendril.advance("6 days 12 hours")

        await ada.hears("lesson two")
        runs = (await tendril.explain(ada))["enrollments"]
        assert {run["sequence"]: run["status"] for run in runs} == {
            "course": "completed",
            "onboarding": "completed",
        }
