"""All that the bot understands: which topics there are, and in which order they are asked."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

from telegram.ext import BaseHandler

from bot.admin import (
    alerts,
    attendance,
    broadcast,
    broadcasts,
    dashboard,
    deliveries,
    explain,
    health,
    interventions,
    mailboxes,
    menu,
    message,
    outreach,
    pauses,
    profile,
    roles,
    runs,
    sequences,
    statistics,
    trigger,
    users,
)
from bot.admin import pods as admin_pods
from bot.context import Understand
from bot.handlers import (
    achievements,
    actions,
    beginning,
    commitments,
    email,
    feedback,
    help,
    incoming,
    leaderboard,
    learning,
    link,
    membership,
    open_commitments,
    pods,
    privacy,
    progress,
    settings,
    start,
    stats,
    stop,
    streaks,
    unknown,
    why,
    wishes,
)
from bot.handlers.commands import Answer, Opened

TOPICS: tuple[ModuleType, ...] = (
    start,
    beginning,
    help,
    email,
    commitments,
    open_commitments,
    progress,
    stats,
    leaderboard,
    streaks,
    achievements,
    feedback,
    pods,
    settings,
    learning,
    privacy,
    why,
    link,
    stop,
    membership,
    actions,
    wishes,
)
"""Each has `handlers()`, `answers()` if it asks questions, `deep_links()` if `/start PREFIX_…` opens it,
and `follow_ups()` if a button under a message leads to it."""

ADMIN_TOPICS: tuple[ModuleType, ...] = (
    menu,
    users,
    profile,
    runs,
    message,
    roles,
    explain,
    trigger,
    dashboard,
    admin_pods,
    attendance,
    broadcast,
    broadcasts,
    sequences,
    pauses,
    deliveries,
    mailboxes,
    health,
    statistics,
    alerts,
    interventions,
    outreach,
)
"""As above."""


def all_handlers() -> list[list[BaseHandler[Any, Any, Any]]]:
    """In groups: of each, the first handler that wants an update gets it."""
    answering = (*TOPICS, *ADMIN_TOPICS, unknown)
    return [incoming.first(), [each for topic in answering for each in topic.handlers()], incoming.last()]


def all_answers() -> Mapping[str, Understand]:
    """Who reads the answer to which question, by the name that `Context.ask` was given."""
    asking = (topic for topic in (*TOPICS, *ADMIN_TOPICS) if hasattr(topic, "answers"))
    return {name: understand for topic in asking for name, understand in topic.answers().items()}


def all_deep_links() -> Mapping[str, Opened]:
    """Who answers `/start PREFIX_REST`, by the prefix (`link_`). Any other payload is a source."""
    linked = (topic for topic in TOPICS if hasattr(topic, "deep_links"))
    return {prefix: opened for topic in linked for prefix, opened in topic.deep_links().items()}


def all_follow_ups() -> Mapping[str, Answer]:
    """What goes on in the chat once a button under a message was tapped, by the event that it records."""
    following = (topic for topic in (*TOPICS, *ADMIN_TOPICS) if hasattr(topic, "follow_ups"))
    return {event: follow for topic in following for event, follow in topic.follow_ups().items()}
