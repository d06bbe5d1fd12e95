"""/leaderboard: one message that turns from board to board, with one's own place on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from telegram import InlineKeyboardButton, Update
from telegram.ext import BaseHandler

from bot.context import Buttons, Context, Person, acknowledge, button, reply, rewrite
from bot.handlers.commands import command, tap
from bot.texts import English

Row = Mapping[str, Any]
USUAL = "weekly"
MOST_SHOWN = 10
MOST_PODS = 3


async def leaderboard(update: Update, context: Context) -> None:
    person = await context.person(update)
    pods = await context.call("list_pods", user_id=person.user_id)
    await reply(update, *await _page(context, person, USUAL, pods))


async def open_boards(update: Update, context: Context) -> None:
    """`g:boards`, from under the card."""
    await acknowledge(update)
    await leaderboard(update, context)


async def turn(update: Update, context: Context) -> None:
    """`g:b:BOARD`: a period, `league`, or `pod` and its number."""
    if context.match is not None:
        await _turn_to(update, context, context.match["board"])


async def hide_or_show(update: Update, context: Context) -> None:
    """`g:hide:BOARD`, `g:show:BOARD`: whether others see them, on every board."""
    if context.match is None:
        return
    person, is_shown = await context.person(update), context.match["what"] == "show"
    await context.call("set_preferences", user_id=person.user_id, changes={"on_leaderboards": is_shown})
    toast = context.words.shown_now if is_shown else context.words.hidden_now
    await _turn_to(update, context, context.match["board"], toast)


async def _turn_to(update: Update, context: Context, board: str, toast: str | None = None) -> None:
    person = await context.person(update)
    pods = await context.call("list_pods", user_id=person.user_id)
    if board.startswith("pod:") and _pod_id(board) not in {each["pod_id"] for each in pods}:
        await acknowledge(update, context.words.not_in_this_pod)
    else:
        await rewrite(update, *await _page(context, person, board, pods), toast)


async def _page(context: Context, person: Person, board: str, pods: Sequence[Row]) -> tuple[str, Buttons]:
    texts = context.words
    if board == "league":
        found = await context.call("league_of", user_id=person.user_id)
        is_listed = (await context.call("get_preferences", user_id=person.user_id))["on_leaderboards"]
        text = _league(texts, found, person.user_id, ZoneInfo(person.timezone))
    else:
        found = await context.call(
            "leaderboard",
            period=board.partition(":")[0],
            user_id=person.user_id,
            pod_id=_pod_id(board),
            limit_to=MOST_SHOWN,
        )
        is_listed = found["you"]["is_listed"]
        text = _board(texts, found, person.user_id)
    hidden = "" if is_listed else f"\n\n{texts.is_hidden}"
    return text + hidden, _buttons(texts, board, pods[:MOST_PODS], is_listed)


def _pod_id(board: str) -> int | None:
    number = board.partition(":")[2]
    return int(number) if number else None


def _board(texts: English, found: Row, user_id: str) -> str:
    since, until = (date.fromisoformat(found[each]) if found[each] else None for each in ("from", "to"))
    name = found["pod"]["name"] if found.get("pod") else texts.boards[found["period"]]
    lines = [texts.board_title(name, since, until), ""]
    if not found["items"] and found["you"]["rank"] is None:
        return "\n".join([*lines, texts.nobody_is_on_board])
    lines += [_line(texts, each, user_id) for each in found["items"]]
    return "\n".join([*lines, "", *_own_place(texts, found, user_id)])


def _own_place(texts: English, found: Row, user_id: str) -> list[str]:
    you = found["you"]
    if you["rank"] is None:
        return [texts.not_on_board_yet]
    # whoever is hidden is not among the people who are counted
    people = found["people"] + (not you["is_listed"])
    place = texts.your_place(you["rank"], people, you["behind_next"])
    if not you["neighbors"] or you["rank"] <= MOST_SHOWN:
        return [place]
    around = [_line(texts, each, user_id) for each in you["neighbors"]]
    return [place, "", f"<i>{texts.around_you}</i>", *around]


def _line(texts: English, row: Row, user_id: str) -> str:
    is_you = row["user_id"] == user_id
    return texts.board_line(row["rank"], row["name"], row["xp"], row.get("result") or "", is_you=is_you)


def _league(texts: English, found: Row, user_id: str, zone: ZoneInfo) -> str:
    lines = [texts.league_title(found["name"])]
    if found["place"] is None:
        lines += ["", texts.no_league_yet]
    else:
        ends_at = datetime.fromisoformat(found["ends_at"]).astimezone(zone)
        lines.append(texts.league_place(found["place"], found["people"], ends_at))
        if moves := texts.league_moves(found["promoted"], found["relegated"]):
            lines.append(moves)
        lines += ["", *(_line(texts, each, user_id) for each in found["items"])]
    if last := found["last"]:
        told = texts.last_league(last["name"], last["place"], last["people"], last["result"])
        lines += ["", f"<i>{told}</i>"]
    return "\n".join(lines)


def _buttons(texts: English, board: str, pods: Sequence[Row], is_listed: bool) -> Buttons:
    periods = [_choice(texts.boards[each], each, board) for each in ("daily", "weekly", "all_time")]
    names = [each["name"] if len(pods) > 1 else texts.boards["pod"] for each in pods]
    groups = [
        _choice(name[:20], f"pod:{each['pod_id']}", board) for name, each in zip(names, pods, strict=True)
    ]
    switch = (texts.hide_me_label, "hide") if is_listed else (texts.show_me_label, "show")
    return [
        periods,
        [*groups, _choice(texts.boards["league"], "league", board)],
        [button(switch[0], f"g:{switch[1]}:{board}")],
    ]


def _choice(label: str, board: str, shown: str) -> InlineKeyboardButton:
    return button(f"• {label} •" if board == shown else label, f"g:b:{board}")


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    board = r"(?P<board>daily|weekly|all_time|league|pod:\d{1,18})"
    return [
        command("leaderboard", leaderboard),
        tap("^g:boards$", open_boards),
        tap(f"^g:b:{board}$", turn),
        tap(f"^g:(?P<what>hide|show):{board}$", hide_or_show),
    ]
