"""What every handler works with: the store, the person who wrote, the words in their language."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, Message, Update, User
from telegram.constants import ParseMode
from telegram.error import BadRequest
from telegram.ext import CallbackContext, ExtBot

from bot.menus import change_admin_menu
from bot.texts import English, words
from engagement.commitments import Rater, RuleRater
from sequences.links import LinkBuilder
from storage.store import Store
from webhooks.options import ProcessHealth

Buttons = list[list[InlineKeyboardButton]]
Understand = Callable[[Update, "Context", Mapping[str, Any]], Awaitable[bool]]
"""Reads what was written as the answer to a question; says whether it is one."""


@dataclass(frozen=True, slots=True)
class Shared:
    """The same for every update."""

    store: Store
    brand: str
    has_email: bool
    links: LinkBuilder
    rater: Rater = field(default_factory=RuleRater)
    owner_ids: frozenset[int] = frozenset()
    """Owners by ADMIN_TELEGRAM_IDS, before anybody has granted a role."""
    health: Callable[[], ProcessHealth] | None = None
    """What this process knows about itself."""
    send_trial: Callable[[str], Awaitable[str]] | None = None
    """Sends one email to an address, past the queue; gives the provider's id, raises DeliveryError."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A question that waits for somebody's answer; `state` is what the answer is to be read with."""

    name: str
    state: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """`locale` is the language that they chose, else that of their Telegram. `roles` are those of admins."""

    user_id: str
    telegram_id: int
    first_name: str
    is_new: bool = False
    came_back: bool = False
    locale: str | None = None
    timezone: str = "UTC"
    roles: frozenset[str] = frozenset()
    dialogue: Dialogue | None = None


class Stranger(Exception):
    """Somebody whom we do not know, and who did not write to us."""


class Context(CallbackContext[ExtBot[None], dict[Any, Any], dict[Any, Any], dict[Any, Any]]):
    """One update's context; who wrote is asked of the database once, before anything else."""

    known: Person | None = None
    language: str | None = None

    @property
    def shared(self) -> Shared:
        return cast(Shared, self.application.bot_data["shared"])

    @property
    def words(self) -> English:
        """In the language of whoever wrote."""
        return words(self.known.locale if self.known else self.language)

    async def call(self, operation: str, /, **arguments: Any) -> Any:
        return await self.shared.store.call(operation, **arguments)

    async def person(self, update: Update, source: str | None = None) -> Person:
        """Whoever sent the update; a stranger who writes becomes a user. Raises Stranger for one who only
        taps a button of long ago: they had themselves deleted, and that is no way back.
        """
        if self.known is None:
            self.known = await self._register(sender(update), source, update.callback_query is None)
        return self.known

    async def _register(self, user: User, source: str | None, may_be_new: bool) -> Person:
        answer: Mapping[str, Any] | None = await self.call(
            "register_telegram_user",
            telegram_id=user.id,
            first_name=user.first_name,
            last_name=user.last_name,
            username=user.username,
            language_code=user.language_code,
            source=source,
            may_be_new=may_be_new,
        )
        if answer is None:
            raise Stranger
        person = _person(user, answer)
        if user.id in self.shared.owner_ids and "owner" not in person.roles:
            await self.call("set_roles", user_id=person.user_id, roles=["owner"], actor="ADMIN_TELEGRAM_IDS")
            await change_admin_menu(self.bot, user.id, person.locale)
            person = replace(person, roles=frozenset({"owner"}))
        return person

    async def ask(self, name: str, state: Mapping[str, Any] | None = None) -> None:
        """What they write next answers this question, until `answered`; a later question takes its place."""
        await self.call("begin_dialogue", user_id=self._their_id, name=name, state=dict(state or {}))

    def asked(self, name: str) -> Mapping[str, Any] | None:
        """What that question was asked with; None when it no longer waits, as when another took its place."""
        dialogue = self.known.dialogue if self.known else None
        return dialogue.state if dialogue and dialogue.name == name else None

    async def understood(self, update: Update) -> bool:
        """Whether what was written answers a question that we asked, and was taken as such."""
        dialogue = self.known.dialogue if self.known else None
        understand = self.application.bot_data["answers"].get(dialogue.name) if dialogue else None
        return bool(dialogue and understand and await understand(update, self, dialogue.state))

    async def answered(self) -> None:
        await self.call("end_dialogue", user_id=self._their_id)

    @property
    def _their_id(self) -> str:
        if self.known is None:
            raise ValueError("nobody is known who could be asked")
        return self.known.user_id

    async def record(
        self, update: Update, event_type: str, metadata: Mapping[str, Any], event_id: str | None = None
    ) -> Mapping[str, Any]:
        """Writes a behavior event, once per `event_id`; by default once per update and type."""
        event = {
            "event_id": event_id or f"telegram:{update.update_id}:{event_type}",
            "user_id": (await self.person(update)).user_id,
            "type": event_type,
            "metadata": metadata,
            "source": "telegram",
        }
        return cast("Mapping[str, Any]", await self.call("record_behavior_events", events=[event]))


def sender(update: Update) -> User:
    """Only updates from people reach the handlers, and those have a sender."""
    user = update.effective_user
    if user is None:
        raise ValueError(f"update {update.update_id} has no sender")
    return user


def _person(user: User, answer: Mapping[str, Any]) -> Person:
    dialogue = answer["dialogue"]
    return Person(
        answer["user_id"],
        user.id,
        answer["first_name"] or user.first_name,
        is_new=answer["is_new"],
        came_back=answer["came_back"],
        locale=answer["locale"] or user.language_code,
        timezone=answer["timezone"],
        roles=frozenset(answer["roles"]),
        dialogue=Dialogue(dialogue["name"], dialogue["state"]) if dialogue else None,
    )


def argument(context: Context) -> str:
    """What was typed after the command."""
    return " ".join(context.args or ())


async def reply(update: Update, text: str, buttons: Buttons | None = None) -> None:
    """Answers in the chat."""
    message = update.effective_message
    if message is not None:
        await message.reply_html(
            text,
            reply_markup=InlineKeyboardMarkup(buttons) if buttons else None,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )


async def rewrite(
    update: Update, text: str, buttons: Buttons | None = None, toast: str | None = None
) -> None:
    """Answers a tap by changing the message of the button; the same tap twice changes nothing."""
    query = update.callback_query
    if query is None:
        await reply(update, text, buttons)
        return
    await acknowledge(update, toast)
    if isinstance(query.message, Message):
        markup = InlineKeyboardMarkup(buttons) if buttons else None
        try:
            await query.message.edit_text(text, parse_mode=ParseMode.HTML, reply_markup=markup)
        except BadRequest as refused:
            if "not modified" not in refused.message.lower():
                raise


async def acknowledge(update: Update, toast: str | None = None) -> None:
    """Stops the button's spinner. Telegram forgets a tap after a while; then there is none."""
    if update.callback_query is not None:
        try:
            await update.callback_query.answer(toast)
        except BadRequest as refused:
            if "query is too old" not in refused.message.lower():
                raise


def button(label: str, code: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=code)
