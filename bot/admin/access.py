"""Who may ask for what. Whoever may not is answered as if there were nothing of the kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from telegram import Update
from telegram.ext import CallbackQueryHandler, CommandHandler

from bot.context import Context, Person
from bot.handlers.commands import Answer, command, tap
from bot.handlers.unknown import old_button, unknown_command

Role = Literal["viewer", "admin", "owner"]
RANKS: dict[str, int] = {"viewer": 1, "admin": 2, "owner": 3}


def may(person: Person | None, role: Role) -> bool:
    return person is not None and reaches(person.roles, role)


def reaches(roles: Iterable[str], role: Role) -> bool:
    """A higher role may what a lower one may."""
    return any(RANKS.get(each, 0) >= RANKS[role] for each in roles)


@dataclass(frozen=True, slots=True)
class Guarded:
    """An answer for those who have the role, and another for everybody else."""

    answer: Answer
    role: Role
    otherwise: Answer

    async def __call__(self, update: Update, context: Context) -> None:
        await (self.answer if may(context.known, self.role) else self.otherwise)(update, context)


def admin_command(name: str, answer: Answer, role: Role = "viewer") -> CommandHandler[Any, Any]:
    return command(name, Guarded(answer, role, unknown_command))


def admin_tap(pattern: str, answer: Answer, role: Role = "viewer") -> CallbackQueryHandler[Any, Any]:
    return tap(pattern, Guarded(answer, role, old_button))


def admin_answers(context: Context) -> dict[str, Guarded]:
    """What answers each admin command."""
    handlers = [each for group in context.application.handlers.values() for each in group]
    return {
        name: each.callback
        for each in handlers
        if isinstance(each, CommandHandler) and isinstance(each.callback, Guarded)
        for name in each.commands
    }


def usable_commands(context: Context, roles: Iterable[str]) -> list[str]:
    """The admin commands that somebody with these roles may use, in the order in which they are shown."""
    answers, held = admin_answers(context), list(roles)
    return [
        name for name in context.words.admin_commands if name in answers and reaches(held, answers[name].role)
    ]


async def record_act(context: Context, action: str, subject: str, **details: Any) -> None:
    """Writes down what an admin did, in the audit log."""
    if context.known is None:
        raise ValueError("an act needs somebody who did it")
    await context.call(
        "record_audit",
        actor=f"telegram:{context.known.telegram_id}",
        action=action,
        subject=subject,
        details=details,
    )
