"""Start and stop."""

from __future__ import annotations

import asyncio
import gc

import pytest
from pydantic import SecretStr

from bot.build import Part
from bot.database import LateStore
from bot.running import spare_what_stays, supervise
from bot.waiting import Bell, patiently
from storage.store import Store, Unavailable
from tests.fixtures.postgrest import Supabase
from tests.fixtures.process import RunTendril, Tendril
from tests.fixtures.sandbox import until


async def diligent(stop: asyncio.Event) -> None:
    await stop.wait()


async def test_a_duty_that_dies_stops_the_others_and_is_raised() -> None:
    async def dies(stop: asyncio.Event) -> None:
        raise ValueError("broken")

    with pytest.raises(ExceptionGroup) as died:
        await supervise({"a": dies, "b": diligent}, asyncio.Event(), grace_seconds=1)

    assert died.group_contains(ValueError, match="broken")


async def test_a_duty_that_ends_unasked_is_a_failure() -> None:
    async def leaves(stop: asyncio.Event) -> None: ...

    with pytest.raises(ExceptionGroup, match="died"):
        await supervise({"a": leaves}, asyncio.Event(), grace_seconds=1)


async def test_a_duty_may_finish_what_it_holds() -> None:
    finished = []

    async def finishes(stop: asyncio.Event) -> None:
        await stop.wait()
        await asyncio.sleep(0.01)
        finished.append(True)

    stop = asyncio.Event()
    asyncio.get_running_loop().call_soon(stop.set)
    await supervise({"a": finishes}, stop, grace_seconds=1)

    assert finished


async def test_a_duty_that_takes_too_long_to_stop_is_cut_off() -> None:
    async def stubborn(stop: asyncio.Event) -> None:
        await asyncio.Event().wait()

    stop = asyncio.Event()
    stop.set()

    async with asyncio.timeout(20):
        await supervise({"a": stubborn}, stop, grace_seconds=0.01)


async def test_a_bell_rung_before_anybody_listens_is_heard() -> None:
    bell = Bell()
    bell.ring()

    async with asyncio.timeout(20):
        await bell.heard_or_stopped(asyncio.Event())


async def test_what_is_away_is_asked_for_again() -> None:
    answers = iter([Unavailable("08006", "away"), Unavailable("08006", "away"), None])
    failures: list[Exception] = []

    async def attempt() -> str:
        if (failure := next(answers)) is not None:
            raise failure
        return "there"

    async with asyncio.timeout(20):
        found = await patiently(
            attempt,
            until=(Unavailable,),
            stop=asyncio.Event(),
            on_failure=lambda failure, seconds: failures.append(failure),
        )

    assert (found, len(failures)) == ("there", 2)


async def test_a_store_that_is_not_connected_says_that_it_is_unavailable() -> None:
    store = LateStore(lambda: pytest.fail("nobody asked to connect"))

    with pytest.raises(Unavailable):
        await store.call("clock")


async def test_a_store_may_be_closed_twice() -> None:
    store = LateStore(lambda: pytest.fail("nobody asked to connect"))

    await store.aclose()
    await store.aclose()


async def test_health_says_that_everything_is_well(tendril: Tendril) -> None:
    async def ticked() -> bool:
        return (await tendril.api("GET", "/"))[1]["last_tick"] is not None

    await until(ticked)
    status, health = await tendril.api("GET", "/")

    assert (status, health["status"]) == (200, "ok")
    assert {name: channel["status"] for name, channel in health["channels"].items()} == {
        "telegram": "on",
        "email": "on",
    }


async def test_without_a_resend_key_email_is_off_and_the_rest_runs(run_tendril: RunTendril) -> None:
    async with run_tendril(resend_api_key=None) as tendril:
        await tendril.started("Ada")
        _, health = await tendril.api("GET", "/")

    assert health["channels"]["email"]["status"] == "off"
    assert "RESEND_API_KEY" in health["channels"]["email"]["why"]


async def test_what_email_should_carry_goes_by_telegram_while_email_is_off(run_tendril: RunTendril) -> None:
    async with run_tendril(resend_api_key=None) as tendril:
        ada = await tendril.started("Ada")
        await tendril.advance("5 days")
        sent = [each["channel"] for each in (await tendril.explain(ada))["deliveries"] if each["sent_at"]]

    assert len(sent) >= 3
    assert set(sent) == {"telegram"}


async def test_a_process_may_be_split(run_tendril: RunTendril) -> None:
    async with (
        run_tendril(frozenset({"worker"})) as tendril,
        run_tendril(frozenset({"bot"})),
    ):
        ada = await tendril.person("Ada")
        await ada.writes("/start")

        await ada.receives(1)


@pytest.mark.parametrize("part", ["worker", "bot"])
async def test_a_process_without_web_answers_health_and_metrics(run_tendril: RunTendril, part: Part) -> None:
    async with run_tendril(frozenset({part}), metrics_port=0) as tendril:
        status, health = await tendril.api("GET", "/")
        metrics = await scraped(tendril)

    assert (status, health["database"]["status"]) == (200, "ok")
    assert "tendril_claims_total" in metrics


async def test_without_a_port_a_process_without_web_does_not_listen(run_tendril: RunTendril) -> None:
    async with run_tendril(frozenset({"worker"})) as tendril:
        assert tendril.process.url is None


async def test_links_of_a_worker_lead_to_the_web_process(run_tendril: RunTendril) -> None:
    async with (
        run_tendril(frozenset({"worker"}), port=8080, metrics_port=0, public_url=None),
        run_tendril(frozenset({"bot"})) as tendril,
    ):
        ada = await tendril.started("Ada")
        await tendril.say(ada, "/email ada@example.com")
        mail = await tendril.control.mail("ada@example.com")

    assert "http://127.0.0.1:8080/confirm/" in mail["html"]


async def test_a_web_process_alone_knows_the_queue(run_tendril: RunTendril, store: Store) -> None:
    await store.call("configure_budget", channel="telegram", per_second=25, burst=5)
    await store.call("configure_budget", channel="email", per_second=25, burst=5)
    async with run_tendril(frozenset({"web"})) as tendril:
        user = await store.call("create_user", external_id="ada", email_address="ada@example.com")
        await store.call("enroll", user_id=user["user_id"], sequence="onboarding")

        assert "tendril_queue_due 1.0" in await scraped(tendril)


async def scraped(tendril: Tendril) -> str:
    async with tendril.http.get(f"{tendril.url}/metrics") as answer:
        return await answer.text()


async def test_over_supabase_it_is_the_same(run_tendril: RunTendril, supabase: Supabase) -> None:
    there = {
        "database_url": None,
        "supabase_url": supabase.url,
        "supabase_secret_key": SecretStr(supabase.secret_key),
    }
    async with run_tendril(**there) as tendril:
        ada = await tendril.started("Ada")
        await tendril.advance("2 days")

    assert len(await ada.messages()) == 2


def test_what_a_process_is_built_of_is_looked_through_no_more() -> None:
    """Else each collection holds up everybody who waits for an answer."""
    built = [[]]
    spare_what_stays()
    try:
        assert not any(each is built for each in gc.get_objects())
    finally:
        gc.unfreeze()
