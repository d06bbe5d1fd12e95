"""/deliveries and /retry: what failed, is stuck, waits or was sent, why, and sending it once more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, admin_tap, may, record_act
from bot.admin.explain import ChatPage
from bot.admin.people import tapped, tapped_number
from bot.admin.sequences import fitting
from bot.admin.users import turning_buttons
from bot.context import Buttons, Context, acknowledge, argument, button, reply, rewrite
from bot.stories.deliveries import delivery_story
from bot.texts.english.administration import in_zone
from storage.store import NotFound

Row = Mapping[str, Any]
PAGE_SIZE = 5
NUMBER = r"(?P<delivery>\d{1,18})"
PLACE = r"(?P<kind>\w{1,10}):(?P<page>\d{1,3})"
RETRY_BATCH = 500


async def deliveries(update: Update, context: Context) -> None:
    """Of a kind by its name, or by its label in the admin's language; what failed when none is named."""
    kinds, meant = context.words.kinds_of_deliveries, argument(context).strip().casefold()
    kind = next((kind for kind, label in kinds.items() if meant in (kind, label.casefold())), "failed")
    await reply(update, *await _page(context, kind, 0))


async def turn(update: Update, context: Context) -> None:
    """`o:d:KIND:PAGE`."""
    kind = tapped(context, "kind")
    if kind not in context.words.kinds_of_deliveries:
        await acknowledge(update, context.words.no_longer_works)
        return
    await rewrite(update, *await _page(context, kind, tapped_number(context, "page")))


async def explain(update: Update, context: Context) -> None:
    """`o:e:NUMBER`."""
    try:
        story = await context.call("explain_delivery", delivery_id=tapped_number(context, "delivery"))
    except NotFound:
        await acknowledge(update, context.words.no_longer_works)
        return
    await acknowledge(update)
    zone = context.known.timezone if context.known else "UTC"
    await reply(update, fitting(delivery_story(story, zone, ChatPage())))


async def retry(update: Update, context: Context) -> None:
    typed = argument(context).strip().lstrip("#")
    if typed.casefold() in context.words.everything_words:
        await reply(update, *await _asked_for_all(context))
    elif typed.isascii() and typed.isdigit() and len(typed) <= 18:
        try:
            await reply(update, *await _retried(context, int(typed)))
        except NotFound:
            await reply(update, context.words.not_that_many_retries)
    else:
        all_of_them = [[button(context.words.retry_all_label, "o:ta")]]
        await reply(update, context.words.how_to_retry, all_of_them)


async def retry_tapped(update: Update, context: Context) -> None:
    """`o:t:NUMBER:KIND:PAGE`: the page is shown anew; one of which nobody knows is asked about first."""
    texts, number = context.words, tapped_number(context, "delivery")
    try:
        text, buttons = await _retried(context, number)
    except NotFound:
        await acknowledge(update, texts.no_longer_works)
        return
    if buttons:
        await acknowledge(update)
        await reply(update, text, buttons)
    else:
        page = await _page(context, tapped(context, "kind"), tapped_number(context, "page"))
        await rewrite(update, *page, toast=texts.retried_toast(number))


async def retry_unknown(update: Update, context: Context) -> None:
    """`o:tu:NUMBER`: in the knowledge that it may arrive twice."""
    try:
        text, _ = await _retried(context, tapped_number(context, "delivery"), even_if_unknown=True)
    except NotFound:
        text = context.words.not_that_many_retries
    await rewrite(update, text)


async def ask_all(update: Update, context: Context) -> None:
    """`o:ta`."""
    await rewrite(update, *await _asked_for_all(context))


async def retry_all(update: Update, context: Context) -> None:
    """`o:ty`: in pieces, none of it twice, even if it fails again meanwhile."""
    since, total = (await context.call("queue_health"))["clock"], 0
    while count := await context.call("retry_all", since=since, batch=RETRY_BATCH):
        total += count
    if total:
        await record_act(context, "delivery.retry", "all", count=total)
    texts = context.words
    await rewrite(update, texts.retried_all(total) if total else texts.nothing_to_retry)


