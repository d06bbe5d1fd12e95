"""6. Resend answers everything that it can answer, and some things that it cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from tests.chaos.arena import Arena, address, arena
from tests.chaos.meddler import Damaged, Instead, Meddler, Meddling, Plan, Request, meddling
from tests.chaos.oracle import Row
from tests.chaos.server import Server
from tests.chaos.setting import Setting
from tests.chaos.tally import Tally
from tests.chaos.waiting import until

MAILS = 200


def refusal(status: int, name: str, **headers: str) -> Instead:
    body = {"statusCode": status, "name": name, "message": "told by the meddler"}
    return Instead(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


FAULTS: dict[str, Instead | Damaged] = {
    "429 Retry-After 1": refusal(429, "rate_limit_exceeded", Retry_After="1"),
    "429 Retry-After 60": refusal(429, "rate_limit_exceeded", Retry_After="60"),
    "429 daily quota": refusal(429, "daily_quota_exceeded"),
    "429 monthly quota": refusal(429, "monthly_quota_exceeded"),
    "500": refusal(500, "internal_server_error"),
    "503, not from Resend": Instead(503, "<html>upstream unavailable</html>"),
    "reset": Instead(),
    "answer truncated": Damaged("truncated"),
    "answer not JSON": Damaged("not_json"),
    "answer of another shape": Damaged("wrong_shape"),
    "answer lost after acceptance": Damaged("lost"),
    "409 concurrent": refusal(409, "concurrent_idempotent_requests"),
    "409 other payload": refusal(409, "invalid_idempotent_request"),
}
SILENCES: dict[str, Instead | Damaged] = {
    "time-out before acceptance": Instead(is_silent=True),
    "time-out after acceptance": Damaged("silent"),
    "slow loris": Damaged("slow_loris"),
}
# These stop everybody, which is what they say.
STOP_THE_CHANNEL = {
    "429 Retry-After 1",
    "429 Retry-After 60",
    "429 daily quota",
    "429 monthly quota",
}


async def faults(server: Server, setting: Setting) -> AsyncIterator[Row]:
    times = setting.choose(short=1, long=10)
    async with AsyncExitStack() as opened:
        place = await opened.enter_async_context(arena(server, "resend"))
        meddler = await opened.enter_async_context(meddling(place))
        await place.worker("w", lease_seconds=30)
        for what, fault in FAULTS.items():
            tally = Tally(f"6 Resend: {what}")
            for _ in range(times):
                await _run(place, meddler, what, fault, tally)
            yield tally.row()
        tally = Tally("6 Resend: answer lost, then the API key refused")
        for _ in range(times):
            await _lose_then_refuse(place, meddler, tally)
        yield tally.row()
        tally = Tally("6 Resend: one bad mail in a batch")
        for _ in range(times):
            await _spoil_one(place, meddler, tally)
        yield tally.row()


async def _run(place: Arena, meddler: Meddler, what: str, fault: Instead | Damaged, tally: Tally) -> None:
    """The first request meets the fault; the second batch must not wait for it."""
    meddler.begin(lambda request: fault if request.number == 1 else None)
    cohort = await place.enroll(telegram=0, email=MAILS)
    if what not in STOP_THE_CHANNEL:
        await until(lambda: _are_accepted(place, MAILS // 2), "the other batch was sent", 30)
    await _let_time_pass(place)
    await tally.count(place, cohort, excused=await _parked(place))


async def _are_accepted(place: Arena, count: int) -> bool:
    return place.ledger.waiting() >= count


async def _let_time_pass(place: Arena) -> None:
    """A day at most, as quick as it goes; an admin repairs the channel meanwhile."""

    async def is_over() -> bool:
        await place.store.call("set_channel_state", channel="email", paused_reason=None)
        await place.control("POST", "/clock", advance="20 minutes")
        return not await place.value(
            "select exists (select from tendril.message_deliveries "
            "where delivery_status in ('pending', 'sending'))"
        )

    await until(is_over, "everything was delivered")
    # A stored batch may go again while its channel is paused, so the last thing can be a pause.
    await place.store.call("set_channel_state", channel="email", paused_reason=None)


async def _parked(place: Arena) -> list[str]:
    rows = await place.connection.fetch(
        "select recipient_address from tendril.message_deliveries "
        "where delivery_status in ('unknown', 'failed', 'parked') and reason is not null"
    )
    return [row["recipient_address"] for row in rows]


async def _lose_then_refuse(place: Arena, meddler: Meddler, tally: Tally) -> None:
    """Accepted, the answer lost, and then the key is refused: what may have arrived stays in its batch."""
    meddler.begin(_losing_then_refusing(refusal(401, "invalid_api_key")))
    cohort = await place.enroll(telegram=0, email=MAILS)
    await until(lambda: _are_accepted(place, MAILS // 2), "a batch was accepted", 30)
    await _let_time_pass(place)
    tally.complain_if(len(meddler.seen) < 4, f"only {len(meddler.seen)} requests")
    await tally.count(place, cohort)


def _losing_then_refusing(refused: Instead) -> Plan:
    """Whichever batch comes first loses its answer, and is refused when it comes again."""
    first: list[Request] = []

    def meddle(request: Request) -> Meddling:
        if not first:
            first.append(request)
            return Damaged("lost")
        is_the_second_time = len(first) == 1 and request.body == first[0].body
        if is_the_second_time:
            first.append(request)
        return refused if is_the_second_time else None

    return meddle


async def _spoil_one(place: Arena, meddler: Meddler, tally: Tally) -> None:
    meddler.begin(lambda request: None)
    cohort = await place.people(telegram=0, email=MAILS)
    spoilt = cohort.email[MAILS // 3]
    nobody = f"nobody at all {spoilt}"
    await place.connection.execute(
        "update tendril.contact_points set address = $2 where address = $1", address(spoilt), nobody
    )
    await place.plan("email", cohort.email)
    await _let_time_pass(place)
    excused = await _parked(place)
    tally.complain_if(nobody not in excused, "the bad mail was not refused with a reason")
    await tally.count(place, cohort, excused=[*excused, address(spoilt)])


async def silences(server: Server, setting: Setting) -> AsyncIterator[Row]:
    """All at once, because each of them takes half a minute."""
    async with AsyncExitStack() as opened:
        place = await opened.enter_async_context(arena(server, "silences"))
        meddler = await opened.enter_async_context(meddling(place))
        await place.worker("w", lease_seconds=60)
        tally = Tally(f"6 Resend: {', '.join(SILENCES)}")
        for _ in range(setting.choose(short=1, long=5)):
            meddler.begin(_silent_at_first)
            cohort = await place.enroll(telegram=0, email=MAILS * len(SILENCES))
            others = len(cohort) - 100 * len(SILENCES)
            await until(lambda: _are_accepted(place, others), "the other batches were sent", 15)  # noqa: B023
            await until(lambda: _nobody_waits_for_an_answer(place), "the requests were given up")
            await _let_time_pass(place)
            await tally.count(place, cohort, excused=await _parked(place))
        yield tally.row()


def _silent_at_first(request: Request) -> Instead | Damaged | None:
    kinds = list(SILENCES.values())
    return kinds[request.number - 1] if request.number <= len(kinds) else None


async def _nobody_waits_for_an_answer(place: Arena) -> bool:
    """Before that, moving the clock would take leases away from those who wait."""
    return not await place.value(
        "select exists (select from tendril.message_deliveries "
        "where delivery_status = 'sending' and lease_token is not null)"
    )
