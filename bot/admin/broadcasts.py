"""/broadcasts: how far each has come; stop it, give it another text, take it back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from telegram import InlineKeyboardMarkup, Message, Update
from telegram.ext import BaseHandler

from bot.admin.access import Role, admin_command, admin_tap, may, record_act
from bot.admin.broadcast_content import preview, written_content
from bot.admin.people import tapped_number
from bot.context import Buttons, Context, Understand, acknowledge, button, reply, rewrite
from bot.handlers.unknown import old_button
from bot.texts import English
from bot.texts.english.administration import in_zone
from storage.store import Conflict, NotFound

Row = Mapping[str, Any]
QUESTION = "broadcast_edit"
UNDER_WAY = ("scheduled", "sending")
MOST_REASONS = 6


async def latest(update: Update, context: Context) -> None:
    await reply(update, *await _list(context))


async def latest_again(update: Update, context: Context) -> None:
    """`x:l`."""
    if context.known is not None:
        await context.call("hide_broadcast", user_id=context.known.user_id)
    await rewrite(update, *await _list(context))


async def _list(context: Context) -> tuple[str, Buttons]:
    texts, found = context.words, await context.call("list_broadcasts", limit_to=8)
    if not found:
        return texts.no_broadcasts, []
    lines = [
        texts.broadcast_line(each["id"], audience_of(texts, each), state_of(texts, each), each["sent"])
        for each in found
    ]
    choices = [button(str(each["id"]), f"x:b:{each['id']}") for each in found]
    rows = [choices[start : start + 4] for start in range(0, len(choices), 4)]
    return "\n".join([texts.your_broadcasts, *lines]), rows


def audience_of(texts: English, broadcast: Row) -> str:
    return texts.audience_names.get(broadcast["audience"], str(broadcast["audience"]))


def state_of(texts: English, broadcast: Row) -> str:
    is_deleted = broadcast["change"] == "delete"
    return texts.broadcast_states["deleted" if is_deleted else broadcast["status"]]


# How far one has come


async def show_progress(update: Update, context: Context, broadcast: Row) -> None:
    """Below; from now on this message is kept up to date."""
    message = update.effective_message
    if message is not None:
        text, buttons = page(context.words, broadcast, _zone(context), is_admin=may(context.known, "admin"))
        shown = await message.reply_html(text, reply_markup=InlineKeyboardMarkup(buttons))
        await _keep_up_to_date(context, broadcast, shown)


async def show_again(update: Update, context: Context, broadcast: Row) -> None:
    """`x:b:BROADCAST`: in place of the tapped message, which is kept up to date from now on."""
    await _show_here(update, context, broadcast)


async def _show_here(update: Update, context: Context, broadcast: Row, toast: str | None = None) -> None:
    text, buttons = page(context.words, broadcast, _zone(context), is_admin=may(context.known, "admin"))
    await rewrite(update, text, buttons, toast)
    query = update.callback_query
    if query is not None and isinstance(query.message, Message):
        await _keep_up_to_date(context, broadcast, query.message)


async def _keep_up_to_date(context: Context, broadcast: Row, shown: Message) -> None:
    if context.known is not None:
        await context.call(
            "show_broadcast",
            user_id=context.known.user_id,
            broadcast_id=broadcast["id"],
            chat_id=shown.chat_id,
            message_id=shown.message_id,
        )


def _zone(context: Context) -> str:
    return context.known.timezone if context.known else "UTC"


def page(texts: English, broadcast: Row, zone: str, *, is_admin: bool) -> tuple[str, Buttons]:
    return _text(texts, broadcast, zone), _buttons(texts, broadcast, is_admin=is_admin)


def _text(texts: English, broadcast: Row, zone: str) -> str:
    state = state_of(texts, broadcast)
    lines = [texts.broadcast_title(broadcast["id"], audience_of(texts, broadcast))]
    if broadcast["status"] == "draft":
        return "\n".join([*lines, state])
    if broadcast["status"] == "scheduled":
        lines.append(texts.broadcast_begins(in_zone(broadcast["starts_at"], zone)))
    lines += [
        texts.broadcast_bar(state, share_done(broadcast)),
        texts.broadcast_sent(broadcast["sent"], broadcast["planned"], _named(texts, broadcast["channels"])),
        texts.broadcast_rest(
            broadcast["waiting"], broadcast["failed"], broadcast["left_out"], broadcast["clicked"]
        ),
        *([texts.still_planning] if broadcast["status"] == "sending" and not broadcast["planned_at"] else []),
        *_reasons(texts, broadcast["reasons"]),
    ]
    if broadcast["change"]:
        lines += ["", texts.changed_so_far(broadcast["change"], broadcast["changes"])]
    return "\n".join(lines)


def share_done(broadcast: Row) -> float:
    """Of the people who are planned; a few more messages than people there may be."""
    if broadcast["status"] in ("sent", "stopped"):
        return 1.0 if broadcast["status"] == "sent" else _share(broadcast["sent"], broadcast["planned"])
    return _share(broadcast["planned"] - broadcast["waiting"], broadcast["planned"])


def _share(part: int, whole: int) -> float:
    return max(0.0, min(1.0, part / whole)) if whole else 0.0


def _named(texts: English, channels: Mapping[str, int]) -> Mapping[str, int]:
    return {texts.contact_channel(name): count for name, count in channels.items()}


def _reasons(texts: English, reasons: Mapping[str, int]) -> list[str]:
    often = sorted(reasons.items(), key=lambda each: -each[1])[:MOST_REASONS]
    return [f"• {texts.reason_in_words(code)}: {count:,}" for code, count in often]


def _buttons(texts: English, broadcast: Row, *, is_admin: bool) -> Buttons:
    number, rows = broadcast["id"], list[list[Any]]()
    looking = [
        button(texts.refresh_broadcast_label, f"x:b:{number}"),
        button(texts.all_broadcasts_label, "x:l"),
    ]
    if is_admin and broadcast["status"] == "draft":
        rows.append([button(texts.go_on_with_draft_label, f"x:g:{number}")])
        rows.append([button(texts.discard_label, f"x:no:{number}")])
    elif is_admin:
        if broadcast["status"] in UNDER_WAY:
            rows.append([button(texts.stop_broadcast_label, f"x:stop:{number}")])
        if can_change(broadcast):
            rows.append(
                [
                    button(texts.edit_broadcast_label, f"x:e:{number}"),
                    button(texts.delete_broadcast_label, f"x:d:{number}"),
                ]
            )
    return [*rows, looking]


def can_change(broadcast: Row) -> bool:
    is_told = broadcast["status"] in UNDER_WAY or broadcast["changeable"] > 0
    return bool(is_told and broadcast["change"] != "delete")


# Stop, edit, delete


async def stop(update: Update, context: Context, broadcast: Row) -> None:
    """`x:stop:BROADCAST`."""
    if broadcast["status"] not in UNDER_WAY:
        await _show_here(update, context, broadcast, context.words.broadcast_had_ended)
        return
    stopped = await context.call("stop_broadcast", broadcast_id=broadcast["id"])
    await record_act(context, "broadcast.stop", str(broadcast["id"]))
    await _show_here(update, context, stopped, context.words.broadcast_was_stopped)


async def ask_text(update: Update, context: Context, broadcast: Row) -> None:
    """`x:e:BROADCAST`."""
    if not can_change(broadcast):
        await acknowledge(update, context.words.nothing_to_change)
        return
    await context.ask(QUESTION, {"broadcast": broadcast["id"]})
    await acknowledge(update)
    texts = context.words
    question = texts.ask_new_text(broadcast["changeable"], broadcast["waiting"])
    await reply(update, question, [[button(texts.keep_broadcast_label, "x:keep")]])


async def understand(update: Update, context: Context, state: Row) -> bool:
    if not may(context.known, "admin"):
        return False
    content = await written_content(update, context)
    if content is not None:
        broadcast = await context.call("describe_broadcast", broadcast_id=state["broadcast"])
        await context.ask(QUESTION, {**state, "content": content, "preview": update.update_id})
        await reply(update, preview(context, content))
        texts = context.words
        buttons = [
            [button(texts.replace_label, f"x:ey:{update.update_id}")],
            [button(texts.keep_broadcast_label, "x:keep")],
        ]
        await reply(update, texts.ask_replace(broadcast["changeable"]), buttons)
    return True


async def edit(update: Update, context: Context) -> None:
    """`x:ey:PREVIEW`: only what the tapped preview shows, and that once."""
    state = context.asked(QUESTION) or {}
    if state.get("preview") != tapped_number(context, "preview"):
        await old_button(update, context)
        return
    try:
        edited = await context.call(
            "edit_broadcast", broadcast_id=state["broadcast"], content=state["content"]
        )
    except (Conflict, NotFound):
        await old_button(update, context)
        return
    await record_act(context, "broadcast.edit", str(edited["id"]))
    await context.answered()
    await _show_here(update, context, edited)


async def keep(update: Update, context: Context) -> None:
    """`x:keep`."""
    if context.asked(QUESTION):
        await context.answered()
    await rewrite(update, context.words.broadcast_kept)


async def ask_delete(update: Update, context: Context, broadcast: Row) -> None:
    """`x:d:BROADCAST`."""
    texts = context.words
    if not can_change(broadcast):
        await acknowledge(update, texts.nothing_to_change)
        return
    buttons = [
        [button(texts.yes_delete_broadcast, f"x:dy:{broadcast['id']}")],
        [button(texts.keep_broadcast_label, f"x:b:{broadcast['id']}")],
    ]
    await context.call("hide_broadcast", user_id=(await context.person(update)).user_id)
    await rewrite(update, texts.ask_delete_broadcast(broadcast["changeable"]), buttons)


async def delete(update: Update, context: Context, broadcast: Row) -> None:
    """`x:dy:BROADCAST`; a second tap only shows how far it is."""
    if can_change(broadcast):
        broadcast = await context.call("delete_broadcast", broadcast_id=broadcast["id"])
        await record_act(context, "broadcast.delete", str(broadcast["id"]))
    await _show_here(update, context, broadcast)


def broadcast_tap(
    letter: str, answer: Callable[[Update, Context, Row], Awaitable[None]], role: Role = "admin"
) -> BaseHandler[Any, Any, Any]:
    """A button of a broadcast, which may be gone by now."""

    async def answer_about_it(update: Update, context: Context) -> None:
        try:
            broadcast = await context.call(
                "describe_broadcast", broadcast_id=tapped_number(context, "broadcast")
            )
        except NotFound:
            await acknowledge(update, context.words.no_longer_works)
        else:
            await answer(update, context, broadcast)

    return admin_tap(rf"^x:{letter}:(?P<broadcast>\d{{1,18}})$", answer_about_it, role)


def answers() -> Mapping[str, Understand]:
    return {QUESTION: understand}


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("broadcasts", latest),
        admin_tap("^x:l$", latest_again),
        broadcast_tap("b", show_again, "viewer"),
        broadcast_tap("stop", stop),
        broadcast_tap("e", ask_text),
        broadcast_tap("d", ask_delete),
        broadcast_tap("dy", delete),
        admin_tap(r"^x:ey:(?P<preview>\d{1,18})$", edit, "admin"),
        admin_tap("^x:keep$", keep, "admin"),
    ]
