"""/stats [days] of admins: the last days as a picture, and in three lines. `/stats me` is their own card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from telegram import InlineKeyboardMarkup, Update
from telegram.ext import BaseHandler

from bot.admin.access import Guarded, admin_tap
from bot.admin.people import tapped_number
from bot.context import Context, acknowledge, argument, button, reply
from bot.handlers.commands import command
from bot.handlers.stats import own_stats
from bot.texts import English
from webhooks.pictures.drawing import PALETTE, picture

Row = Mapping[str, Any]
USUAL_DAYS = 7
OFFERED_DAYS = (1, 7, 30, 90, 365)
MOST_DAYS = 365
MOST_COLUMNS = 31
COLORS = {
    "email": PALETTE["leaf"],
    "telegram": PALETTE["calm"],
    "sms": PALETTE["sand"],
    "push": PALETTE["flame_light"],
    "in_app": PALETTE["leaf_light"],
}


async def stats(update: Update, context: Context) -> None:
    typed = argument(context).strip()
    if typed.casefold() in context.words.own_words:
        await own_stats(update, context)
        return
    days = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 4 else 0
    if typed and not 1 <= days <= MOST_DAYS:
        await reply(update, context.words.how_to_stats)
    else:
        await _show(update, context, days or USUAL_DAYS)


async def stats_tapped(update: Update, context: Context) -> None:
    """`o:f:DAYS`."""
    await acknowledge(update)
    await _show(update, context, max(1, min(tapped_number(context, "days"), MOST_DAYS)))


async def _show(update: Update, context: Context, days: int) -> None:
    texts, message = context.words, update.effective_message
    zone = context.known.timezone if context.known else "UTC"
    found = await context.call("statistics", days=days, zone=zone)
    others = [button(texts.stats_label(each), f"o:f:{each}") for each in OFFERED_DAYS if each != days]
    own = [button(texts.own_card_label, "g:card")]
    if not found["channels"] and not found["active"] and not found["new"]:
        await reply(update, texts.no_stats(days), [others, own])
    elif message is not None:
        png = await picture("statistics.svg", **card(texts, context.shared.brand, found))
        await message.reply_photo(
            png,
            texts.stats_lines(_figures(found)),
            filename="statistics.png",
            reply_markup=InlineKeyboardMarkup([others, own]),
        )


def card(texts: English, brand: str, found: Row) -> dict[str, Any]:
    """What the picture shows, in words."""
    figures, days, said = _figures(found), found["days"], texts.stats_words
    channels = [name for name in COLORS if name in found["channels"]]
    pieces = _pieces(days)
    size = len(pieces[0])
    columns = _columns(texts, pieces, channels)
    active = [round(sum(day["active"] for day in piece) / size) for piece in pieces]
    most = max(sum(each["parts"]) for each in columns)
    first, last = (_day(texts, days[place], with_year=len(days) > 180) for place in (0, -1))
    return {
        "over": texts.stats_title(brand),
        "title": texts.last_days(len(days)),
        "range": f"{first} – {last}" if len(days) > 1 else last,
        "tiles": [
            {"figure": short(figures[name]), "label": said[label]}
            for name, label in (("sent", "messages"), *((each, each) for each in PEOPLE))
        ],
        "columns": columns,
        "keys": [{"label": texts.contact_channels[name], "color": COLORS[name]} for name in channels],
        "line": {"values": active, "labels": [first, last]},
        "rings": _rings(texts, found, figures),
        "words": {
            "messages": said["per_day"] if size == 1 else said["per_days"].format(size),
            "most": short(most) if most else "",
            "active": said["active_a_day"],
            "most_active": said["most"].format(short(max(active))),
            "nothing": "" if most else said["none"],
        },
    }


PEOPLE = ("active", "new", "unsubscribed")


def short(number: int) -> str:
    """At most five characters: 950, 9.5k, 950k, 9.5M."""
    for size, unit in ((1_000_000, "M"), (1_000, "k")):
        if number >= size * 10:
            return f"{number // size}{unit}"
        if number >= size:
            return f"{number // (size // 10) / 10:g}{unit}"
    return str(number)


def _figures(found: Row) -> dict[str, Any]:
    channels = found["channels"]
    sums = {
        name: sum(each[name] for each in channels.values())
        for name in ("sent", "delivered", "opened", "clicked")
    }
    by_channel = {name: channels[name]["sent"] for name in COLORS if name in channels}
    return {**sums, "by_channel": by_channel, **{name: found[name] for name in PEOPLE}}


def _day(texts: English, day: Row, *, with_year: bool = False) -> str:
    date_ = date.fromisoformat(day["day"])
    return f"{texts.short_day(date_)} {date_.year}" if with_year else texts.short_day(date_)


def _pieces(days: Sequence[Row]) -> list[Sequence[Row]]:
    """The days of each column: the last one ends today, and a rest at the beginning is none."""
    size = next(size for size in (1, 7, 14) if len(days) <= size * MOST_COLUMNS)
    return [days[begin : begin + size] for begin in range(len(days) % size, len(days), size)]


def _columns(
    texts: English, pieces: Sequence[Sequence[Row]], channels: Sequence[str]
) -> list[dict[str, Any]]:
    """So many are labelled as there is room for."""
    every = -(-len(pieces) // 8)
    return [
        {
            "label": _day(texts, piece[0]) if place % every == 0 else "",
            "parts": [sum(day["sent"].get(name, 0) for day in piece) for name in channels],
        }
        for place, piece in zip(range(len(pieces) - 1, -1, -1), pieces, strict=True)
    ]


def _percent(share: float) -> str:
    return "<1%" if 0 < share < 0.005 else f"{round(100 * share)}%"


def _rings(texts: English, found: Row, figures: Row) -> list[dict[str, Any]]:
    """Whether somebody opened a message is known of emails only."""
    email = found["channels"].get("email", {"opened": 0, "delivered": 0})
    shares = {
        "delivered": (figures["delivered"], figures["sent"]),
        "opened": (email["opened"], email["delivered"]),
        "clicked": (figures["clicked"], figures["delivered"]),
    }
    colors = {"delivered": PALETTE["leaf"], "opened": PALETTE["calm"], "clicked": PALETTE["flame"]}
    return [
        {
            "share": part / whole if whole else 0,
            "figure": _percent(part / whole) if whole else "–",
            "label": _in_lines(texts.stats_words[name]),
            "color": colors[name],
        }
        for name, (part, whole) in shares.items()
    ]


def _in_lines(words: str) -> list[str]:
    """The last word stands below the others."""
    before, space, last = words.rpartition(" ")
    return [before, last] if space else [last]


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    """Whoever has no role gets their own card."""
    return [
        command("stats", Guarded(stats, "viewer", own_stats)),
        admin_tap(r"^o:f:(?P<days>\d{1,3})$", stats_tapped),
    ]
