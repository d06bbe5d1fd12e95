"""9. Webhooks that are forged, altered, old, doubled, repeated and in any order."""

from __future__ import annotations

import json
import math
import random
import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.webhooks import new_secret, sign
from tests.chaos.arena import Arena, arena
from tests.chaos.oracle import Row
from tests.chaos.processes import until_ready
from tests.chaos.server import Server
from tests.chaos.setting import Setting

REPLAYS = 46
HISTORIES: Sequence[Sequence[str]] = (
    ("sent", "delivery_delayed", "delivered", "opened", "opened", "clicked"),
    ("sent", "delivered", "opened", "complained"),
    ("sent", "delivery_delayed", "bounced"),
    ("sent", "delivered", "clicked", "clicked"),
    ("sent", "soft_bounce"),
    ("failed",),
)
FIELDS = "delivery_status, reason, sent_at, delivered_at, opened_at, clicked_at, failed_at, failure_reason"

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Call:
    """A callback and the verdict that it must get: an HTTP status, and whether it may leave a trace."""

    what: str
    headers: Headers
    body: bytes
    status: int


async def verdicts(server: Server, setting: Setting) -> AsyncIterator[Row]:
    old, new = new_secret(), new_secret()
    async with arena(server, "verdicts") as place:
        port = free_port()
        web = await place.product(
            "web", "run", "--only", "web", PORT=str(port), RESEND_WEBHOOK_SECRET=f"{new} {old}"
        )
        await until_ready(web)
        url = f"http://127.0.0.1:{port}/webhooks/resend"
        times = setting.choose(short=3, long=50)
        yield await _judged(place, url, "9 webhook verdicts", times, lambda: _calls(old, new))
        yield await _judged(place, url, "9 webhook headers doubled", times, lambda: _doubled(new))


async def _judged(place: Arena, url: str, test: str, times: int, signed: Callable[[], list[Call]]) -> Row:
    """Each is signed when its turn comes: what is ahead of its time does not stay so."""
    wrong: list[str] = []
    turns = [*range(len(signed()))] * times
    for turn in random.sample(turns, len(turns)):
        wrong += await _misjudged(place, url, signed()[turn])
    return Row(test, n=len(turns), wrong=len(wrong), complaints=sorted(set(wrong)))


async def _misjudged(place: Arena, url: str, call: Call) -> list[str]:
    before = await _events(place)
    async with place.http.post(url, data=call.body, headers=call.headers) as answer:
        status = answer.status
    written = await _events(place) - before
    if (status, written) != (call.status, int(call.status == 200)):
        return [f"{call.what}: {status}, {written} events written"]
    return []


async def _events(place: Arena) -> int:
    return int(await place.value("select count(*) from tendril.delivery_events"))


def _body() -> bytes:
    mail = {"email_id": str(uuid.uuid4())}
    told = {"type": "email.opened", "created_at": "2026-03-02T12:00:00.000Z", "data": mail}
    return json.dumps(told).encode()


def _doubled(secret: str) -> list[Call]:
    """Which of the two would count? None."""
    body = _body()
    good = _signed(secret, body)
    first = [Call(f"{name}: a false one first", [(name, "1"), *good], body, 401) for name, _ in good]
    last = [Call(f"{name}: a false one last", [*good, (name, "1")], body, 401) for name, _ in good]
    return first + last


def _calls(old: str, new: str) -> list[Call]:
    body = _body()
    altered = body.replace(b"email.opened", b"email.openee")
    reserialized = json.dumps(json.loads(body), separators=(",", ":")).encode()
    good = _signed(new, body)
    return [
        Call("good", good, body, 200),
        Call("signed with the retired secret", _signed(old, body), body, 200),
        Call(
            "two signatures, one of them good",
            _signed(new, body, more=_signature(new_secret(), body)),
            body,
            200,
        ),
        Call("290 s old", _signed(new, body, age=290), body, 200),
        Call("forged", _signed(new_secret(), body), body, 401),
        Call("altered by a byte", _signed(new, body), altered, 401),
        Call("serialized again", _signed(new, body), reserialized, 401),
        Call("301 s old", _signed(new, body, age=301), body, 401),
        # Some of it passes on the way.
        Call("301 s ahead", _signed(new, body, age=-302), body, 401),
        Call("another id", [("svix-id", "msg_other"), *_signed(new, body)[1:]], body, 401),
        *(Call(f"without {name}", [each for each in good if each[0] != name], body, 401) for name, _ in good),
    ]


