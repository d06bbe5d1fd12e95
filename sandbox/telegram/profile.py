"""What people see of the bot itself: its name, its commands, its menu button."""

from __future__ import annotations

import re
from typing import Any

from sandbox.chats import scope_key
from sandbox.telegram.parts import Method, Parameters, Parts
from sandbox.telegram.people import user_of
from sandbox.telegram.refusals import bad_request


async def get_me(parts: Parts, parameters: Parameters) -> Any:
    return parts.chats.bot_user() | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


async def set_my_commands(parts: Parts, parameters: Parameters) -> bool:
    for command in parameters["commands"]:
        if not re.fullmatch(r"/?[a-z0-9_]{1,32}", command["command"]):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    if len(parameters["commands"]) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    _check_scope(parts, parameters)
    parts.state.bot.commands[_scope(parameters)] = parameters["commands"]
    parts.state.is_changed = True
    return True


def _check_scope(parts: Parts, parameters: Parameters) -> None:
    chat_id = (parameters.get("scope") or {}).get("chat_id")
    if chat_id is not None:
        user_of(parts, int(chat_id) if str(chat_id).isdecimal() else str(chat_id))


def _scope(parameters: Parameters) -> str:
    scope = parameters.get("scope") or {"type": "default"}
    return scope_key(scope, parameters.get("language_code") or "")


async def get_my_commands(parts: Parts, parameters: Parameters) -> Any:
    return parts.state.bot.commands.get(_scope(parameters), [])


async def delete_my_commands(parts: Parts, parameters: Parameters) -> bool:
    parts.state.bot.commands.pop(_scope(parameters), None)
    parts.state.is_changed = True
    return True


async def set_chat_menu_button(parts: Parts, parameters: Parameters) -> bool:
    parts.state.bot.menu_button = parameters.get("menu_button") or {"type": "default"}
    return True


async def get_chat_menu_button(parts: Parts, parameters: Parameters) -> Any:
    return parts.state.bot.menu_button


def bot_text(kind: str, parameter: str, longest: int) -> dict[str, Method]:
    """`setMyName` and its like: one text per language, and its getter."""

    async def put(parts: Parts, parameters: Parameters) -> bool:
        text = parameters.get(parameter) or ""
        if len(text) > longest:
            raise bad_request(f"{parameter} is too long")
        key = f"{kind}:{parameters.get('language_code') or ''}"
        if text:
            parts.state.bot.texts[key] = text
        else:
            parts.state.bot.texts.pop(key, None)
        parts.state.is_changed = True
        return True

    async def get(parts: Parts, parameters: Parameters) -> Any:
        texts = parts.state.bot.texts
        fallback = "Tendril" if kind == "name" else ""
        return {parameter: texts.get(f"{kind}:{parameters.get('language_code') or ''}", fallback)}

    method = "".join(word.capitalize() for word in parameter.split("_")).lower()
    return {f"setmy{method}": put, f"getmy{method}": get}
