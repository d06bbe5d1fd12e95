"""/pause and /resume: a sequence, a channel or everything, tapped or typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from telegram import Update
from telegram.ext import BaseHandler

from bot.admin.access import admin_command, admin_tap, record_act
from bot.admin.people import tapped
from bot.admin.sequences import named, nearest
from bot.context import Buttons, Context, acknowledge, argument, button, reply, rewrite
from bot.texts import English
from storage.store import Conflict, NotFound

Act = Literal["pause", "resume"]
EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Target:
    """Of everything the name is empty; `code` is short enough for a button."""

    kind: Literal["everything", "channel", "sequence"]
    name: str
    title: str
    code: str

    @property
    def arguments(self) -> dict[str, str]:
        return {} if self.kind == EVERYTHING else {self.kind: self.name}


@dataclass(frozen=True, slots=True)
class Switch:
    act: Act

    async def typed(self, update: Update, context: Context) -> None:
        text = argument(context).strip()
        if not text:
            await reply(update, *await self._choices(context))
            return
        target = await _meant(context, text)
        if target is None:
            near = nearest(await context.call("sequence_overview"), text)
            await reply(update, context.words.nothing_of_that_name(text, near))
        else:
            await reply(update, *await self._switch(context, target))

    async def tapped(self, update: Update, context: Context) -> None:
        """`o:h:TARGET` holds, `o:g:TARGET` lets go on."""
        target = await _tapped_target(context)
        if target is None:
            await acknowledge(update, context.words.no_longer_works)
        else:
            await rewrite(update, *await self._switch(context, target))

    async def _switch(self, context: Context, target: Target) -> tuple[str, Buttons]:
        texts = context.words
        try:
            answer = await context.call(f"{self.act}_{target.kind}", **target.arguments)
        except Conflict:
            return texts.not_configured_channel(target.name), []
        if answer["changed"]:
            await record_act(context, f"{self.act}.{target.kind}", target.name or EVERYTHING)
        other = ("o:g:", texts.resume_it_label) if self.act == "pause" else ("o:h:", texts.pause_it_label)
        return _answer(texts, self.act, target, answer), [[button(other[1], other[0] + target.code)]]

    async def _choices(self, context: Context) -> tuple[str, Buttons]:
        texts = context.words
        if self.act == "pause":
            targets = [_everything(texts), *(_channel(texts, name) for name in await _channels(context))]
            buttons = [[button(each.title, f"o:h:{each.code}")] for each in targets]
            return texts.ask_what_to_hold, [*buttons, [button(texts.menu_labels["sequences"], "o:l:0")]]
        paused = await _paused(context)
        buttons = [[button(each.title[:60], f"o:g:{each.code}")] for each in paused]
        return (texts.ask_resume if paused else texts.nothing_is_paused), buttons


def _answer(texts: English, act: Act, target: Target, answer: Mapping[str, Any]) -> str:
    messages = answer["messages"]
    if not answer["changed"]:
        return texts.was_paused(target.title) if act == "pause" else texts.was_not_paused(target.title)
    if act == "resume":
        return texts.goes_on(target.title, messages)
    people = answer["people"]
    match target.kind:
        case "everything":
            return texts.paused_everything(messages, people)
        case "channel":
            return texts.paused_channel(target.name, messages, people)
        case _:
            return texts.paused_sequence(target.title, messages, people)


async def _meant(context: Context, typed: str) -> Target | None:
    texts, meant = context.words, typed.casefold()
    if meant in texts.everything_words:
        return _everything(texts)
    for name, label in texts.contact_channels.items():
        if meant in (name, label.casefold()):
            return _channel(texts, name)
    found = named(await context.call("sequence_overview"), typed)
    return _sequence(found) if found else None


async def _tapped_target(context: Context) -> Target | None:
    code, texts = tapped(context, "target"), context.words
    if code == EVERYTHING:
        return _everything(texts)
    if code in texts.contact_channels:
        return _channel(texts, code)
    try:
        return _sequence(await context.call("describe_sequence", reference=code))
    except NotFound:
        return None


async def _channels(context: Context) -> list[str]:
    """Those that are configured."""
    channels = (await context.call("queue_health"))["channels"]
    return [name for name, state in channels.items() if state["paused_reason"] != "not_configured"]


async def _paused(context: Context) -> list[Target]:
    texts, health = context.words, await context.call("queue_health")
    reasons = {name: state["paused_reason"] for name, state in health["channels"].items()}
    closed = [name for name, reason in reasons.items() if reason not in (None, "not_configured")]
    sequences = await context.call("sequence_overview")
    return [
        *([_everything(texts)] if health["paused_since"] else []),
        *(_channel(texts, name) for name in closed),
        *(_sequence(each) for each in sequences if each["paused_at"]),
    ]


def _everything(texts: English) -> Target:
    return Target("everything", "", texts.everything_label, EVERYTHING)


def _channel(texts: English, name: str) -> Target:
    return Target("channel", name, texts.contact_channels[name], name)


def _sequence(row: Mapping[str, Any]) -> Target:
    return Target("sequence", row["name"], row["title"], str(row["version_id"]))


PAUSE, RESUME = Switch("pause"), Switch("resume")


def handlers() -> list[BaseHandler[Any, Any, Any]]:
    return [
        admin_command("pause", PAUSE.typed, "admin"),
        admin_command("resume", RESUME.typed, "admin"),
        admin_tap(r"^o:h:(?P<target>\w{1,20})$", PAUSE.tapped, "admin"),
        admin_tap(r"^o:g:(?P<target>\w{1,20})$", RESUME.tapped, "admin"),
    ]
