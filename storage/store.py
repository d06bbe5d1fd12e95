"""What the rest of the program knows of the database: operations with names, and why one did not work.

    StorageError
    ├── Unavailable   cannot be reached, or is shutting down: the same call may work later
    ├── NotFound      what the call names does not exist                     (SQLSTATE TN404)
    ├── Conflict      the present state forbids it                          (SQLSTATE TN409)
    └── Invalid       an argument has the wrong form or value               (SQLSTATE TN422 and class 22)

An operation is the SQL function of the same name in sql/functions. Every operation may be repeated without
harm, so both roads repeat a call whose answer got lost.
"""

import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID


class Store(Protocol):
    async def call(self, operation: str, /, **arguments: Any) -> Any:
        """Rows are a list of dicts; one composite or jsonb is its JSON value, a scalar itself, void None.

        Values are JSON: uuid and timestamps are strings. Arguments that are left out take the SQL default.
        No answer has more than 1,000 rows: where there may be more, Supabase leaves out the rest unsaid.
        """

    async def aclose(self) -> None: ...


class StorageError(Exception):
    """`code` is an SQLSTATE, `detail` names the field or thing that was wrong where the operation says it."""

    def __init__(self, code: str, message: str, hint: str | None = None, detail: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.detail = detail


class Unavailable(StorageError): ...


class NotFound(StorageError): ...


class Conflict(StorageError): ...


class Invalid(StorageError): ...


UNKNOWN_OPERATION = "42883"
CONNECTION_FAILED = "08006"

_BY_CODE: dict[str, type[StorageError]] = {"TN404": NotFound, "TN409": Conflict, "TN422": Invalid}
# Classes of SQLSTATE: connection exception, data exception, insufficient resources, operator intervention.
_BY_CLASS: dict[str, type[StorageError]] = {
    "08": Unavailable,
    "22": Invalid,
    "53": Unavailable,
    "57": Unavailable,
}
# A standby that was promoted a moment ago, a deadlock and a lost race end by themselves.
_PASSING = {"25006", "40001", "40P01", "55P03"}


def storage_error(
    code: str, message: str, hint: str | None = None, detail: str | None = None
) -> StorageError:
    """The member of the tree that answers the caller's question: is it me, the state, or the world?"""
    if code in _PASSING:
        return Unavailable(code, message, hint, detail)
    kind = _BY_CODE.get(code) or _BY_CLASS.get(code[:2], StorageError)
    return kind(code, message, hint, detail)


def unknown_operation(operation: str) -> StorageError:
    return StorageError(
        UNKNOWN_OPERATION,
        f"the database has no operation {operation!r} with these arguments",
        "Run `python -m bot migrate`: the schema is older than the program.",
    )


def closed() -> Unavailable:
    return Unavailable(CONNECTION_FAILED, "the program is shutting down and has closed its database")


def as_json(arguments: dict[str, Any]) -> str:
    return json.dumps(arguments, default=_plain, allow_nan=False)


def _plain(value: object) -> object:
    match value:
        case datetime() if value.tzinfo is None:
            raise ValueError(f"a time without a zone does not name a moment: {value}")
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return f"{value.total_seconds()} seconds"
        case UUID():
            return str(value)
        case Decimal():
            return float(value)
        case set() | frozenset():
            return list(value)
    raise TypeError(f"{type(value).__name__} cannot be an argument of an operation")
