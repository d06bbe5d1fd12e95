"""/interventions: what is done for those who may leave, what it brings, and what waits for a decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, admin_tap, may
from bot.admin.people import tapped, tapped_number
from bot.context import Buttons, Context, button, reply, rewrite
from sequences.interventions import Effect, effects_by
from sequences.interventions import Interventions as Acting
from storage.store import Conflict, NotFound

DAYS = 90
MOST_SHOWN = 5

Row = Mapping[str, Any]


async def interventions(update: Update, context: Context) -> None:
    await reply(update, *await _page(context))


async def decide(update: Update, context: Context) -> None:
    """`o:i:yes:INTERVENTION`, `o:i:no:INTERVENTION`."""
    texts, person, is_approved = context.words, context.known, tapped(context, "answer") == "yes"
    try:
        await context.call(
            "decide_intervention",
            intervention_id=tapped_number(context, "number"),
            is_approved=is_approved,
            actor=f"telegram:{person.telegram_id}" if person else "telegram",
            ways=await Acting(context.shared.store).ways() if is_approved else [],
        )
        toast = texts.intervention_begun if is_approved else texts.intervention_dropped
    except (Conflict, NotFound):
        toast = texts.already_decided
    await rewrite(update, *await _page(context), toast=toast)


async def _page(context: Context) -> tuple[str, Buttons]:
    texts = context.words
    found = await context.call("intervention_outcomes", days=DAYS)
    rows = found["rows"]
    under_way = sum(row["under_way"] for row in rows)
    waiting = await context.call("list_interventions", status="suggested", limit_to=MOST_SHOWN)
    parts = [
        texts.interventions_title(found["mode"], found["threshold"], found["holdout"]),
        _measured(context, rows),
        texts.interventions_now(under_way, found["suggested"], found["tasks"]),
        *(texts.suggested_line(made["id"], made) for made in waiting),
    ]
    return "\n\n".join(parts), _buttons(context, waiting)


def _measured(context: Context, rows: list[Row]) -> str:
    texts, effect = context.words, Effect.of(rows)
    if not effect.treated.n and not effect.held_out.n:
        return texts.nothing_measured
    lines = [texts.type_line(kind, each) for kind, each in effects_by(rows, "type").items() if each.treated.n]
    return "\n".join([texts.interventions_effect(DAYS, effect), *lines])


def _buttons(context: Context, waiting: list[Row]) -> Buttons:
    texts = context.words
    if not may(context.known, "admin"):
        return []
    return [
        [
            button(f"{texts.approve_label} {made['id']}", f"o:i:yes:{made['id']}"),
            button(f"{texts.dismiss_label} {made['id']}", f"o:i:no:{made['id']}"),
        ]
        for made in waiting
    ]


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("interventions", interventions),
        admin_tap(r"^o:i:(?P<answer>yes|no):(?P<number>\d{1,18})$", decide, "admin"),
    ]
