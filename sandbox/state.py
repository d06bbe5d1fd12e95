"""Everything that the stand-ins remember, and how it outlives a restart.

One file of JSON, replaced atomically, at most once a second and at the end. It keeps the newest messages and
mails; the rest of a very long history is forgotten at a restart.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

FORMAT = 1
KEPT_MESSAGES_PER_USER = 500
KEPT_MAILS = 2_000
KEPT_ACCEPTED = 20_000
QUIET_SECONDS = 1.0
SKIPPED_NUMBERS = 1_000

# Telegram's ids end before 2**40: whoever plays here first, and gives the same database real providers later,
# has not made a stranger an owner.
OWNER_ID = 1_111_111_111_111


@dataclass(slots=True)
class User:
    """A person you can be in Telegram. The chat with the bot has the same id."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    has_started: bool = False
    has_blocked: bool = False
    created_at: str = ""


@dataclass(slots=True)
class Message:
    """One message of a private chat. `date` and `edit_date` are Unix seconds of the moved clock."""

    message_id: int
    user_id: int
    is_from_bot: bool
    date: int
    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)
    inline_keyboard: list[list[dict[str, Any]]] = field(default_factory=list)
    reply_keyboard: list[list[dict[str, Any]]] = field(default_factory=list)
    removes_keyboard: bool = False
    edit_date: int | None = None
    reply_to: int | None = None
    media: dict[str, Any] = field(default_factory=dict)
    link_preview_options: dict[str, Any] | None = None
    is_silent: bool = False


@dataclass(slots=True)
class Mail:
    """One accepted email, with the fields of Resend's request and the state that its answers show."""

    id: str
    sender: str
    to: list[str]
    subject: str
    created_at: str
    last_event: str = "queued"
    html: str | None = None
    text: str | None = None
    cc: list[str] = field(default_factory=list)
    bcc: list[str] = field(default_factory=list)
    reply_to: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    tags: list[dict[str, str]] = field(default_factory=list)
    scheduled_at: str | None = None
    message_id: str = ""


@dataclass(slots=True)
class Remembered:
    """What was answered under an idempotency key. `expires_at` is Unix seconds of the moved clock."""

    body_hash: str
    expires_at: float
    answer: dict[str, Any]


@dataclass(slots=True)
class Bot:
    """What the bot has said about itself, and where it wants its updates."""

    commands: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    menu_button: dict[str, Any] = field(default_factory=lambda: {"type": "commands"})
    webhook: dict[str, Any] = field(default_factory=dict)
    allowed_updates: list[str] | None = None


def _fresh_number() -> int:
    """Numbers start at the time, so that a lost state file never repeats ids that a database still knows."""
    return int(time.time())


@dataclass(slots=True)
class State:
    users: dict[int, User] = field(default_factory=dict)
    chats: dict[int, dict[int, Message]] = field(default_factory=dict)
    mails: dict[str, Mail] = field(default_factory=dict)
    updates: dict[int, dict[str, Any]] = field(default_factory=dict)
    bot: Bot = field(default_factory=Bot)
    idempotency: dict[str, Remembered] = field(default_factory=dict)
    domains: dict[str, str] = field(default_factory=dict)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    undelivered: dict[str, dict[str, Any]] = field(default_factory=dict)
    offset_seconds: float = 0.0
    last_user_id: int = field(default_factory=_fresh_number)
    last_update_id: int = field(default_factory=_fresh_number)
    last_message_id: int = 0
    requests: int = 0
    is_changed: bool = False

    def next_user_id(self) -> int:
        self.last_user_id += 1
        return self.last_user_id

    def next_update_id(self) -> int:
        self.last_update_id += 1
        return self.last_update_id

    def next_message_id(self) -> int:
        self.last_message_id += 1
        return self.last_message_id

    def add_message(self, message: Message) -> None:
        self.chats[message.user_id][message.message_id] = message
        self.is_changed = True

    def skip_numbers(self) -> None:
        """After a crash: what came after the last save must not be numbered the same again."""
        self.last_user_id += SKIPPED_NUMBERS
        self.last_update_id += SKIPPED_NUMBERS
        self.last_message_id += SKIPPED_NUMBERS

    def as_json(self) -> dict[str, Any]:
        kept = {"format": FORMAT} | {f.name: getattr(self, f.name) for f in fields(self)}
        del kept["is_changed"]
        kept["users"] = [asdict(user) for user in self.users.values()]
        kept["chats"] = [
            asdict(message)
            for chat in self.chats.values()
            for message in list(chat.values())[-KEPT_MESSAGES_PER_USER:]
        ]
        kept["mails"] = [asdict(mail) for mail in list(self.mails.values())[-KEPT_MAILS:]]
        kept["updates"] = list(self.updates.values())
        kept["bot"] = asdict(self.bot)
        kept["idempotency"] = {key: asdict(answer) for key, answer in self.idempotency.items()}
        kept["ledger"] = self.ledger[-KEPT_ACCEPTED:]
        return kept

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> State:
        state = cls(
            users={user["id"]: User(**user) for user in kept["users"]},
            mails={mail["id"]: Mail(**mail) for mail in kept["mails"]},
            updates={update["update_id"]: update for update in kept["updates"]},
            bot=Bot(**kept["bot"]),
            idempotency={key: Remembered(**answer) for key, answer in kept["idempotency"].items()},
            **{name: kept[name] for name in _PLAIN},
        )
        state.chats = {user_id: {} for user_id in state.users}
        for message in kept["chats"]:
            state.chats[message["user_id"]][message["message_id"]] = Message(**message)
        return state


_PLAIN = (
    "domains",
    "ledger",
    "undelivered",
    "offset_seconds",
    "last_user_id",
    "last_update_id",
    "last_message_id",
    "requests",
)


def load(file: Path | None) -> State:
    """The state in the file; an unreadable one is put aside rather than stopping the sandbox."""
    if file is None or not file.exists():
        return State()
    try:
        kept = json.loads(file.read_bytes())
        if kept["format"] == FORMAT:
            state = State.from_json(kept)
            if not kept["ended_well"]:
                state.skip_numbers()
            return state
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    file.replace(file.with_suffix(".unreadable"))
    return State()


def save(state: State, file: Path, ended_well: bool = False) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_suffix(".new")
    kept = state.as_json() | {"ended_well": ended_well}
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(text)
    os.replace(fresh, file)


@contextlib.asynccontextmanager
async def kept_in(file: Path | None) -> AsyncIterator[State]:
    """The state from the file, saved again while it changes and once more at the end."""
    state = load(file)
    if file is None:
        yield state
        return
    saving = asyncio.create_task(_save_while_changing(state, file), name="sandbox-state")
    try:
        yield state
    finally:
        saving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await saving
        save(state, file, ended_well=True)


async def _save_while_changing(state: State, file: Path) -> None:
    """A large state is written less often, so that saving never takes more than a small share of the time."""
    pause = QUIET_SECONDS
    while True:
        await asyncio.sleep(pause)
        if state.is_changed:
            state.is_changed = False
            began = time.monotonic()
            save(state, file)
            pause = max(QUIET_SECONDS, 20 * (time.monotonic() - began))
