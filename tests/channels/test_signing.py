import base64
import json
import string
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict
from standardwebhooks.webhooks import Webhook

from channels.signing import BadSignature, BadToken, Purpose, Signer, verify_webhook, webhook_key

SIGNER = Signer("a secret of ours")
NOW = 1_790_000_000
SECRET = "whsec_" + base64.b64encode(b"placeholder").decode()
OTHER_SECRET = "whsec_" + base64.b64encode(b"another one").decode()
BODY = b'{"type": "email.delivered"}'

on_any_machine = settings(deadline=None)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=5,
)


# Links


@on_any_machine
@given(st.sampled_from(get_args(Purpose)), json_values)
def test_what_was_signed_can_be_read(purpose: Purpose, payload: Any) -> None:
    assert SIGNER.read(purpose, SIGNER.sign(purpose, payload)) == payload


@on_any_machine
@given(json_values)
def test_a_token_fits_into_a_path(payload: Any) -> None:
    assert set(SIGNER.sign("click", payload)) <= set(string.ascii_letters + string.digits + "-_.")


def test_the_same_payload_makes_the_same_token() -> None:
    again = Signer("a secret of ours")
    assert SIGNER.sign("click", {"a": 1, "b": 2}) == again.sign("click", {"b": 2, "a": 1})


def test_a_token_serves_one_purpose() -> None:
    token = SIGNER.sign("open", "7d8c")
    for purpose in set(get_args(Purpose)) - {"open"}:
        with pytest.raises(BadToken):
            SIGNER.read(purpose, token)


def test_a_token_of_somebody_else_is_bad() -> None:
    with pytest.raises(BadToken):
        SIGNER.read("open", Signer("another secret").sign("open", "7d8c"))


def test_a_retired_secret_still_reads_and_no_longer_signs() -> None:
    changed = Signer("a new secret", "a secret of ours")
    assert changed.read("open", SIGNER.sign("open", "7d8c")) == "7d8c"
    with pytest.raises(BadToken):
        SIGNER.read("open", changed.sign("open", "7d8c"))


def test_a_token_is_bad_when_any_character_of_it_changed() -> None:
    token = SIGNER.sign("click", ["7d8c", "https://example.com"])
    for position in range(len(token)):
        for character in "AB-_.=?":
            altered = token[:position] + character + token[position + 1 :]
            if altered != token:
                with pytest.raises(BadToken):
                    SIGNER.read("click", altered)


@on_any_machine
@given(st.text(st.characters(), max_size=200))
def test_whatever_comes_as_a_token_is_bad(token: str) -> None:
    with pytest.raises(BadToken):
        SIGNER.read("click", token)


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        Signer("")


# Callbacks


def signed(body: bytes = BODY, secret: str = SECRET, at: int = NOW) -> dict[str, str]:
    """As another implementation of the scheme signs."""
    signature = Webhook(secret).sign("msg_1", datetime.fromtimestamp(at, UTC), body.decode())
    return {"svix-id": "msg_1", "svix-timestamp": str(at), "svix-signature": signature}


def refusal(headers: Mapping[str, str], body: bytes = BODY, secrets: tuple[str, ...] = (SECRET,)) -> str:
    with pytest.raises(BadSignature) as caught:
        verify_webhook(secrets, headers, body, NOW)
    return caught.value.reason


def test_a_signed_callback_passes() -> None:
    verify_webhook([SECRET], signed(), BODY, NOW)


@on_any_machine
@given(st.text(max_size=100), st.binary(min_size=1, max_size=40))
def test_both_implementations_agree(text: str, key: bytes) -> None:
    body, secret = json.dumps(text).encode(), "whsec_" + base64.b64encode(key).decode()
    verify_webhook([secret], signed(body, secret), body, NOW)


def test_the_case_of_a_headers_name_does_not_matter() -> None:
    verify_webhook([SECRET], {name.title(): value for name, value in signed().items()}, BODY, NOW)


def test_an_altered_body_is_refused() -> None:
    assert refusal(signed(), BODY + b" ") == "no_match"


@pytest.mark.parametrize("name", ["svix-id", "svix-timestamp"])
def test_what_stands_beside_the_body_is_signed_too(name: str) -> None:
    headers = signed()
    assert refusal({**headers, name: headers[name].replace("1", "2", 1)}) in ("no_match", "too_new")


@pytest.mark.parametrize("name", ["svix-id", "svix-timestamp", "svix-signature"])
def test_a_missing_header_is_refused(name: str) -> None:
    headers = signed()
    del headers[name]
    assert refusal(headers) == "missing_header"


@pytest.mark.parametrize("name", ["svix-id", "svix-timestamp", "svix-signature"])
def test_a_header_that_comes_twice_is_refused(name: str) -> None:
    headers = CIMultiDict(signed())
    headers.add(name.upper(), headers[name])
    assert refusal(headers) == "repeated_header"


@pytest.mark.parametrize("age", [-300, 0, 300])
def test_five_minutes_either_way_are_tolerated(age: int) -> None:
    verify_webhook([SECRET], signed(at=NOW - age), BODY, NOW)


@pytest.mark.parametrize(("age", "reason"), [(301, "too_old"), (-301, "too_new")])
def test_more_are_not(age: int, reason: str) -> None:
    assert refusal(signed(at=NOW - age)) == reason


@pytest.mark.parametrize("secrets", [[OTHER_SECRET, SECRET], [SECRET, OTHER_SECRET]])
def test_while_a_secret_is_changed_either_is_enough(secrets: list[str]) -> None:
    verify_webhook(secrets, signed(), BODY, NOW)


def test_one_of_several_signatures_is_enough() -> None:
    headers = signed()
    other = signed(secret=OTHER_SECRET)["svix-signature"]
    several = f"v1a,abc {other} {headers['svix-signature']}"
    verify_webhook([SECRET], {**headers, "svix-signature": several}, BODY, NOW)


def test_an_unknown_secret_is_refused() -> None:
    assert refusal(signed(secret=OTHER_SECRET)) == "no_match"


def test_without_a_secret_everything_is_refused() -> None:
    assert refusal(signed(), secrets=()) == "no_match"


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "1e9", "1_7", " 1", "²", "١٢٣", "9" * 5000, "inf"])
def test_a_timestamp_is_plain_digits(timestamp: str) -> None:
    assert refusal({**signed(), "svix-timestamp": timestamp}) == "bad_timestamp"


@pytest.mark.parametrize("signature", ["", "v1", "v1,", ",", "v1,a,b", "v1,=", "v1,é", "v1,\udc80", "v2,abc"])
def test_a_malformed_signature_matches_nothing(signature: str) -> None:
    assert refusal({**signed(), "svix-signature": signature}) == "no_match"


@on_any_machine
@given(
    st.text(st.characters()),
    st.text(st.characters()) | st.just(str(NOW)),
    st.text(st.characters()),
    st.binary(),
)
def test_hostile_headers_raise_nothing_but_a_bad_signature(
    message_id: str, timestamp: str, signature: str, body: bytes
) -> None:
    headers = {"svix-id": message_id, "svix-timestamp": timestamp, "svix-signature": signature}
    assert refusal(headers, body) in ("bad_timestamp", "too_old", "no_match")


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_***", "whsec_é", "whsec_a"])
def test_a_malformed_secret_is_a_mistake_of_ours(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        webhook_key(secret)
