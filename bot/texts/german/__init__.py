"""Freundlich, kurz, per du. What is not translated yet is said in English."""

from __future__ import annotations

from collections.abc import Mapping

from bot.texts.english import English
from bot.texts.german import (
    administration,
    basics,
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


class German(
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
    basics.Basics,
    English,
):
    commands: Mapping[str, str] = {
        **English.commands,
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
        **English.admin_commands,
        **administration.COMMANDS,
        **operations.COMMANDS,
        **broadcasts.COMMANDS,
        **interventions.ADMIN_COMMANDS,
        **pods.ADMIN_COMMANDS,
    }
