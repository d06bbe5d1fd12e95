"""My data as a file, and delete me: asked once, then everything is gone."""

from __future__ import annotations

import json
from typing import Any

from telegram import InputFile, Message, Update
from telegram.ext import BaseHandler

from bot.context import Context, acknowledge, button, rewrite
from bot.handlers.commands import tap


async def export(update: Update, context: Context) -> None:
    person = await context.person(update)
    exported = await context.call("export_user", user_id=person.user_id)
    await acknowledge(update)
    if isinstance(update.effective_message, Message):
        texts, content = context.words, json.dumps(exported, ensure_ascii=False, indent=2)
        await update.effective_message.reply_document(
            InputFile(content.encode(), filename=texts.export_name), caption=texts.export_caption
        )


async def ask(update: Update, context: Context) -> None:
    texts = context.words
    buttons = [[button(texts.yes_delete, "s:delete:yes")], [button(texts.no_delete, "s:delete:no")]]
    await rewrite(update, texts.ask_delete, buttons)


async def delete(update: Update, context: Context) -> None:
    person = await context.person(update)
    await context.call("delete_user", user_id=person.user_id, source="telegram")
    await rewrite(update, context.words.deleted)


async def keep(update: Update, context: Context) -> None:
    await rewrite(update, context.words.not_deleted)


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        tap("^s:export$", export),
        tap("^s:delete$", ask),
        tap("^s:delete:yes$", delete),
        tap("^s:delete:no$", keep),
    ]
