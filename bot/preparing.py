"""What is put into the database before anything runs: settings it judges by, the game, the catalogue."""

from __future__ import annotations

import math
from pathlib import Path

import structlog

import sequences
from bot.settings import Settings, SettingsError
from engagement.achievements import publish_achievements
from engagement.game import FILE as GAME_FILE
from engagement.game import BadRules, Game, configure_game, load_game
from sequences.publishing import publish_catalogue
from sequences.templates import publish_templates
from storage.store import Store

log = structlog.get_logger(__name__)

CATALOGUE = Path(sequences.__file__).parent / "catalogue"


async def set_up_channels(settings: Settings, store: Store) -> None:
    """Tells the policy gate which channels there are; one that is off is paused, so others take over."""
    # Small bursts: the provider counts each second, and a full one must not follow a full burst.
    telegram_burst = max(1, math.ceil(settings.telegram_per_second / 5))
    # With a burst of one, what is left of a token when it is looked at would be lost: a tenth of them all.
    budgets: dict[str, tuple[float, float, int, bool]] = {
        "telegram": (settings.telegram_per_second, telegram_burst, 1, settings.has_telegram),
        "email": (settings.resend_requests_per_second, 1.5, 100, settings.has_email),
    }
    for channel, (per_second, burst, messages_per_request, is_on) in budgets.items():
        await store.call(
            "configure_budget",
            channel=channel,
            per_second=per_second,
            burst=burst,
            messages_per_request=messages_per_request,
        )
        if not is_on:
            await store.call("set_channel_state", channel=channel, paused_reason="not_configured")


def read_game(settings: Settings) -> Game:
    try:
        return load_game(settings.game_file or GAME_FILE)
    except (BadRules, OSError, UnicodeDecodeError) as wrong:
        raise SettingsError(f"GAME_FILE cannot be used: {'; '.join(str(wrong).splitlines())}") from None


async def set_up_game(store: Store, game: Game) -> None:
    if await configure_game(store, game):
        log.info("game_changed", actions=len(game.actions), levels=len(game.levels))


async def set_up_interventions(settings: Settings, store: Store) -> None:
    """Tells the database how far the controller may act on a risk."""
    await store.call(
        "configure_interventions",
        mode=settings.interventions,
        threshold=settings.intervention_threshold,
        cooldown_days=settings.intervention_cooldown_days,
        holdout=settings.intervention_holdout,
        most_tasks=settings.outreach_tasks,
        exploration=settings.intervention_exploration,
    )


async def publish(store: Store) -> None:
    for published in await publish_catalogue(store, CATALOGUE):
        log.info("sequence_published", sequence=published.sequence, number=published.number)
    for name in await publish_templates(store):
        log.info("template_published", template=name)
    if changed := await publish_achievements(store):
        log.info("achievements_changed", achievements=changed)
