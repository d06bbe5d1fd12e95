"""Where callbacks may go: the public internet, and what was allowed by name."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhooks.receivers import Receivers, Unwanted, is_public

PRIVATE = [
    *("127.0.0.1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
    *("224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "64:ff9b::7f00:1"),
    "2001:0:7f00:1::",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_not_public_however_it_is_written(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://127.0.0.1/hook", "private"),
        ("https://[::ffff:169.254.169.254]/", "private"),
        ("https://2130706433/", "private"),
        ("https://127.1/", "private"),
        ("https://１２７.0.0.1/", "private"),
        ("http://example.com/", "over https"),
        ("ftp://example.com/", "begins with https"),
        ("https://", "begins with https"),
        ("example.com", "begins with https"),
        ("https://example.com:0/", "begins with https"),
        ("https://example.com:99999/", "no address"),
        ("https://ada:secret@example.com/", "no user"),
        ("https://example.com/#part", "fragment"),
        ("https://example.com/" + "a" * 2000, "begins with https"),
        ("https://[::1", "no address"),
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_without_asking_anybody(url: str, why: str) -> None:
    with pytest.raises(Unwanted, match=why):
        Receivers().checked(url)


@settings(max_examples=500, deadline=None)
@given(st.text() | st.from_regex(r"https?://[\[\]:@0-9a-fx.%/#?]{1,30}"))
def test_whatever_is_typed_in_is_an_address_or_refused(text: str) -> None:
    with suppress(Unwanted):
        assert Receivers().checked(text).scheme == "https"


@pytest.mark.parametrize(
    "url", ["https://localhost/", "https://localhost./", "https://0x7f.0.0.1/", "https://0x7f000001/"]
)
async def test_a_name_that_leads_home_is_refused(url: str) -> None:
    with pytest.raises(Unwanted, match=r"refused|not known"):
        await Receivers().resolved(url)


@pytest.mark.parametrize("host", ["nobody.invalid", "a" * 64 + ".example"])
async def test_a_name_that_nobody_knows_is_refused(host: str) -> None:
    with pytest.raises(Unwanted, match="not known"):
        await Receivers().resolved(f"https://{host}/")


async def test_an_allowed_host_may_be_private_and_needs_no_https() -> None:
    await Receivers(["LocalHost"]).resolved("http://localhost:8080/hook")
    with pytest.raises(Unwanted):
        await Receivers(["localhost"]).resolved("http://127.0.0.1:8080/hook")
