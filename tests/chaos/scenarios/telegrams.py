"""7. Telegram floods, refuses for all its reasons, moves chats, and does not answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from itertools import pairwise

from tests.chaos.arena import Arena, arena
from tests.chaos.meddler import Damaged, Instead, Meddler, Request, meddling
from tests.chaos.oracle import Row, compare
from tests.chaos.server import Server
from tests.chaos.setting import Setting
from tests.chaos.tally import Tally
from tests.chaos.waiting import until

REFUSALS = {
    "bot was blocked by the user": 403,
    "user is deactivated": 403,
    "bot can't initiate conversation with a user": 403,
    "bot was kicked from the group chat": 403,
    "bot is not a member of the channel chat": 403,
    "bot can't send messages to bots": 403,
    "something that nobody has heard of yet": 403,
    "chat not found": 400,
}
RETRY_AFTER = 3
# What was on its way when Telegram said stop.
UNDER_WAY_SECONDS = 0.5
# Of the least possible time, what sending as much as the limits allow may take.
MOST_LATENESS = 1.1
TELEGRAM_PER_SECOND, EMAIL_REQUESTS_PER_SECOND = 25, 10


def refused(status: int, words: str, **parameters: int) -> Instead:
    kind = {400: "Bad Request", 403: "Forbidden", 429: "Too Many Requests"}[status]
    body = {"ok": False, "error_code": status, "description": f"{kind}: {words}"}
    return Instead(status, body | ({"parameters": parameters} if parameters else {}))


async def faults(server: Server, setting: Setting) -> AsyncIterator[Row]:
    async with AsyncExitStack() as opened:
        place = await opened.enter_async_context(arena(server, "telegram"))
        meddler = await opened.enter_async_context(meddling(place))
        for number in range(2):
            await place.worker(f"w{number}", lease_seconds=60)
        for scenario in (_flood, _refusals, _migrations, _one_chat_a_second, _silence):
            async for row in scenario(place, meddler, setting):
                yield row


async def _flood(place: Arena, meddler: Meddler, setting: Setting) -> AsyncIterator[Row]:
    tally = Tally(f"7 Telegram: flood, retry_after {RETRY_AFTER}")
    await place.budget("telegram", 100, 20)
    for _ in range(setting.choose(short=1, long=10)):
        stopped: list[float] = []

        def flooded(request: Request) -> Instead | None:
            if request.number >= 50 and not stopped:  # noqa: B023
                stopped.append(request.at)  # noqa: B023
            is_closed = stopped and request.at < stopped[0] + RETRY_AFTER  # noqa: B023
            return refused(429, "retry after 3", retry_after=RETRY_AFTER) if is_closed else None

        meddler.begin(flooded)
        cohort = await place.enroll(telegram=200, email=0)
        await place.quiet()
        since = stopped[0]
        heard = since + UNDER_WAY_SECONDS * setting.patience
        late = [each for each in meddler.seen if heard < each.at < since + RETRY_AFTER]
        tally.wrong += len(late)
        tally.complain_if(bool(late), f"{len(late)} requests during retry_after")
        await tally.count(place, cohort)
    await place.budget("telegram", None)
    yield tally.row()


async def _refusals(place: Arena, meddler: Meddler, setting: Setting) -> AsyncIterator[Row]:
    tally = Tally("7 Telegram: 403 of every kind, chat not found")
    for _ in range(setting.choose(short=1, long=10)):
        cohort = await place.people(telegram=200, email=0)
        words = list(REFUSALS)
        fate = {number: words[number % 16] for number in cohort.telegram if number % 16 < len(words)}

        def by_fate(request: Request) -> Instead | None:
            said = fate.get(request.body["chat_id"])  # noqa: B023
            return refused(REFUSALS[said], said) if said else None

        meddler.begin(by_fate)
        await place.plan("telegram", cohort.telegram)
        await place.quiet()
        closed = await place.connection.fetch(
            "select address from tendril.contact_points "
            "where state = 'unreachable' and state_reason is not null"
        )
        unreachable = {row["address"] for row in closed}
        expected = {str(number) for number in fate}
        missed = expected - unreachable
        tally.complain_if(bool(missed), f"{len(missed)} addresses were not closed")
        tally.complain_if(len(meddler.seen) != 200, f"{len(meddler.seen)} requests for 200 messages")
        await tally.count(place, cohort, excused=sorted(expected))
    yield tally.row()


async def _migrations(place: Arena, meddler: Meddler, setting: Setting) -> AsyncIterator[Row]:
    """Each tenth chat has a new id: what is for it arrives there, once, unless somebody is there already."""
    tally = Tally("7 Telegram: migrate_to_chat_id")
    for _ in range(setting.choose(short=1, long=10)):
        cohort = await place.people(telegram=100, email=0)
        known = await place.people(telegram=2, email=0)
        homes = [*await place.strangers(8), *known.telegram]
        moved = dict(zip(cohort.telegram[::10], homes, strict=True))

        def elsewhere(request: Request) -> Instead | None:
            home = moved.get(request.body["chat_id"])  # noqa: B023
            return refused(400, "upgraded to a supergroup", migrate_to_chat_id=home) if home else None

        meddler.begin(elsewhere)
        await place.plan("telegram", cohort.telegram)
        await place.quiet()
        expected = {moved.get(each, each) for each in cohort.telegram} - set(known.telegram)
        tally.add(compare(map(str, expected), place.news()))
        await place.forget()
    yield tally.row()


async def _one_chat_a_second(place: Arena, meddler: Meddler, setting: Setting) -> AsyncIterator[Row]:
    tally = Tally("7 Telegram: one a second to a chat")
    for _ in range(setting.choose(short=1, long=10)):
        meddler.begin(lambda request: None)
        cohort = await place.people(telegram=50, email=0)
        for _ in range(3):
            await place.plan("telegram", cohort.telegram)
        await place.quiet()
        at = defaultdict(list)
        for request in meddler.seen:
            at[request.body["chat_id"]].append(request.at)
        hasty = [chat for chat, moments in at.items() if any(b - a < 1 for a, b in pairwise(moments))]
        tally.n += len(meddler.seen)
        tally.wrong += len(hasty)
        tally.lost += 3 * len(cohort) - len(place.news())
        await place.forget()
    yield tally.row()


async def _silence(place: Arena, meddler: Meddler, setting: Setting) -> AsyncIterator[Row]:
    """Accepted, and nobody hears of it: a person has to look, and it is not sent again."""
    tally = Tally("7 Telegram: read time-out after acceptance")
    for _ in range(setting.choose(short=1, long=3)):
        cohort = await place.people(telegram=200, email=0)
        silent = set(cohort.telegram[:: len(cohort.telegram) // 5])
        meddler.begin(lambda request: Damaged("silent") if request.body["chat_id"] in silent else None)  # noqa: B023
        await place.plan("telegram", cohort.telegram)
        await until(lambda: _count(place, "sent", len(cohort) - len(silent)), "others were not starved", 10)  # noqa: B023
        await place.quiet()
        unknown = (await place.statuses()).get("unknown", 0)
        tally.complain_if(unknown < len(silent), f"only {unknown} are marked as unknown")
        await tally.count(place, cohort)
    yield tally.row()


async def _count(place: Arena, status: str, count: int) -> bool:
    return bool(
        await place.value(
            "select count(*) >= $2 from tendril.message_deliveries d "
            "where delivery_status = $1 and sequence_type = $3",
            status,
            count,
            f"round_{place.rounds}",
        )
    )


async def budgets(server: Server, setting: Setting) -> AsyncIterator[Row]:
    """The providers' own limits are on, and they never have to say that it was too much."""
    seconds = setting.choose(short=5, long=60)
    messages, requests = TELEGRAM_PER_SECOND * seconds, EMAIL_REQUESTS_PER_SECOND * seconds
    async with AsyncExitStack() as opened:
        place = await opened.enter_async_context(arena(server, "budgets", limits=True))
        meddler = await opened.enter_async_context(meddling(place))
        await place.budget("telegram", TELEGRAM_PER_SECOND, 5)
        await place.budget("email", EMAIL_REQUESTS_PER_SECOND, 1)
        cohort = await place.enroll(telegram=messages, email=100 * requests)
        meddler.begin(lambda request: None)
        for number in range(2):
            await place.worker(f"w{number}", lease_seconds=60)
        await place.quiet()
        tally = Tally("7 both providers' limits imposed")
        took = _span(meddler, "/telegram/") / seconds
        tally.complain_if(
            took > MOST_LATENESS * setting.patience, f"took {took:.2f} × the least possible time"
        )
        too_many = _too_many(meddler, is_starved=setting.is_short and took > MOST_LATENESS)
        tally.complain_if(bool(too_many), f"{len(too_many)} requests were too many, as {too_many[:1]}")
        mails = _span(meddler, "/resend/") / seconds
        tally.add(compare(cohort.recipients(), place.news()))
        yield tally.row(f"Telegram in {took:.2f} ×, mails in {mails:.2f} × the least possible time")


def _too_many(meddler: Meddler, is_starved: bool) -> list[str]:
    """What a provider refused. On a machine that is starved for seconds, messages that left one by one can
    still reach Telegram together (docs/decisions/0016), and go again; Resend has nothing to refuse even then.
    """
    refused = [path for path, status in meddler.statuses if status == 429]
    return [path for path in refused if not (is_starved and path.startswith("/telegram/"))]


def _span(meddler: Meddler, path: str) -> float:
    moments = [request.at for request in meddler.seen if request.path.startswith(path)]
    return max(moments) - min(moments)
