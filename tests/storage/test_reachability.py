"""A database that is away is told once, reminded of rarely, and told once when it is back."""

from pathlib import Path

from structlog.testing import capture_logs

from storage.postgres import PostgresStore
from storage.reachability import REMINDER_SECONDS, Reachability
from storage.store import Unavailable

AWAY = Unavailable("08006", "the database cannot be reached")


def test_many_calls_that_find_nobody_are_told_once_and_rarely_again() -> None:
    moments = iter([0.0, *(REMINDER_SECONDS * 0.04 * number for number in range(1, 60))])
    reachability = Reachability(lambda: next(moments))
    with capture_logs() as told:
        for _ in range(59):
            reachability.missed(AWAY)
        reachability.answered()
        reachability.answered()
    assert [line["event"] for line in told] == [
        "database_is_away",
        *["database_is_still_away"] * 2,
        "database_is_back",
    ]


def test_a_deadlock_does_not_mean_that_the_database_is_away() -> None:
    with capture_logs() as told:
        Reachability().missed(Unavailable("40P01", "deadlock detected"))
    assert told == []


async def test_a_store_tells_when_its_database_goes_and_comes(database_url: str, tmp_path: Path) -> None:
    folder, _, _ = database_url.partition("host=")[2].partition("&")
    link = tmp_path / "s"
    store = PostgresStore(database_url.replace(folder, str(link)))
    with capture_logs() as told:
        for _ in range(2):
            try:
                await store.call("clock")
            except Unavailable:
                continue
        link.symlink_to(folder)
        await store.call("clock")
    await store.aclose()
    ours = [line["event"] for line in told if line["event"].startswith("database")]
    assert ours == ["database_is_away", "database_is_back"]
