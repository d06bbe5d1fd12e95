"""/users QUERY: pages of people, each a button to their profile. What turns pages carries the question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, admin_tap
from bot.admin.people import code_of, moment, tapped, tapped_number
from bot.context import Buttons, Context, argument, button, reply, rewrite
from bot.texts import English

PAGE_SIZE = 8
LONGEST_CODE = 64
KINDS = ("new", "inactive", "unreachable", "admins")


async def users(update: Update, context: Context) -> None:
    typed = argument(context).strip()
    kind = _kind(context.words, typed)
    if not typed:
        await reply(update, context.words.how_to_find_people, _kind_buttons(context.words))
    elif kind:
        await reply(update, *await _page_of_kind(context, kind, 0))
    else:
        await reply(update, *await _page_of_names(context, typed, 0))


async def suggest(update: Update, context: Context, typed: str) -> None:
    """Who may have been meant by what names nobody exactly."""
    await reply(update, *await _page_of_names(context, typed, 0, context.words.no_exact_match(typed)))


async def turn_names(update: Update, context: Context) -> None:
    """`a:f:PAGE:QUERY`."""
    page = tapped_number(context, "page")
    await rewrite(update, *await _page_of_names(context, tapped(context, "query"), page))


async def turn_kind(update: Update, context: Context) -> None:
    """`a:k:PAGE:KIND`."""
    page = tapped_number(context, "page")
    await rewrite(update, *await _page_of_kind(context, tapped(context, "kind"), page))


def _kind(texts: English, typed: str) -> str | None:
    """By its name, or by its label in the admin's language."""
    meant = typed.casefold()
    return next(
        (kind for kind, label in texts.kinds_of_people.items() if meant in (kind, label.casefold())), None
    )


async def _page_of_names(
    context: Context, typed: str, page: int, title: str | None = None
) -> tuple[str, Buttons]:
    texts = context.words
    found = await context.call("search_users", query=typed, page_size=PAGE_SIZE, skip=page * PAGE_SIZE)
    if not found["people"]:
        return texts.nobody_called(typed), _kind_buttons(texts)
    return _shown(texts, title or texts.people_called(typed), found, page, f"a:f:{{}}:{typed}")


async def _page_of_kind(context: Context, kind: str, page: int) -> tuple[str, Buttons]:
    texts = context.words
    found = await context.call("search_users", kind=kind, page_size=PAGE_SIZE, skip=page * PAGE_SIZE)
    if not found["people"]:
        return texts.nobody_of_kind(kind), _kind_buttons(texts)
    return _shown(texts, texts.people_of_kind(kind), found, page, f"a:k:{{}}:{kind}")


def _shown(texts: English, title: str, found: Mapping[str, Any], page: int, code: str) -> tuple[str, Buttons]:
    people, first = found["people"], page * PAGE_SIZE + 1
    is_all = found["count"] < found["most"]
    lines = [title, texts.people_found(first, first + len(people) - 1, found["count"], is_all), ""]
    lines += [texts.person_line(each, _seen(texts, each, found["at"])) for each in people]
    turning = turning_buttons(code, page, has_more=found["has_more"])
    if not is_all or (found["has_more"] and not turning):
        lines += ["", texts.too_many_found]
    faces = [button(texts.their_plain_name(each["name"]), f"a:u:{code_of(each['id'])}") for each in people]
    return "\n".join(lines), [*_in_pairs(faces), *turning]


def turning_buttons(code: str, page: int, *, has_more: bool) -> Buttons:
    """`code` has a gap for the page. None where a code would be longer than Telegram takes."""
    turns = [(page - 1, "‹")] if page else []
    turns += [(page + 1, "›")] if has_more else []
    row = [button(label, code.replace("{}", str(to), 1)) for to, label in turns]
    fits = all(len(str(each.callback_data).encode()) <= LONGEST_CODE for each in row)
    return [row] if row and fits else []


def _kind_buttons(texts: English) -> Buttons:
    return _in_pairs([button(label, f"a:k:0:{kind}") for kind, label in texts.kinds_of_people.items()])


def _in_pairs(buttons: list[Any]) -> Buttons:
    return [buttons[start : start + 2] for start in range(0, len(buttons), 2)]


def _seen(texts: English, person: Mapping[str, Any], at: str) -> str:
    seen = person["last_active_at"]
    return texts.last_seen_ago(moment(at) - moment(seen) if seen else None)


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("users", users),
        admin_tap(r"^a:f:(?P<page>\d{1,3}):(?P<query>.+)$", turn_names),
        admin_tap(rf"^a:k:(?P<page>\d{{1,3}}):(?P<kind>{'|'.join(KINDS)})$", turn_kind),
    ]
