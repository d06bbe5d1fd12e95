"""What people type as an email address."""

from __future__ import annotations

import pytest

from bot.addresses import WrongAddress, looks_like_an_address, read_address
from bot.texts import words


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("ada.example.com", "no_at"),
        ("ada@home@example.com", "many_at"),
        ("@example.com", "no_name"),
        ("ada@", "no_domain"),
        ("ada@example", "no_dot"),
        ("ada@example..com", "dots"),
        ("ada.@example.com", "dots"),
        ("ada lovelace@example.com", "space"),
        ("ada@example.invalid", "not_reachable"),
        ("a" * 70 + "@example.com", "too_long"),
        ("ada(home)@example.com", "characters"),
        ("", "no_at"),
    ],
)
def test_the_problem_of_an_address_is_named(typed: str, problem: str) -> None:
    with pytest.raises(WrongAddress) as wrong:
        read_address(typed)

    assert wrong.value.problem == problem
    assert wrong.value.problem in words("en").email_problems


@pytest.mark.parametrize(
    "typed", ["Ada@Example.COM", " Ada@example.com ", "<Ada@example.com>", "mailto:Ada@example.com"]
)
def test_what_surrounds_an_address_is_left_away(typed: str) -> None:
    assert read_address(typed) == "Ada@example.com"


@pytest.mark.parametrize("typed", ["ada@example.com", "ada+tag@sub.example.co.uk"])
def test_an_address_is_recognized_without_a_command(typed: str) -> None:
    assert looks_like_an_address(typed)


@pytest.mark.parametrize("typed", ["see you @ noon", "hello", "@ada"])
def test_other_text_is_not_taken_for_an_address(typed: str) -> None:
    assert not looks_like_an_address(typed)
