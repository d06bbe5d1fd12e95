"""/achievements: what somebody has earned, and what is near, in one message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.context import Buttons, Context, acknowledge, button, reply, rewrite
from bot.handlers.commands import command, tap
from bot.handlers.stats import latest, nearest
from bot.texts import English

Row = Mapping[str, Any]
SHOWN_AT_FIRST = 5


async def achievements(update: Update, context: Context) -> None:
    await reply(update, *await _page(update, context, everything=False))


async def open_achievements(update: Update, context: Context) -> None:
    """`g:achievements`, from under the card."""
    await acknowledge(update)
    await achievements(update, context)


async def turn(update: Update, context: Context) -> None:
    """`g:a:all`, `g:a:few`."""
    everything = context.match is not None and context.match["shown"] == "all"
    await rewrite(update, *await _page(update, context, everything=everything))


async def _page(update: Update, context: Context, *, everything: bool) -> tuple[str, Buttons]:
    person, texts = await context.person(update), context.words
    found = await context.call("list_achievements", user_id=person.user_id)
    if not found:
        return texts.no_achievements, []
    lines = [texts.achievements_title(len(latest(found)), len(found)), ""]
    lines += [*_earned(texts, latest(found), everything), "", *_missing(texts, nearest(found), everything)]
    return "\n".join(lines).strip(), _buttons(texts, found, everything)


def _earned(texts: English, earned: Sequence[Row], everything: bool) -> list[str]:
    shown = earned if everything else earned[:SHOWN_AT_FIRST]
    lines = [texts.achieved(each["icon"], each["title"], each["description"]) for each in shown]
    if len(shown) < len(earned):
        lines.append(texts.and_more_achieved(len(earned) - len(shown)))
    return lines or [texts.nothing_achieved]


def _missing(texts: English, missing: Sequence[Row], everything: bool) -> list[str]:
    if not missing:
        return [texts.everything_achieved]
    shown = missing if everything else missing[:SHOWN_AT_FIRST]
    return [texts.next_ones, *(_next(texts, each) for each in shown)]


def _next(texts: English, each: Row) -> str:
    progress = each["progress"] or {"have": 0, "need": 1}
    return texts.not_yet_achieved(
        each["icon"], each["title"], each["description"], progress["have"], progress["need"]
    )


def _buttons(texts: English, found: Sequence[Row], everything: bool) -> Buttons:
    if max(len(latest(found)), len(nearest(found))) <= SHOWN_AT_FIRST:
        return []
    if everything:
        return [[button(texts.fewer_achievements_label, "g:a:few")]]
    return [[button(texts.all_achievements_label, "g:a:all")]]


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        command("achievements", achievements),
        tap("^g:achievements$", open_achievements),
        tap("^g:a:(?P<shown>all|few)$", turn),
    ]