async def _retried(context: Context, number: int, *, even_if_unknown: bool = False) -> tuple[str, Buttons]:
    """With a button when somebody has to say so first. Raises NotFound."""
    texts = context.words
    delivery = await context.call("retry_delivery", delivery_id=number, even_if_unknown=even_if_unknown)
    name = texts.their_plain_name(delivery["name"])
    if delivery["retried"]:
        await record_act(context, "delivery.retry", str(number), even_if_unknown=even_if_unknown)
        return texts.retried(delivery, name), []
    if delivery["is_retryable"]:
        return texts.may_arrive_twice(delivery, name), [[button(texts.send_again_label, f"o:tu:{number}")]]
    return texts.not_retried(delivery, texts.what_happened(delivery, _zone(context))), []


async def _asked_for_all(context: Context) -> tuple[str, Buttons]:
    texts, count = context.words, await context.call("count_retryable")
    if not count["oldest"]:
        return texts.nothing_to_retry, []
    oldest = texts.at_moment(in_zone(count["oldest"], _zone(context)))
    text = texts.ask_retry_all(count["failed"], count["parked"], oldest)
    return text, [[button(texts.yes_retry_all, "o:ty")]]


async def _page(context: Context, kind: str, page: int) -> tuple[str, Buttons]:
    texts, first = context.words, page * PAGE_SIZE + 1
    listed = await context.call("list_deliveries", kind=kind, page_size=PAGE_SIZE, skip=page * PAGE_SIZE)
    shown, count = listed["deliveries"], listed["count"]
    if not shown:
        return texts.no_deliveries_of(kind), [_other_kinds(context, kind)]
    title = texts.deliveries_title(kind, first, first + len(shown) - 1, count, count < listed["most"])
    lines = [_line(context, each) for each in shown]
    turning = turning_buttons(f"o:d:{kind}:{{}}", page, has_more=count > page * PAGE_SIZE + PAGE_SIZE)
    buttons = [_line_buttons(context, each, f"{kind}:{page}") for each in shown]
    if all(len(row) == 1 for row in buttons):
        buttons = [[look for (look,) in buttons]]
    below = [*turning, _other_kinds(context, kind), *_for_all(context, kind)]
    return "\n".join([title, "", *lines]), [*buttons, *below]


def _line(context: Context, delivery: Row) -> str:
    texts = context.words
    what = texts.what_happened(delivery, _zone(context))
    return texts.listed_delivery(delivery, texts.their_plain_name(delivery["name"]), what)


def _line_buttons(context: Context, delivery: Row, place: str) -> list[Any]:
    texts, number = context.words, delivery["delivery_id"]
    again = button(f"{texts.retry_label} {number}", f"o:t:{number}:{place}")
    is_offered = delivery["is_retryable"] and may(context.known, "admin")
    return [*([again] if is_offered else []), button(f"{texts.explain_label} {number}", f"o:e:{number}")]


def _other_kinds(context: Context, shown: str) -> list[Any]:
    labels = context.words.kinds_of_deliveries
    return [button(label, f"o:d:{kind}:0") for kind, label in labels.items() if kind != shown]


def _for_all(context: Context, shown: str) -> Buttons:
    is_offered = shown in ("failed", "parked") and may(context.known, "admin")
    return [[button(context.words.retry_all_label, "o:ta")]] if is_offered else []


def _zone(context: Context) -> str:
    return context.known.timezone if context.known else "UTC"


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("deliveries", deliveries),
        admin_command("retry", retry, "admin"),
        admin_tap(f"^o:d:{PLACE}$", turn),
        admin_tap(f"^o:e:{NUMBER}$", explain),
        admin_tap(f"^o:t:{NUMBER}:{PLACE}$", retry_tapped, "admin"),
        admin_tap(f"^o:tu:{NUMBER}$", retry_unknown, "admin"),
        admin_tap("^o:ta$", ask_all, "admin"),
        admin_tap("^o:ty$", retry_all, "admin"),
    ]