def _signed(secret: str, body: bytes, age: float = 0, more: str = "") -> Headers:
    # Whole seconds, away from the present: half of one must not make it younger.
    now = time.time()
    message, at = f"msg_{uuid.uuid4().hex}", math.floor(now - age) if age > 0 else math.ceil(now - age)
    signature = sign(secret, message, at, body)
    return [
        ("svix-id", message),
        ("svix-timestamp", str(at)),
        ("svix-signature", f"{more} {signature}".strip()),
    ]


def _signature(secret: str, body: bytes) -> str:
    return _signed(secret, body)[2][1]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


async def any_order(server: Server, setting: Setting) -> AsyncIterator[Row]:
    """The same history for many deliveries: one gets it once and in order, the others as it comes."""
    times = setting.choose(short=30, long=2_000)
    async with arena(server, "orders") as place:
        different, n = 0, 0
        for history in HISTORIES:
            numbers = (await place.people(telegram=0, email=times + 1)).email
            await place.plan("email", numbers)
            rows = await _sent(place)
            await _tell(place, [_event(rows[0], type_, place_) for place_, type_ in enumerate(history)])
            stream = [event for row in rows[1:] for event in _replayed(row, history)]
            random.shuffle(stream)
            await _tell(place, stream)
            states = await _states(place, [row["id"] for row in rows])
            different += sum(1 for state in states[1:] if state != states[0])
            n += len(states) - 1
        yield Row(
            "9 webhooks shuffled and replayed", n=n, wrong=different, notes=f"{len(HISTORIES)} histories"
        )


async def _sent(place: Arena) -> list[dict[str, Any]]:
    """Claims and records until nothing is left."""
    sent: list[dict[str, Any]] = []
    while rows := await place.store.call("claim_due_deliveries", worker="w", channel="email", batch=100):
        token = rows[0]["lease_token"]
        contents = [{"id": row["id"], "content": {"text": "Hello"}} for row in rows]
        await place.store.call(
            "store_rendered", lease_token=token, rendered=contents, batch_key=uuid.uuid4().hex
        )
        outcomes = [{"id": row["id"], "lease_token": token, "outcome": "sent"} for row in rows]
        await place.store.call("record_outcomes", outcomes=outcomes)
        sent += rows
    # When it was sent is the one thing that differs.
    await place.connection.execute("update tendril.message_deliveries set sent_at = '2026-03-02T12:00Z'")
    return sent


def _event(row: dict[str, Any], type_: str, position: int) -> dict[str, Any]:
    return {
        "event_id": f"{row['id']}-{position}",
        "source": "resend",
        "type": type_,
        "tracking_id": row["tracking_id"],
        "occurred_at": f"2026-03-02T12:{position:02}:00Z",
        "reason": "hard_bounce" if type_ == "bounced" else None,
    }


def _replayed(row: dict[str, Any], history: Sequence[str]) -> list[dict[str, Any]]:
    events = [_event(row, type_, position) for position, type_ in enumerate(history)]
    return events + random.choices(events, k=REPLAYS - len(events))


async def _tell(place: Arena, events: list[dict[str, Any]]) -> None:
    for start in range(0, len(events), 500):
        await place.store.call("record_delivery_events", events=events[start : start + 500])


async def _states(place: Arena, ids: list[int]) -> list[tuple[Any, ...]]:
    """Of the delivery, its address and its enrollment, in the order of the ids."""
    rows = await place.connection.fetch(
        f"select d.id, {FIELDS}, c.state, c.state_reason, e.status, e.current_step, "
        "(select count(*) from tendril.delivery_events v "
        " where v.delivery_id = d.id and v.source = 'resend') as events, "
        "(select count(*) from tendril.behavior_events b where b.user_id = d.user_id) as behavior "
        "from tendril.message_deliveries d join tendril.enrollments e on e.id = d.enrollment_id "
        "join tendril.contact_points c on c.user_id = d.user_id and c.channel = 'email' "
        "where d.id = any ($1::bigint[])",
        ids,
    )
    by_id = {row["id"]: tuple(row)[1:] for row in rows}
    return [by_id[each] for each in ids]
