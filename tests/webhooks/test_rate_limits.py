"""Nobody asks the JSON API more often than they may, and each is told how much is left."""

import pytest

from tests.webhooks.conftest import OpenSidecar, Sent, Sidecar
from webhooks.limits import MOST_CALLERS, Limits

ADDRESS = "/admin/api/nurture/active"


@pytest.fixture
async def narrow(open_sidecar: OpenSidecar) -> Sidecar:
    """Two at once, and the next one in hours."""
    return await open_sidecar(api_per_second=0.0001, cron_secret="a-secret-for-the-cron")


def test_a_bucket_holds_four_seconds_and_fills_by_itself() -> None:
    limits = Limits(per_second=2)

    at_once = [limits.take("a", 100.0).wait_seconds for _ in range(9)]
    later = [limits.take("a", 101.0).wait_seconds for _ in range(3)]

    assert at_once == [0] * 8 + [0.5]
    assert later == [0, 0, 0.5]


def test_a_bucket_never_holds_more_than_it_can() -> None:
    limits = Limits(per_second=1)
    limits.take("a", 0.0)

    assert limits.take("a", 1e6).left == 3


def test_callers_have_a_bucket_each() -> None:
    limits = Limits(per_second=0.25)

    assert [limits.take(who, 0.0).wait_seconds for who in ("a", "b", "a")] == [0, 0, 4]


def test_a_flood_of_callers_takes_no_more_memory_than_there_is_for_them() -> None:
    limits = Limits(per_second=0.25)
    for number in range(MOST_CALLERS + 1):
        limits.take(str(number), 0.0)

    assert limits.take("0", 0.0).wait_seconds == 0  # forgotten: it was away for longest
    assert limits.take(str(MOST_CALLERS), 0.0).wait_seconds > 0


async def test_who_asks_too_often_is_told_when_to_come_back(narrow: Sidecar) -> None:
    first = await narrow.as_admin("GET", ADDRESS)
    second = await narrow.as_admin("GET", ADDRESS)

    assert (first.status, first.headers["RateLimit"]) == (200, '"caller";r=0;t=0')
    assert first.headers["RateLimit-Policy"] == '"caller";q=1;w=4'
    assert (second.status, (await second.json())["error"]["code"]) == (429, "too_many")
    assert int(second.headers["Retry-After"]) > 1000
    assert second.headers["RateLimit"].startswith('"caller";r=0;t=')


async def test_who_guesses_keys_takes_nothing_from_who_has_one(narrow: Sidecar) -> None:
    guesses = [await narrow.get(ADDRESS, headers={"X-API-Key": f"guess-{n}"}) for n in range(2)]

    assert [guess.status for guess in guesses] == [401, 429]
    assert (await narrow.as_admin("GET", ADDRESS)).status == 200


async def test_the_links_of_people_and_the_callbacks_of_providers_are_not_counted(
    narrow: Sidecar, sent: Sent
) -> None:
    link = narrow.links.click(sent.tracking_id, "https://example.org/")

    assert {(await narrow.get(link)).status for _ in range(5)} == {302}
    assert {(await narrow.get("/")).status for _ in range(5)} == {200}
