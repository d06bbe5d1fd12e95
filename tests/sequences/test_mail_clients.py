"""What a big mail client would refuse of a mail is said beforehand, with the source."""

from __future__ import annotations

import pytest

from sequences.definition import Sequence, Step
from sequences.mail_clients import mail_warnings
from tests.sequences.test_catalogue import every_step, rendered


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ('<p style="display: flex">', "display: flex (Outlook refuse it"),
        ("<style>.a{display:inline-grid}</style>", "css-display-grid"),
        ('<p style="position:absolute">', "css-position"),
        ("<style>:root{--green:#0a0}</style>", "css-variables"),
        ('<td style="background:url(https://e.org/a.png)">', "css-background-image"),
        ("<style>@font-face{font-family:x}</style>", "css-at-font-face"),
        ("<style>" + "a{color:red}" * 800 + "</style>", "The styles have 9,600 characters"),
        ("<svg></svg>", "html-svg"),
        ('<img alt="" src="https://e.org/a.svg?x">', "image-svg"),
        ('<img alt="" src="data:image/png;base64,AA">', "image-base64"),
        ('<img src="https://e.org/a.png">', "no words for those who do not see it"),
        ('<a href="http://e.org/">', "http://e.org/ is not encrypted"),
        ("<script>1</script>", "<script> is taken out"),
        ("x" * 103_000, "Gmail clips"),
    ],
)
def test_what_a_client_refuses_is_said(page: str, expected: str) -> None:
    (warning,) = mail_warnings(page)
    assert expected in warning


@pytest.mark.parametrize(
    "page",
    ['<p style="mso-text-transform:none;border-radius:9px">', "<!--[if mso]><v:rect></v:rect><![endif]-->"],
)
def test_what_does_no_harm_is_not_said(page: str) -> None:
    assert mail_warnings(page) == []


@every_step
def test_every_mail_of_the_catalogue_is_shown_by_all(sequence: Sequence, step: Step) -> None:
    assert mail_warnings(rendered(sequence, step, "email")["html"]) == []
