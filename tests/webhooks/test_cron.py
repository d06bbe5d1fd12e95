"""A scheduler elsewhere sets off what the process otherwise does by its own clock."""

import pytest

from storage.store import Store
from tests.webhooks.conftest import ADMIN_KEY, OpenSidecar, Sidecar, Tables

SECRET = "a-secret-of-the-scheduler"
SHOWN = {"Authorization": f"Bearer {SECRET}"}
WORKING = ("generate-alerts", "send-emails", "send-notifications", "discover-patterns")


@pytest.fixture
async def scheduled(open_sidecar: OpenSidecar) -> Sidecar:
    return await open_sidecar(cron_secret=SECRET)


@pytest.mark.parametrize("job", WORKING)
async def test_a_job_is_set_off_by_either_method(scheduled: Sidecar, job: str) -> None:
    posted = await scheduled.post(f"/api/cron/{job}", headers=SHOWN)
    got = await scheduled.get(f"/api/cron/{job}", headers=SHOWN)

    assert (posted.status, got.status) == (200, 200)


@pytest.mark.parametrize("headers", [{}, {"Authorization": f"Bearer {ADMIN_KEY}"}, {"X-API-Key": "no"}])
async def test_without_the_secret_nothing_is_set_off(
    scheduled: Sidecar, headers: dict[str, str], tables: Tables
) -> None:
    before = await tables.everything()

    for job in WORKING:
        assert (await scheduled.get(f"/api/cron/{job}", headers=headers)).status == 401
        assert (await scheduled.post(f"/api/cron/{job}", headers=headers)).status == 401

    assert await tables.everything() == before


async def test_where_no_secret_is_set_none_fits(sidecar: Sidecar) -> None:
    assert (await sidecar.post("/api/cron/send-emails", headers={"Authorization": "Bearer "})).status == 401


async def test_the_secret_opens_nothing_else(scheduled: Sidecar) -> None:
    assert (await scheduled.get("/admin/api/nurture/active", headers=SHOWN)).status == 401


async def test_alerts_are_told_of_and_written_down(
    scheduled: Sidecar, store: Store, published: str, tables: Tables
) -> None:
    await store.call("publish_sequence", definition=ALERT)
    await store.call("set_channel_state", channel="email", paused_reason="invalid_key")

    first = await scheduled.post("/api/cron/generate-alerts", headers=SHOWN)
    second = await scheduled.post("/api/cron/generate-alerts", headers=SHOWN)

    assert ((await first.json())["alerts"], (await second.json())["alerts"]) == (1, 0)
    acts = await tables.rows("select action from tendril.audit_log where actor = 'cron'")
    assert [act["action"] for act in acts] == ["cron.generate_alerts"]


async def test_a_look_for_patterns_says_over_what_it_looked_and_what_it_found(scheduled: Sidecar) -> None:
    looked = await (await scheduled.post("/api/cron/discover-patterns", headers=SHOWN)).json()
    listed = await (await scheduled.as_admin("get", "/api/insights/patterns")).json()

    assert (looked["look"]["messages"], looked["look"]["comparisons"], looked["items"]) == (0, 0, [])
    assert listed == looked


ALERT = {
    "name": "admin_alert",
    "title": "Alert",
    "description": "What needs an admin.",
    "message_class": "transactional",
    "steps": [
        {
            "position": 1,
            "name": "news",
            "after": "0 seconds",
            "anchor": "enrollment",
            "channels": ["telegram"],
            "content": {"default": {"subject": "", "preheader": "", "body": "Look.", "buttons": []}},
        }
    ],
}
