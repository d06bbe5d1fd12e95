"""Everything that goes wrong, as an answer.

Problem                     what a handler raises when it knows the answer
├── Unauthorized            401
├── Forbidden               403
├── Missing                 404
├── Unprocessable           422, names the field
├── Off                     409, the channel or feature is not configured
└── TooMany                 429, says when to come back

The storage's errors need no translation by the handlers: `as_problem` maps them here, once.
The JSON shape is always {"error": {"code", "message", "field"?}}.
"""

import math
import re
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from sequences.drafting import BadDraft
from storage.store import Conflict, Invalid, NotFound, StorageError, Unavailable


class Problem(Exception):
    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.headers = dict(headers or {})

    def as_json(self) -> dict[str, dict[str, str]]:
        error = {"code": self.code, "message": self.message}
        if self.field is not None:
            error["field"] = self.field
        return {"error": error}


class Unauthorized(Problem):
    def __init__(self, message: str, *, scheme: str | None = None) -> None:
        headers = {"WWW-Authenticate": scheme} if scheme else None
        super().__init__(401, "unauthorized", message, headers=headers)


class Forbidden(Problem):
    def __init__(self, message: str) -> None:
        super().__init__(403, "forbidden", message)


class Missing(Problem):
    def __init__(self, message: str) -> None:
        super().__init__(404, "not_found", message)


class Unprocessable(Problem):
    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(422, "invalid", message, field=field)


class Off(Problem):
    def __init__(self, message: str) -> None:
        super().__init__(409, "channel_off", message)


class TooMany(Problem):
    def __init__(self, wait_seconds: float) -> None:
        wait = {"Retry-After": str(math.ceil(wait_seconds))}
        super().__init__(429, "too_many", "Too many requests at once. Please wait a moment.", headers=wait)


_FIELD = re.compile(r"[\w.$\[\]-]{1,200}")
_HTTP_CODES = {
    400: ("bad_request", "The request could not be read."),
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not answer to that method."),
    413: ("too_large", "The body is larger than 1 MiB."),
}


def as_problem(error: Exception) -> Problem:
    """The answer to `error`; what nobody foresaw becomes a 500 that tells nothing."""
    match error:
        case Problem():
            return error
        case web.HTTPException():
            return _from_http(error)
        case StorageError():
            return _from_storage(error)
        case BadDraft():
            return Unprocessable(f"{error}.", _field(error.problems[0].path))
        case _:
            return Problem(500, "internal", "Something went wrong on our side.")


def _from_http(error: web.HTTPException) -> Problem:
    fallback = (f"http_{error.status}", HTTPStatus(error.status).phrase)
    code, message = _HTTP_CODES.get(error.status, fallback)
    allow = error.headers.get("Allow")
    return Problem(error.status, code, message, headers={"Allow": allow} if allow else None)


def _from_storage(error: StorageError) -> Problem:
    match error:
        case Unavailable():
            message = "The database cannot be reached. Please try again."
            return Problem(503, "unavailable", message, headers={"Retry-After": "5"})
        case NotFound():
            return Missing(_said(error))
        case Conflict() if error.detail == "revision":
            return Problem(412, "changed_meanwhile", _said(error), field="If-Match")
        case Conflict():
            return Problem(409, "conflict", _said(error))
        case Invalid():
            return Unprocessable(_said(error), _field(error.detail))
        case _:
            return Problem(500, "internal", "Something went wrong on our side.")


def _said(error: StorageError) -> str:
    """With what to do about it."""
    return f"{error.message}. {error.hint}" if error.hint else error.message


def _field(detail: str | None) -> str | None:
    """Our operations put a field's name there; PostgreSQL itself puts sentences."""
    return detail if detail is not None and _FIELD.fullmatch(detail) else None
