"""One address that says how we are."""

from tests.webhooks.conftest import Sidecar
from webhooks.options import Trouble


async def test_health_says_what_a_monitor_wants_to_know(sidecar: Sidecar) -> None:
    answer = await sidecar.get("/")

    body = await answer.json()
    assert (answer.status, body["status"], body["version"]) == (200, "ok", "1.2.3")
    assert body["database"]["status"] == "ok"
    assert body["queue"]["due"] == 0
    assert body["last_tick"] is not None


async def test_a_channel_that_is_off_says_why(sidecar: Sidecar) -> None:
    channels = (await (await sidecar.get("/")).json())["channels"]

    assert channels["telegram"]["status"] == "on"
    assert (channels["email"]["status"], channels["email"]["why"]) == ("off", "no key")


async def test_without_the_database_health_is_a_503(sidecar: Sidecar) -> None:
    sidecar.road.is_closed = True

    answer = await sidecar.get("/")

    body = await answer.json()
    assert (answer.status, body["status"], body["database"]["status"]) == (503, "degraded", "away")


async def test_a_paused_channel_degrades_us(sidecar: Sidecar, published: str) -> None:
    await sidecar.road.call("configure_budget", channel="telegram", per_second=1, burst=1)
    await sidecar.road.call(
        "set_channel_state", channel="telegram", paused_reason="invalid_token", blocked_until=None
    )

    body = await (await sidecar.get("/")).json()

    assert body["status"] == "degraded"
    assert body["channels"]["telegram"]["status"] == "paused"
    assert body["problems"][0]["problem"] == "telegram is paused: invalid_token"
    assert "doctor" in body["problems"][0]["remedy"]


async def test_what_is_wrong_is_said_with_what_to_do(sidecar: Sidecar) -> None:
    sidecar.troubles.append(Trouble("Another process asks.", "Stop the other one."))

    body = await (await sidecar.get("/")).json()
    page = await (await sidecar.get("/", headers={"Accept": "text/html"})).text()

    assert body["problems"] == [{"problem": "Another process asks.", "remedy": "Stop the other one."}]
    assert body["channels"]["telegram"]["status"] == "on"
    assert "Another process asks." in page
    assert "Stop the other one." in page


async def test_a_browser_gets_a_page(sidecar: Sidecar) -> None:
    answer = await sidecar.get("/", headers={"Accept": "text/html,application/xhtml+xml"})

    assert (answer.status, answer.content_type) == (200, "text/html")
    assert "All is well" in await answer.text()


async def test_head_is_enough_for_a_monitor(sidecar: Sidecar) -> None:
    assert (await sidecar.head("/")).status == 200


async def test_metrics_speak_prometheus(sidecar: Sidecar) -> None:
    await sidecar.get("/o/whatever")

    answer = await sidecar.get("/metrics")

    text = await answer.text()
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert 'tendril_http_request_seconds_count{method="GET",route="/o/{token}",status="200"} 1.0' in text


async def test_metrics_leave_out_when_each_series_began(sidecar: Sidecar) -> None:
    await sidecar.get("/")

    assert "_created" not in await (await sidecar.get("/metrics")).text()


async def test_metrics_are_there_while_the_database_is_away(sidecar: Sidecar) -> None:
    sidecar.road.is_closed = True

    assert (await sidecar.get("/metrics")).status == 200
