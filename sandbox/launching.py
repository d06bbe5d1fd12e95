"""Starts the stand-ins and, beside them, the process that is to use them.

Who has credentials wants the real providers: then the command simply takes our place. Otherwise the command
becomes our child, in our process group, with settings that point it here. Its end is our end.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dotenv import dotenv_values

from sandbox.server import DEFAULT_DOMAINS, Box, serve
from sandbox.state import OWNER_ID
from sandbox.webhooks import new_secret

USAGE = "usage: python -m sandbox [-- COMMAND [ARGUMENT ...]]"
DEFAULT_PORT = 8025
DEFAULT_SIDECAR_PORT = 8080
DEFAULT_SENDER = "Tendril <hello@tendril.example>"
TOKEN = "123456789:sandbox"
API_KEY = "re_sandbox"
CREDENTIALS = ("TELEGRAM_BOT_TOKEN", "RESEND_API_KEY")
WITNESS_SECONDS = 0.3
YES = ("1", "true", "yes", "on")


class BadSetting(Exception):
    """One line that names the variable and the remedy."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the environment and `.env` say. `command` is empty when only the stand-ins are wanted."""

    command: tuple[str, ...]
    port: int
    sidecar_port: int
    data_dir: Path
    database_url: str | None
    has_supabase: bool
    sender: str
    owners: str
    tick_seconds: str
    ledger_file: Path | None
    limits: bool

    @classmethod
    def read(cls, settings: Mapping[str, str], command: Sequence[str]) -> Options:
        ledger = settings.get("SANDBOX_LEDGER")
        return cls(
            command=tuple(command),
            port=_port(settings, "SANDBOX_PORT", DEFAULT_PORT),
            sidecar_port=_port(settings, "PORT", DEFAULT_SIDECAR_PORT),
            data_dir=Path(settings.get("DATA_DIR", "var")),
            database_url=settings.get("DATABASE_URL"),
            has_supabase="SUPABASE_URL" in settings,
            sender=settings.get("EMAIL_FROM", DEFAULT_SENDER),
            owners=settings.get("ADMIN_TELEGRAM_IDS", str(OWNER_ID)),
            tick_seconds=settings.get("TICK_SECONDS", "0.2"),
            ledger_file=Path(ledger) if ledger else None,
            limits=settings.get("SANDBOX_LIMITS", "").lower() in YES,
        )

    @property
    def owner_id(self) -> int:
        """The first of them: the one that you are. What is no id at all, the command complains about."""
        first = self.owners.replace(",", " ").split()[:1]
        return int(first[0]) if first and first[0].isdecimal() else OWNER_ID


def _port(settings: Mapping[str, str], name: str, otherwise: int) -> int:
    text = settings.get(name, str(otherwise))
    if not text.isdecimal() or int(text) > 65535:
        raise BadSetting(f"{name}: {text!r} is not a port; give a number from 0 to 65535.")
    return int(text)


def read_settings(environment: Mapping[str, str], dotenv: Path) -> dict[str, str]:
    """The environment before `.env`; an empty value counts as not set."""
    from_file = {name: value or "" for name, value in dotenv_values(dotenv).items()}
    return {name: value for name, value in {**from_file, **environment}.items() if value}


def main(arguments: Sequence[str]) -> int:
    if arguments and arguments[0] != "--":
        print(USAGE)
        return 0 if arguments[0] in ("-h", "--help") else 2
    command = list(arguments[1:])
    settings = read_settings(os.environ, Path(".env"))
    if command and any(name in settings for name in CREDENTIALS):
        return _become(command)
    try:
        return asyncio.run(run(Options.read(settings, command)))
    except BadSetting as problem:
        print(problem, file=sys.stderr)
        return 2


def _become(command: list[str]) -> int:
    try:
        os.execvp(command[0], command)
    except OSError as problem:
        print(f"{command[0]}: {problem.strerror}", file=sys.stderr)
        return 127


