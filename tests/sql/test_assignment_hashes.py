"""Who gets which variant is decided by the hashes, ranges and namespaces of other tools."""

from __future__ import annotations

import pytest

from tests.sql.conftest import World

# From the cases that GrowthBook publishes for its SDKs (growthbook/growthbook, sdk-js/test/cases.json).
HASHES = [
    ("", "a", 1, 0.22),
    ("b", "a", 1, 0.946),
    ("asdf", "8952klfjas09ujk", 1, 0.549),
    ("", '___)((*":&', 1, 0.563),
    ("seed", "a", 2, 0.0505),
    ("foo", "def", 2, 0.2019),
    ("89123klj", "8952klfjas09ujkasdf", 2, 0.124),
    ("()**(%$##$%#$#", '___)((*":&', 2, 0.0128),
    ("feature-exp", "i123", 2, 0.9943),
    ("feature-exp", "d123", 2, 0.6468),
]
RANGES = [
    ([0.5, 0.5], 1, [(0, 0.5), (0.5, 1)]),
    ([0.5, 0.5], 0.5, [(0, 0.25), (0.5, 0.75)]),
    ([0.25] * 4, 1, [(0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1)]),
    ([0.2, 0.3, 0.5], 0.2, [(0, 0.04), (0.2, 0.26), (0.5, 0.6)]),
    ([0.4, 0.5999], 1, [(0, 0.4), (0.4, 0.9999)]),
]
NAMESPACES = [
    ("1", "namespace1", 0, 0.4, False),
    ("1", "namespace1", 0.4, 1, True),
    ("1", "namespace2", 0, 0.4, False),
    ("2", "namespace1", 0.4, 1, True),
]


@pytest.mark.parametrize(("seed", "value", "version", "bucket"), HASHES)
async def test_a_value_is_hashed_as_other_tools_hash_it(
    world: World, seed: str, value: str, version: int, bucket: float
) -> None:
    assert await world.call("experiment_bucket", value=value, seed=seed, hash_version=version) == bucket


@pytest.mark.parametrize(("weights", "coverage", "ranges"), RANGES)
async def test_weights_and_coverage_make_the_ranges_of_other_tools(
    world: World, weights: list[float], coverage: float, ranges: list[tuple[float, float]]
) -> None:
    found = await world.call("bucket_ranges", weights=weights, coverage=coverage)

    for row, expected in zip(found, ranges, strict=True):
        assert (row["range_from"], row["range_until"]) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("value", "namespace", "start", "end", "is_inside"), NAMESPACES)
async def test_a_namespace_has_whom_other_tools_have_in_it(
    world: World, value: str, namespace: str, start: float, end: float, is_inside: bool
) -> None:
    found = await world.call(
        "is_in_namespace", value=value, namespace=namespace, namespace_from=start, namespace_until=end
    )
    assert found is is_inside
