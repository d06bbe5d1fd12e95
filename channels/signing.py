"""The one place that signs: our own links, and the callbacks that Resend signs for us (the Svix scheme).

Link tokens are deterministic: a message that is sent again has to be the same bytes. They are not made by
itsdangerous' serializer for two reasons: it compresses each payload to see whether that helps, which makes a
token five times as dear, and it reads one whose last character was changed in base64's unused bits.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

Purpose = Literal[
    "click",
    "open",
    "trap",
    "unsubscribe",
    "preferences",
    "wish",
    "confirm_email",
    "action",
    "dashboard",
    "visit",
]

WEBHOOK_TOLERANCE_SECONDS = 300
SIGNED_HEADERS = ("svix-id", "svix-timestamp", "svix-signature")
SECRETS_IN_USE = 16  # far more than anybody rotates at once


class BadToken(Exception):
    """A link that we did not sign, or signed for another purpose."""


class BadSignature(Exception):
    """`reason`: missing_header, repeated_header, bad_timestamp, too_old, too_new or no_match."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Signer:
    """Signs with `secret`; still reads what a `retired` secret signed, so that a secret can be changed.

    Payloads are JSON; a token is made of `A-Za-z0-9_-` and one dot.
    """

    def __init__(self, secret: str, *retired: str) -> None:
        if not all((secret, *retired)):
            raise ValueError("a signing secret is empty")
        self._secrets = [text.encode() for text in (secret, *retired)]
        self._keys: dict[str, list[bytes]] = {}

    def sign(self, purpose: Purpose, payload: Any) -> str:
        body = _base64url(_encoded(payload).encode())
        return (body + b"." + _signature(self._keys_for(purpose)[0], body)).decode()

    def read(self, purpose: Purpose, token: str) -> Any:
        body, _, signature = token.encode(errors="replace").rpartition(b".")
        # Compared as text: base64 can say the same bytes in several ways, and only one of them is ours.
        if not _is_any_of(signature, [_signature(key, body) for key in self._keys_for(purpose)]):
            raise BadToken(purpose)
        return _decoded(base64.urlsafe_b64decode(body + b"==").decode())

    def _keys_for(self, purpose: Purpose) -> list[bytes]:
        if purpose not in self._keys:
            salt = f"tendril/{purpose}".encode()
            self._keys[purpose] = [hmac.digest(secret, salt, "sha256") for secret in self._secrets]
        return self._keys[purpose]


def _signed_headers(headers: Mapping[str, str]) -> list[str]:
    """Each once: of two, the reader after us may take the one that we did not look at."""
    sent = [(key, value) for name, value in headers.items() if (key := name.lower()) in SIGNED_HEADERS]
    by_name = dict(sent)
    if len(sent) != len(by_name):
        raise BadSignature("repeated_header")
    if len(sent) != len(SIGNED_HEADERS):
        raise BadSignature("missing_header")
    return [by_name[name] for name in SIGNED_HEADERS]


def verify_webhook(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: float) -> None:
    """Raise BadSignature unless one of `secrets` signed these bytes within 5 minutes of `now` (unix seconds).

    While a secret is being changed the provider signs with both and we hold both: any pair that fits will do.
    """
    message_id, timestamp, signatures = _signed_headers(headers)
    _check_age(timestamp, now)
    signed = b".".join([_bytes(message_id), _bytes(timestamp), body])
    expected = [
        b"v1," + base64.b64encode(hmac.digest(webhook_key(text), signed, "sha256")) for text in secrets
    ]
    # Every candidate is compared, so the time taken says nothing about which one came close.
    if not sum(_is_any_of(_bytes(candidate), expected) for candidate in signatures.split()):
        raise BadSignature("no_match")


@lru_cache(SECRETS_IN_USE)
def webhook_key(secret: str) -> bytes:
    """The key in `whsec_<base64>`; ValueError when it is not one."""
    encoded = secret.removeprefix("whsec_")
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("a webhook secret looks like whsec_ followed by base64")
    return key


def _check_age(timestamp: str, now: float) -> None:
    # isdigit() alone lets through digits that int() cannot read; int() alone, signs and underscores.
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise BadSignature("bad_timestamp")
    if int(timestamp) < now - WEBHOOK_TOLERANCE_SECONDS:
        raise BadSignature("too_old")
    if int(timestamp) > now + WEBHOOK_TOLERANCE_SECONDS:
        raise BadSignature("too_new")


# Made once: `json.dumps` with options makes a new encoder for each call.
_encoded = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode
_decoded = json.JSONDecoder().decode


def _signature(key: bytes, body: bytes) -> bytes:
    return _base64url(hmac.digest(key, body, "sha256"))


def _is_any_of(candidate: bytes, expected: Sequence[bytes]) -> bool:
    return sum([hmac.compare_digest(candidate, each) for each in expected]) > 0


def _base64url(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _bytes(text: str) -> bytes:
    # Header bytes that were not UTF-8 arrive as lone surrogates, which a plain encode() refuses.
    return text.encode(errors="surrogatepass")
