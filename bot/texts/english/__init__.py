"""Warm, short, one thought per line. A file per topic."""

from __future__ import annotations

from collections.abc import Mapping

from bot.texts.english import (
    administration,
    beginning,
    broadcasts,
    commitments,
    conversation,
    game,
    interventions,
    learning,
    operations,
    pods,
    settings,
    why,
)


class English(
    conversation.Conversation,
    beginning.Beginning,
    commitments.Commitments,
    game.Game,
    learning.Learning,
    pods.Pods,
    settings.Settings,
    why.Why,
    administration.Administration,
    operations.Operations,
    broadcasts.Broadcasts,
    interventions.Interventions,
):
    """`commands` are for everybody, `admin_commands` for admins too; in the order in which they are shown."""

    commands: Mapping[str, str] = {
        **conversation.COMMANDS,
        **commitments.COMMANDS,
        **game.COMMANDS,
        **pods.COMMANDS,
        **beginning.COMMANDS,
        **settings.COMMANDS,
        **learning.COMMANDS,
        **why.COMMANDS,
    }
    admin_commands: Mapping[str, str] = {
        **administration.COMMANDS,
        **operations.COMMANDS,
        **broadcasts.COMMANDS,
        **interventions.ADMIN_COMMANDS,
        **pods.ADMIN_COMMANDS,
    }