async def run(options: Options) -> int:
    signals = _received_signals()
    secret = kept_secret(options.data_dir / "sandbox_webhook_secret")
    sender_domain = options.sender.rpartition("@")[2].strip("> ").lower()
    serving = serve(
        options.port,
        database_url=options.database_url,
        data_dir=options.data_dir,
        webhook_url=f"http://127.0.0.1:{options.sidecar_port}/webhooks/resend",
        webhook_secret=secret,
        state_file=options.data_dir / "sandbox.json",
        ledger_file=options.ledger_file,
        limits=options.limits,
        domains=sorted({*DEFAULT_DOMAINS, sender_domain}),
        owner_id=options.owner_id,
    )
    try:
        async with serving as box:
            print(welcome(box, options), flush=True)
            code = await _accompany(box, options, signals)
        # The exit code is known: whoever goes on pressing Ctrl-C changes nothing about it.
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
        return code
    except OSError as problem:
        if problem.errno != errno.EADDRINUSE:
            raise
        line = f"SANDBOX_PORT: port {options.port} is in use; stop what uses it, or set another one."
        raise BadSetting(line) from None


def kept_secret(file: Path) -> str:
    """The webhook secret of this data folder: made at the first start, the same after a restart."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(new_secret() + "\n")
    return file.read_text().strip()


def welcome(box: Box, options: Options) -> str:
    lines = [
        "",
        "  Tendril's sandbox: Telegram and email are played by this machine, nothing leaves it.",
        "",
        f"    {box.url:<28} be a user: chat, inbox and clock",
    ]
    if options.command:
        sidecar = f"http://127.0.0.1:{options.sidecar_port}"
        lines.append(f"    {sidecar:<28} the process itself: health, links, JSON API")
    lines.append(f"    {'docs/sandbox.md':<28} the same for scripts: the control API")
    if options.command:
        lines += ["", f"  You are the owner as user {box.owner_id}: on the page, choose to be the owner."]
    if options.has_supabase:
        lines += ["", "  The clock moves the stand-ins only: Supabase's database is out of their reach."]
    return "\n".join([*lines, "", "  Ctrl-C stops everything.", ""])


def child_environment(box: Box, options: Options) -> dict[str, str]:
    return {
        **os.environ,
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_API_URL": box.telegram_url,
        "RESEND_API_KEY": API_KEY,
        "RESEND_API_URL": box.resend_url,
        "RESEND_WEBHOOK_SECRET": box.webhook_secret,
        "EMAIL_FROM": options.sender,
        "ADMIN_TELEGRAM_IDS": options.owners,
        "TICK_SECONDS": options.tick_seconds,
    }


Signals = asyncio.Queue[signal.Signals]
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _received_signals() -> Signals:
    received: Signals = asyncio.Queue()
    for number in STOPPING:
        asyncio.get_running_loop().add_signal_handler(number, received.put_nowait, number)
    return received


async def _accompany(box: Box, options: Options, signals: Signals) -> int:
    if not options.command:
        await signals.get()
        return 0
    async with witness() as heard_by_all:
        try:
            child = await asyncio.create_subprocess_exec(
                *options.command, env=child_environment(box, options)
            )
        except OSError as problem:
            print(f"{options.command[0]}: {problem.strerror}", file=sys.stderr)
            return 127
        passing_on = asyncio.create_task(
            _pass_signals_on(signals, child, heard_by_all), name="sandbox-signals"
        )
        code = await child.wait()
        passing_on.cancel()
    return code if code >= 0 else 128 - code


async def _pass_signals_on(
    signals: Signals, child: asyncio.subprocess.Process, heard_by_all: HeardByAll
) -> None:
    """The first signal stops the child cleanly, a second one kills it."""
    first = await signals.get()
    if not await heard_by_all():
        _send(child, first)
    await signals.get()
    _send(child, signal.SIGKILL)


def _send(child: asyncio.subprocess.Process, number: signal.Signals) -> None:
    try:
        child.send_signal(number)
    except ProcessLookupError:
        pass


HeardByAll = Callable[[], Awaitable[bool]]


@contextlib.asynccontextmanager
async def witness() -> AsyncIterator[HeardByAll]:
    """Tells whether a signal went to the whole process group, as Ctrl-C does, or to us alone.

    A signal itself does not say. So a process that does nothing shares the group: when it died of the same
    signal, the child has had it as well, and passing it on would count as a second Ctrl-C.
    """
    pipe, nothing = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    idle = await asyncio.create_subprocess_exec("cat", stdin=pipe, stdout=nothing, stderr=nothing)

    async def has_died() -> bool:
        try:
            await asyncio.wait_for(idle.wait(), WITNESS_SECONDS)
        except TimeoutError:
            return False
        return True

    try:
        yield has_died
    finally:
        if idle.returncode is None:
            idle.kill()
            await idle.wait()
