"""How what people do in Telegram comes in: stored first, confirmed second, handled third.

`UpdateFetcher` asks Telegram for updates and confirms them (by the next request's offset) only when the
database has them. Telegram answers one asker at a time, so of several processes the one asks that has the
duty, and it makes sure of that before each request. `UpdateWorker` takes them from there: one person's
updates in their order, different people's at the same time. It says what it has in hand when it takes more:
what was leased to it in an answer that got lost is given to it again. An update whose handling a crash cut
short is handled again when its lease has run out; what handlers write carries ids made of the update's, so
it is written once.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import structlog
from telegram import Update
from telegram.error import (
    BadRequest,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.ext import Application, ApplicationHandlerStop, ExtBot

from bot.context import Context
from bot.lease import TRY_SECONDS, Lease
from bot.waiting import Bell, next_pause, pause
from storage.store import StorageError, Store, Unavailable
from webhooks.options import Trouble

log = structlog.get_logger(__name__)

Telegram = Application[Any, Context, Any, Any, Any, Any]
Say = Callable[[Trouble | None], None]

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member", "message_reaction")
POLL_SECONDS = 4  # how long Telegram may keep an empty answer: well below the lease of the duty to ask
LONGEST_PAUSE_OF_STORE = 5.0  # the duty goes on soon after the database is back
LEASE_SECONDS = 60
HANDLING_SECONDS = 30  # well below the lease, so that nobody else begins what we still do
MOST_AT_ONCE = 64


class TelegramBot(ExtBot[None]):
    """PTB's bot, which also fetches updates unread: one that PTB cannot read must not hold up the rest.

    `requests` is how many others it makes at a time.
    """

    def __init__(self, token: str, requests: int, **more: Any) -> None:
        super().__init__(token, **more)
        self._turns = asyncio.Semaphore(requests)

    async def _post(self, *given: Any, **more: Any) -> Any:
        async with self._turns:
            return await super()._post(*given, **more)

    async def fetch(self, offset: int | None, wait_seconds: int) -> Sequence[Mapping[str, Any]]:
        arguments = {"offset": offset, "timeout": wait_seconds, "allowed_updates": list(ALLOWED_UPDATES)}
        found = await super()._post("getUpdates", arguments, read_timeout=wait_seconds + 10)
        return found if isinstance(found, list) else []


class UpdateFetcher:
    """Asks as long as it has the lease. Without it, it tries to get it: whoever has it may die."""

    def __init__(
        self, bot: TelegramBot, store: Store, lease: Lease, stored: Callable[[], None], say: Say
    ) -> None:
        self._bot = bot
        self._store = store
        self._lease = lease
        self._stored = stored
        self._say = say
        self._offset: int | None = None
        self._is_asking = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; an answer that is under way then is given up, Telegram keeps what is in it."""
        asking = asyncio.create_task(self._keep_asking(stop), name="asking-telegram")
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([asking, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            asking.cancel()
            await asyncio.wait([asking])
        await self._let_go()
        if not asking.cancelled():
            asking.result()

    async def _keep_asking(self, stop: asyncio.Event) -> None:
        failures = 0
        while not stop.is_set():
            try:
                await self._ask_if_we_may(stop)
            except (TelegramError, StorageError, TimeoutError) as failure:
                failures += 1
                await self._recover(failure, failures, stop)
            else:
                failures = 0
                self._say(None)

    async def _ask_if_we_may(self, stop: asyncio.Event) -> None:
        may_ask = await self._lease.take()
        self._note(may_ask)
        if may_ask:
            await self._ask()
        else:
            await pause(TRY_SECONDS, stop)

    async def _ask(self) -> None:
        """Raises TimeoutError when the lease ends first: the next process may be asking by then."""
        async with asyncio.timeout_at(self._lease.ends_at):
            updates = await self._bot.fetch(self._offset, POLL_SECONDS)
        if updates:
            await self._store.call("receive_updates", updates=updates)
            self._offset = max(update["update_id"] for update in updates) + 1
            self._stored()

    def _note(self, may_ask: bool) -> None:
        if may_ask != self._is_asking:
            log.info("asking_telegram" if may_ask else "another_process_asks_telegram")
            self._is_asking, self._offset = may_ask, None

    async def _recover(self, failure: Exception, failures: int, stop: asyncio.Event) -> None:
        if isinstance(failure, Conflict) and not await self._is_still_ours():
            return
        self._say(trouble(failure))
        log.warning("updates_not_fetched", problem=trouble(failure).problem)
        if is_between_us_and_telegram(failure):
            await self._let_go()
        await pause(wait_after(failure, failures), stop)

    async def _is_still_ours(self) -> bool:
        """A process that stood still for a while learns from Telegram that another one has taken over."""
        try:
            return await self._lease.take()
        except StorageError:
            return True

    async def _let_go(self) -> None:
        self._is_asking = False
        try:
            await self._lease.release()
        except StorageError as error:
            log.debug("duty_left_to_its_lease", code=error.code)


def trouble(failure: Exception) -> Trouble:
    """With what people write to us. Messages to them may leave all the same."""
    match failure:
        case StorageError():
            return Trouble(
                "What people write to the bot cannot be stored.",
                "Look at the database. What people write waits at Telegram.",
            )
        case Conflict():
            return Trouble(
                "Another process asks Telegram for this bot's messages.",
                "Stop the other one, or give it a bot of its own: with polling only one may ask.",
            )
        case InvalidToken():
            return Trouble(
                "Telegram does not accept the bot's token.",
                "Copy TELEGRAM_BOT_TOKEN again from @BotFather, and restart.",
            )
        case BadRequest():
            return Trouble(
                f"Telegram refuses what we ask: {failure.message}.",
                "Check TELEGRAM_MODE and PUBLIC_URL, and restart.",
            )
        case _:
            return Trouble(
                f"Telegram cannot be asked for messages ({type(failure).__name__}).",
                "Check the way to TELEGRAM_API_URL. We try again, and what people write waits there.",
            )


def is_between_us_and_telegram(failure: Exception) -> bool:
    """From where another process runs, Telegram may be reached nevertheless."""
    return isinstance(failure, NetworkError | TimeoutError) and not isinstance(failure, BadRequest)


def wait_after(failure: Exception, failures: int) -> float:
    if isinstance(failure, RetryAfter):
        said = failure.retry_after
        return said.total_seconds() if isinstance(said, timedelta) else float(said)
    longest = LONGEST_PAUSE_OF_STORE if isinstance(failure, StorageError) else math.inf
    return min(next_pause(failures), longest)


class UpdateWorker:
    """The database hands out one update per person at a time: in order, and nobody waits for others."""

    def __init__(self, application: Telegram, store: Store, worker: str, handled: Callable[[], None]) -> None:
        self.bell = Bell()
        self._application = application
        self._store = store
        self._worker = f"{worker}/updates"
        self._handled = handled
        self._in_hand: dict[int, asyncio.Task[None]] = {}
        self._failed: dict[int, Exception] = {}
        application.add_error_handler(self._note_failure)

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; what is being handled then is finished."""
        await self._release()
        while not stop.is_set():
            if not await self._take(stop):
                await self.bell.heard_or_stopped(stop)
        if self._in_hand:
            await asyncio.wait(self._in_hand.values())
        await self._release()

    async def _take(self, stop: asyncio.Event) -> bool:
        """Whether it is worth looking again at once."""
        room = MOST_AT_ONCE - len(self._in_hand)
        if room <= 0:
            return False
        try:
            rows = await self._store.call(
                "take_updates",
                worker=self._worker,
                batch=room,
                lease_seconds=LEASE_SECONDS,
                in_hand=list(self._in_hand),
            )
        except StorageError as error:
            log.debug("updates_not_taken", code=error.code)
            return False
        for row in rows:
            self._begin(row["update_id"], row["payload"], stop)
        return bool(rows)

    def _begin(self, update_id: int, payload: Mapping[str, Any], stop: asyncio.Event) -> None:
        task = asyncio.create_task(self._handle(update_id, payload, stop), name=f"update-{update_id}")
        self._in_hand[update_id] = task
        task.add_done_callback(lambda _: self._end(update_id))

    def _end(self, update_id: int) -> None:
        del self._in_hand[update_id]
        self.bell.ring()

    async def _handle(self, update_id: int, payload: Mapping[str, Any], stop: asyncio.Event) -> None:
        with structlog.contextvars.bound_contextvars(update_id=update_id):
            failure = await self._process(update_id, payload)
            await self._settle(update_id, failure, stop)
            self._handled()

    async def _process(self, update_id: int, payload: Mapping[str, Any]) -> Exception | None:
        try:
            update = Update.de_json(dict(payload), self._application.bot)
            async with asyncio.timeout(HANDLING_SECONDS):
                await self._application.process_update(update)
        except Exception as failure:
            return failure
        return self._failed.pop(update_id, None)

    async def _settle(self, update_id: int, failure: Exception | None, stop: asyncio.Event) -> None:
        if failure is not None and is_worth_repeating(failure):
            log.warning("update_to_be_repeated", error=type(failure).__name__)
            await self._write("retry_update", stop, update_id=update_id, error=type(failure).__name__)
            return
        if failure is not None:
            log.error("update_not_handled", exc_info=failure)
        error = type(failure).__name__ if failure is not None else None
        await self._write("finish_update", stop, update_id=update_id, error=error)

    async def _write(self, operation: str, stop: asyncio.Event, **arguments: Any) -> None:
        """However long it takes: an update stays in hand until then, and nobody is answered twice."""
        for failures in count(1):
            try:
                await self._store.call(operation, **arguments)
                return
            except StorageError as error:
                if stop.is_set():
                    log.warning("update_left_to_its_lease", code=error.code)
                    return
            await pause(min(next_pause(failures), LONGEST_PAUSE_OF_STORE), stop)

    async def _note_failure(self, update: object, context: Context) -> None:
        """PTB catches what handlers raise and tells its error handlers; the later handlers are not to run."""
        if isinstance(update, Update) and context.error is not None:
            self._failed[update.update_id] = context.error
        raise ApplicationHandlerStop

    async def _release(self) -> None:
        """Under the same name as in an earlier life: what that had taken and not finished is free at once."""
        try:
            await self._store.call("release_updates", worker=self._worker)
        except StorageError as error:
            log.debug("updates_left_to_their_leases", code=error.code)


def is_worth_repeating(failure: Exception) -> bool:
    """Our mistakes do not get better; what was away returns. (PTB calls BadRequest a network error.)"""
    if isinstance(failure, BadRequest | Forbidden | InvalidToken):
        return False
    return isinstance(failure, Unavailable | NetworkError | RetryAfter | TimeoutError)
