"""One clock for everybody: an own one, or the database's."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import aiohttp
import asyncpg
import pytest

import sandbox
from sandbox.clock import DatabaseClock, embedded_server, parse_duration
from tests.fixtures.sandbox import Control, until
from tests.sandbox.conftest import Telegram, given_up


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("1 day", timedelta(days=1)),
        ("90 minutes", timedelta(minutes=90)),
        ("1 week 2 hours", timedelta(days=7, hours=2)),
        ("2 hours, 30 mins", timedelta(hours=2, minutes=30)),
        ("1.5 days", timedelta(hours=36)),
        ("45 secs", timedelta(seconds=45)),
        ("10 SECONDS", timedelta(seconds=10)),
    ],
)
def test_durations_are_read_as_postgresql_reads_intervals(text, duration):
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text", ["", " ", "day", "1", "1 month", "1 year", "-1 day", "1 dayx", "1 day ago", "P1D"]
)
def test_what_has_no_fixed_length_is_no_duration(text):
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration(text)


def moment(text):
    return datetime.fromisoformat(text)


async def test_an_own_clock_moves_with_the_messages(telegram, ada, control):
    before = await control.get("/clock")

    moved = await control.advance("1 day")

    assert before["source"] == "sandbox"
    assert moved["hops"] == 1
    assert moved["offset_seconds"] == pytest.approx(86_400, abs=60)
    assert timedelta(days=1) <= moment(moved["now"]) - moment(before["now"]) < timedelta(days=1, minutes=1)
    sent = await telegram.call("sendMessage", chat_id=ada.id, text="x")
    assert sent["date"] == pytest.approx(moment(moved["now"]).timestamp(), abs=5)


async def test_the_clock_can_be_set_forward(control):
    target = datetime.now(UTC) + timedelta(days=40)

    moved = await control.post("/clock", set=target.isoformat())

    assert moment(moved["now"]) - target < timedelta(seconds=5)


@pytest.fixture
async def shared(box_on_database):
    async with aiohttp.ClientSession() as http:
        yield Control(box_on_database.url, http)


async def test_the_databases_clock_is_everybodys(shared, clock):
    await clock.advance("3 days")

    async def followed():
        return (await shared.get("/clock"))["offset_seconds"] == pytest.approx(3 * 86_400, abs=1)

    await until(followed)


async def test_advancing_moves_the_database(shared, clock):
    moved = await shared.advance("1 day")

    assert (await shared.get("/clock"))["source"] == "database"
    assert abs(await clock.now() - moment(moved["now"])) < timedelta(seconds=5)


async def test_an_own_clock_does_not_know_what_is_next(control):
    assert (await control.get("/clock"))["next_at"] is None


class Plan:
    """Replaces what the database says is due by a plan of moments; being done is up to the test."""

    def __init__(self, connection):
        self.connection = connection

    async def make(self):
        await self.connection.execute("""
            create table tendril.plan (moment timestamptz, done_at timestamptz);
            create or replace function tendril.upcoming_work(at timestamptz default tendril.clock())
            returns table (due_now int, next_at timestamptz) language sql stable as $$
                select (count(*) filter (where moment <= at))::int, min(moment) filter (where moment > at)
                from tendril.plan where done_at is null;
            $$;
        """)

    async def add(self, *moments):
        await self.connection.executemany("insert into tendril.plan values ($1)", [(at,) for at in moments])

    async def work(self):
        """What the process would do: whatever is due is done at once, and says when."""
        while True:
            await self.do()
            await asyncio.sleep(0.01)

    async def do(self):
        await self.connection.execute(
            "update tendril.plan set done_at = tendril.clock() "
            "where done_at is null and moment <= tendril.clock()"
        )

    async def lateness(self):
        rows = await self.connection.fetch(
            "select done_at - moment as late from tendril.plan order by moment"
        )
        return [row["late"] for row in rows]


@pytest.fixture
async def plan(connection):
    plan = Plan(connection)
    await plan.make()
    return plan


async def test_the_databases_clock_says_when_something_is_next(shared, clock, plan):
    soon = await clock.now() + timedelta(hours=20)
    await plan.add(soon + timedelta(days=1), soon)

    async def is_said():
        said = (await shared.get("/clock"))["next_at"]
        return said is not None and abs(moment(said) - soon) < timedelta(seconds=1)

    await until(is_said)


@pytest.fixture
async def worker(plan, database_url):
    """Somebody who does what is due, on a connection of their own."""
    connection = await asyncpg.connect(database_url)
    working = asyncio.create_task(Plan(connection).work())
    yield working
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await connection.close()


async def test_a_time_lapse_stops_at_every_due_time(shared, plan, worker, clock):
    now = await clock.now()
    await plan.add(*(now + timedelta(days=day) for day in (1, 2, 3, 10)))

    moved = await shared.advance("1 week")

    assert (moved["hops"], moved["drained"]) == (4, True)
    *on_time, beyond = await plan.lateness()
    assert all(late < timedelta(minutes=1) for late in on_time)
    assert beyond is None


async def test_what_follows_a_day_after_what_is_due_now_comes_within_a_day(shared, plan, clock, connection):
    await plan.add(await clock.now())
    advancing = asyncio.ensure_future(shared.advance("1 day"))

    async def has_begun():
        return await connection.fetchval(
            "select exists (select from pg_stat_activity where datname = current_database() "
            "and pid <> pg_backend_pid() and query like '%upcoming_work%')"
        )

    async def is_over():
        await plan.do()
        return advancing.done()

    await until(has_begun)
    await plan.add(await clock.now() + timedelta(days=1))
    await until(is_over)

    assert (await advancing)["hops"] == 2


async def test_a_time_lapse_goes_on_when_nobody_works(shared, plan, clock, monkeypatch):
    monkeypatch.setattr("sandbox.clock.PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr("sandbox.clock.SHORT_PATIENCE_SECONDS", 0.1)
    now = await clock.now()
    await plan.add(now + timedelta(hours=1), now + timedelta(hours=2))

    moved = await shared.advance("1 day")

    assert (moved["hops"], moved["drained"]) == (3, False)


async def test_a_caller_who_leaves_does_not_stop_the_time_lapse(shared, plan, worker, clock, monkeypatch):
    now = await clock.now()
    await plan.add(*(now + timedelta(days=day) for day in range(1, 7)))
    leaving = asyncio.ensure_future(shared.advance("1 week"))

    async def has_begun():
        return await clock.now() > now + timedelta(days=1)

    await until(has_begun)
    await given_up(leaving)

    moved = await shared.advance("1 hour")

    assert moved["offset_seconds"] == pytest.approx(7 * 86_400 + 3_600, abs=60)
    assert all(late < timedelta(minutes=1) for late in await plan.lateness())


async def test_a_database_that_is_away_is_said(tmp_path):
    url = f"postgresql://postgres@/tendril?host={tmp_path}"
    async with sandbox.serve(database_url=url) as box, aiohttp.ClientSession() as http:
        control = Control(box.url, http)
        telegram = Telegram(box.telegram_url, http, box.telegram_token)

        status, answer = await control.answer("POST", "/clock", json={"advance": "1 day"})

        assert (status, answer["error"]["code"]) == (503, "database_unreachable")
        assert (await control.get("/clock"))["source"] == "sandbox"
        assert await telegram.call("getMe")


async def test_a_database_that_hangs_holds_up_no_message():
    waited_in_vain = asyncio.Event()

    async def say_nothing(reader, writer):
        await reader.read()
        waited_in_vain.set()
        writer.close()

    mute = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = mute.sockets[0].getsockname()[1]
    url = f"postgresql://postgres@127.0.0.1:{port}/tendril?sslmode=disable"
    async with mute, sandbox.serve(database_url=url) as box, aiohttp.ClientSession() as http:
        telegram = Telegram(box.telegram_url, http, box.telegram_token)

        assert await telegram.call("getMe")
        assert not waited_in_vain.is_set()


def test_the_embedded_server_is_found_by_its_pid_file(tmp_path):
    folder = tmp_path / "postgres"
    folder.mkdir()
    lines = [str(os.getpid()), str(folder), "1763683200", "5433", "/run/socket", "", "123 4", "ready"]
    (folder / "postmaster.pid").write_text("\n".join(lines))

    assert embedded_server(tmp_path) == {
        "host": "/run/socket",
        "port": 5433,
        "user": "postgres",
        "database": "tendril",
    }


@pytest.mark.parametrize("content", ["", "999999999\nx\n1\n5432\n/run\n", "nonsense"])
def test_a_dead_or_half_written_pid_file_is_no_server(tmp_path, content):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "postmaster.pid").write_text(content)

    assert embedded_server(tmp_path) is None
    assert not DatabaseClock(None, tmp_path).is_expected
