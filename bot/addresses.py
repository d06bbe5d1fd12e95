"""What people type as an email address, and what is wrong with it when it is none."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

CODE = re.compile(r"\d{6}")
_LOOKS_LIKE_ONE = re.compile(r"\S+@\S+\.\S+")


class WrongAddress(Exception):
    """`problem` is a key of the bot's `email_problems`."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


def read_address(typed: str) -> str:
    """The address as it is kept: spaces around it gone, the domain in lower case. Raises WrongAddress."""
    address = typed.strip().strip("<>,;").removeprefix("mailto:")
    try:
        # The domain is not looked up: that would hold up the whole process, and the code shows whether mail
        # arrives.
        return validate_email(address, check_deliverability=False, strict=True).normalized
    except EmailNotValidError:
        raise WrongAddress(_problem(address)) from None


def looks_like_an_address(text: str) -> bool:
    return bool(_LOOKS_LIKE_ONE.fullmatch(text.strip()))


def _problem(address: str) -> str:
    name, at, domain = address.partition("@")
    checks = (
        ("space", bool(re.search(r"\s", address))),
        ("no_at", not at),
        ("many_at", "@" in domain),
        ("no_name", not name),
        ("no_domain", not domain),
        ("too_long", len(address) > 254 or len(name) > 64),
        (
            "dots",
            ".." in address or "." in (name[0], name[-1], domain[0], domain[-1])
            if name and domain
            else False,
        ),
        ("no_dot", "." not in domain),
        ("characters", not re.fullmatch(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", address)),
    )
    return next((problem for problem, is_so in checks if is_so), "not_reachable")
