"""The command line: `python -m bot`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from bot import VERSION
from bot.build import ALL_PARTS, assembled
from bot.doctor import examine
from bot.explain import explain
from bot.kept_secrets import Secrets
from bot.logs import redact, start_logging
from bot.migrating import migrate_command
from bot.rebuilding import add_rebuild, rebuild_command
from bot.risk import add_options, risk
from bot.running import spare_what_stays, stopping_on_signals
from bot.settings import Settings, SettingsError, read_settings
from bot.simulate import add_cast, simulate_command
from bot.trial import send_trial
from channels.errors import DeliveryError
from sequences.loading import CatalogueError
from storage.embedded import CannotStart
from storage.migrations import MigrationError
from storage.store import StorageError

OK, FAILED, MISCONFIGURED = 0, 1, 2
Command = Callable[[Settings, argparse.Namespace], Coroutine[Any, Any, int]]


async def run(settings: Settings, arguments: argparse.Namespace) -> int:
    parts = frozenset({arguments.only}) if arguments.only else ALL_PARTS
    secrets = Secrets.of(settings)
    stop = asyncio.Event()
    with stopping_on_signals(stop):
        async with assembled(settings, secrets, parts) as process:
            _say_where_to_look(settings, secrets, process.url, has_web="web" in parts)
            spare_what_stays()
            await process.run(stop)
    return OK


def _say_where_to_look(settings: Settings, secrets: Secrets, url: str | None, *, has_web: bool) -> None:
    lines = [f"Tendril {VERSION}", *settings.switched_off()]
    if url is not None:
        lines.append(f"{'Health and API' if has_web else 'Health and metrics'}: {url}/")
    if secrets.admin_api_key.is_new:
        key = secrets.admin_api_key
        lines.append(f"Admin API key, shown only now and kept in {key.path}: {key.value}")
    print("\n".join(lines), flush=True)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="python -m bot",
        description="Tendril keeps people engaged over Telegram and email.",
        epilog="Settings come from the environment and .env: see docs/configuration.md.",
    )
    top.add_argument("--version", action="version", version=f"Tendril {VERSION}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    _add_run(commands)
    _add_migrate(commands)
    _add(commands, "doctor", examine, "try each credential and the database, and say what to do")
    trial = _add(commands, "test-email", send_trial, "send one email to ADDRESS, to see that it arrives")
    trial.add_argument("address", metavar="ADDRESS")
    _add_explain(commands)
    add_cast(
        _add(commands, "simulate", simulate_command, "say who would get what, when and why, without sending")
    )
    add_rebuild(_add(commands, "analytics", rebuild_command, "count anew what became of messages"))
    add_options(
        _add(
            commands,
            "risk",
            risk,
            "say who drops off, by a log or the own history, and how well that can be told",
        )
    )
    return top


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _add(commands, "run", run, "run the bot, the web server and the deliveries until told to stop")
    command.add_argument("--only", choices=sorted(ALL_PARTS), help="one part of it, to split processes")


def _add_migrate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _add(commands, "migrate", migrate_command, "bring the database's schema up to date")
    command.add_argument(
        "--check", action="store_true", help="only say what is missing; exit code 1 if something is"
    )
    command.add_argument("--backup", metavar="FILE", type=Path, help="write a backup to FILE before")
    command.add_argument(
        "--sql", action="store_true", help="only print the SQL, for an editor such as Supabase's"
    )


def _add_explain(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = _add(commands, "explain", explain, "say what a user got, did not get, and why")
    command.add_argument(
        "user", metavar="USER", help="a user id, external id, Telegram id, email address or @username"
    )
    command.add_argument(
        "delivery", metavar="DELIVERY", nargs="?", type=int, help="one delivery's whole story"
    )


def _add(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, command: Command, meaning: str
) -> argparse.ArgumentParser:
    added = commands.add_parser(name, help=meaning, description=meaning[0].upper() + meaning[1:] + ".")
    added.set_defaults(command=command)
    return added


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = parser().parse_args(arguments)
    try:
        settings = read_settings()
        start_logging(settings.log_level if chosen.command is run else "WARNING", settings.log_format)
        return asyncio.run(_carry_out(chosen.command, settings, chosen))
    except SettingsError as wrong:
        return _complain(str(wrong), MISCONFIGURED)
    except StorageError as failure:
        hint = f". {failure.hint}" if failure.hint else ""
        return _complain(failure.message.rstrip(".") + hint, FAILED)
    except (MigrationError, CannotStart, CatalogueError, DeliveryError) as failure:
        return _complain(str(failure), FAILED)
    except ExceptionGroup as died:  # each was logged when it happened
        return _complain(redact(f"{died.message}: {'; '.join(map(repr, died.exceptions))}"), FAILED)
    except (KeyboardInterrupt, asyncio.CancelledError):
        return _complain("stopped before everything was finished", 130)


async def _carry_out(command: Command, settings: Settings, chosen: argparse.Namespace) -> int:
    """SIGTERM ends a command as Ctrl-C does: with what it began, such as a database of its own."""
    if task := asyncio.current_task():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await command(settings, chosen)


def _complain(what: str, code: int) -> int:
    print(f"tendril: {what}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
