"""The composition root: the only place that knows everybody.

Read it from the bottom: `assembled` opens the parts in the order in which they need each other, and
closing goes the other way round.
"""

from __future__ import annotations

import math
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import structlog
from aiohttp import web
from pydantic import SecretStr

import sequences
from bot.broadcasts import BroadcastDuty
from bot.callbacks import CallbackDuty
from bot.campaigns import CampaignDuty, CampaignTidying
from bot.context import Shared
from bot.conversation import telegram_application
from bot.database import LateStore, open_migrated_store
from bot.health import OwnHealth
from bot.interventions import InterventionDuty
from bot.kept_secrets import KeptSecret, kept_secret
from bot.leaderboards import LeaderboardDuty
from bot.live_messages import BroadcastViews
from bot.rebuilding import RebuildDuty
from bot.receiving import Receiving, Webhook
from bot.risks import RiskDuty, RiskTraining
from bot.running import Duty, Process
from bot.settings import Settings, SettingsError, shown
from bot.ticks import Tick
from bot.upkeep import Upkeep
from bot.worker_name import worker_name
from channels.channel import Channel
from channels.registry import open_channels
from channels.signing import Signer
from channels.telegram import TelegramChannel
from channels.transport import open_httpx_client
from engagement.achievements import publish_achievements
from engagement.commitments import Rater, RuleRater
from engagement.game import FILE as GAME_FILE
from engagement.game import BadRules, Game, configure_game, load_game
from engagement.model_rating import ModelRater
from engagement.profile import configure_profile, load_profile
from sequences.broadcasting import BroadcastChanges
from sequences.controller import NurtureController
from sequences.links import LinkBuilder
from sequences.metrics import DeliveryMetrics
from sequences.pipeline import DeliveryPipeline
from sequences.previewing import Previewer
from sequences.publishing import publish_catalogue
from sequences.rendering import Brand, Renderer
from sequences.templates import publish_templates
from storage.share import Share
from storage.store import Store
from webhooks.app import build_app, build_monitor
from webhooks.options import WebOptions
from webhooks.receivers import Receivers
from webhooks.trial_mail import send_trial_mail

log = structlog.get_logger(__name__)

Part = Literal["bot", "web", "worker"]
ALL_PARTS: frozenset[Part] = frozenset({"bot", "web", "worker"})

CATALOGUE = Path(sequences.__file__).parent / "catalogue"
TELEGRAM_WEBHOOK = "/webhooks/telegram"
# Calls at a time of who sends over a channel, and of all together who count, remind and clean up. Beside them
# and the pages of campaigns there are connections for who writes to us now, and for who asks the API.
CALLS_OF_SENDING = {"telegram": 3, "email": 2}
CALLS_IN_BACKGROUND = 2
UPKEEP_TICKS = 5  # upkeep is due each so many ticks
TRAINING_LOOKS_EVERY = 3_600  # seconds


@dataclass(frozen=True, slots=True)
class Secrets:
    """What signs and opens, set by somebody or made by us."""

    admin_api_key: KeptSecret
    link_secrets: tuple[str, ...]  # the first signs; the others are only read
    telegram_webhook_secret: str | None

    @classmethod
    def of(cls, settings: Settings) -> Secrets:
        folder = settings.data_dir
        return cls(
            _set_or_kept(settings.admin_api_key, folder, "admin_api_key"),
            tuple(_set_or_kept(settings.link_secret, folder, "link_secret").value.split()),
            _set_or_kept(settings.telegram_webhook_secret, folder, "telegram_webhook_secret").value
            if settings.telegram_mode == "webhook"
            else None,
        )


def _set_or_kept(secret: SecretStr | None, folder: Path, name: str) -> KeptSecret:
    if secret is not None:
        return KeptSecret(secret.get_secret_value(), False, folder / name)
    return kept_secret(folder, name)


# The ways out


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


def _game(settings: Settings) -> Game:
    try:
        return load_game(settings.game_file or GAME_FILE)
    except (BadRules, OSError, UnicodeDecodeError) as wrong:
        raise SettingsError(f"GAME_FILE cannot be used: {'; '.join(str(wrong).splitlines())}") from None


async def _set_up_game(store: Store, game: Game) -> None:
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


def telegram_options(settings: Settings) -> dict[str, Any]:
    return {
        "token": shown(settings.telegram_bot_token),
        "api_url": settings.telegram_api_url,
        "connections": settings.deliveries_in_flight,
    }


def email_options(settings: Settings) -> dict[str, Any]:
    return {"api_key": shown(settings.resend_api_key), "api_url": settings.resend_api_url}


def _channel_options(settings: Settings) -> dict[str, dict[str, Any]]:
    options = {}
    if settings.has_telegram:
        options["telegram"] = telegram_options(settings)
    if settings.has_email:
        options["email"] = email_options(settings)
    return options


def _pipelines(
    settings: Settings,
    store: Store,
    channels: Mapping[str, Channel],
    renderer: Renderer,
    worker: str,
    metrics: DeliveryMetrics,
) -> dict[str, DeliveryPipeline]:
    return {
        name: DeliveryPipeline(
            Share(store, CALLS_OF_SENDING[name]),
            channel,
            renderer,
            worker,
            in_flight=settings.deliveries_in_flight,
            tick_seconds=settings.tick_seconds,
            metrics=metrics,
        )
        for name, channel in channels.items()
    }


async def _rater(settings: Settings, opened: AsyncExitStack) -> Rater:
    key = shown(settings.rating_api_key)
    if key is None:
        return RuleRater()
    http = await opened.enter_async_context(open_httpx_client(connections=2))
    return ModelRater(http, settings.rating_api_url, key, settings.rating_model)


def _brand(settings: Settings) -> Brand:
    return Brand(
        settings.brand_name,
        settings.email_from or "",
        reply_to=settings.email_reply_to,
        postal_address=settings.email_postal_address or "",
    )


# The way in


@dataclass(frozen=True, slots=True)
class _WayIn:
    """Where this process answers, if it does, and where links are answered, perhaps by another."""

    listening: socket.socket | None
    url: str | None
    public_url: str


def _way_in(settings: Settings, parts: frozenset[Part], opened: AsyncExitStack) -> _WayIn:
    has_web = "web" in parts
    port = settings.port if has_web else settings.metrics_port
    public_url = settings.public_url or _reached_at(settings, settings.port)
    if port is None:
        return _WayIn(None, None, public_url)
    listening = _listen(settings, "PORT" if has_web else "METRICS_PORT", port)
    url = _reached_at(settings, opened.enter_context(closing(listening)).getsockname()[1])
    return _WayIn(listening, url, settings.public_url or url if has_web else public_url)


def _listen(settings: Settings, variable: str, port: int) -> socket.socket:
    """The port is taken before anything else starts: links carry it, and a second process ends here."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, port), family=family, backlog=1024)
    except OSError as refused:
        raise SettingsError(
            f"{variable} {port} on {settings.host} cannot be used ({refused.strerror}): "
            f"stop what uses it, or set another {variable}"
        ) from None


def _reached_at(settings: Settings, port: int) -> str:
    host = settings.host if settings.host not in ("0.0.0.0", "::", "") else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@asynccontextmanager
async def _served(app: web.Application, listening: socket.socket) -> AsyncIterator[None]:
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=5.0)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield
    finally:
        await runner.cleanup()


def web_options(settings: Settings, secrets: Secrets) -> WebOptions:
    return WebOptions(
        admin_api_key=secrets.admin_api_key.value,
        cron_secret=shown(settings.cron_secret),
        api_per_second=settings.api_per_second,
        webhook_allowed_hosts=settings.webhook_allowed_hosts,
        resend_webhook_secrets=tuple((shown(settings.resend_webhook_secret) or "").split()),
        telegram_webhook_secret=secrets.telegram_webhook_secret,
        brand_name=settings.brand_name,
        email_from=settings.email_from,
        email_reply_to=settings.email_reply_to,
        is_https=(settings.public_url or "").startswith("https://"),
    )


# All of it


@asynccontextmanager
async def assembled(
    settings: Settings, secrets: Secrets, parts: frozenset[Part] = ALL_PARTS
) -> AsyncIterator[Process]:
    """Everything that `parts` need, opened and ready to `run`. Raises SettingsError."""
    async with AsyncExitStack() as opened:
        assembly = await _Assembly.begun(settings, secrets, opened, parts)
        if "bot" in parts and settings.has_telegram:
            assembly.add_conversation(await _rater(settings, opened))
        if "worker" in parts:
            assembly.add_deliveries()
        await assembly.add_answers(has_web="web" in parts)
        yield assembly.process()


@dataclass(frozen=True, slots=True)
class _Assembly:
    """What is opened so far, and what the process will do."""

    settings: Settings
    secrets: Secrets
    opened: AsyncExitStack
    worker: str
    way_in: _WayIn
    store: LateStore
    background: Share
    channels: Mapping[str, Channel]
    signer: Signer
    renderer: Renderer
    pipelines: Mapping[str, DeliveryPipeline]
    controller: NurtureController
    metrics: DeliveryMetrics
    health: OwnHealth
    prepare: list[Callable[[], Awaitable[None]]]
    duties: dict[str, Duty] = field(default_factory=dict)
    ticks: dict[str, Tick] = field(default_factory=dict)
    rings: list[Callable[[], None]] = field(default_factory=list)
    felt: list[Callable[[], None]] = field(default_factory=list)  # when an update was handled

    @classmethod
    async def begun(
        cls, settings: Settings, secrets: Secrets, opened: AsyncExitStack, parts: frozenset[Part]
    ) -> _Assembly:
        """What every part needs: a name, the store, the ways out."""
        game, profile = _game(settings), load_profile()
        worker = opened.enter_context(worker_name(settings.data_dir))
        way_in = _way_in(settings, parts, opened)
        store = await opened.enter_async_context(LateStore(lambda: open_migrated_store(settings)))
        channels = await opened.enter_async_context(open_channels(_channel_options(settings)))
        signer, metrics = Signer(*secrets.link_secrets), DeliveryMetrics()
        renderer = Renderer(_brand(settings), LinkBuilder(way_in.public_url, signer))
        pipelines = _pipelines(settings, store, channels, renderer, worker, metrics)
        return cls(
            settings=settings,
            secrets=secrets,
            opened=opened,
            worker=worker,
            way_in=way_in,
            store=store,
            background=Share(store, CALLS_IN_BACKGROUND),
            channels=channels,
            signer=signer,
            renderer=renderer,
            pipelines=pipelines,
            controller=NurtureController(store, pipelines.values(), metrics=metrics),
            metrics=metrics,
            health=OwnHealth(telegram_off=settings.why_telegram_is_off, email_off=settings.why_email_is_off),
            # Whoever records what users did may trigger a sequence or earn XP, so that has to be there.
            prepare=[
                lambda: _set_up_game(store, game),
                lambda: configure_profile(store, profile),
                lambda: _publish(store),
            ],
        )

    def add_conversation(self, rater: Rater) -> None:
        shared = Shared(
            self.store,
            self.settings.brand_name,
            self.settings.has_email,
            LinkBuilder(self.way_in.public_url, self.signer),
            rater,
            owner_ids=self.settings.admin_telegram_ids,
            health=self.health.as_told,
            send_trial=self._trial(),
        )
        application = telegram_application(
            shown(self.settings.telegram_bot_token) or "", self.settings.telegram_api_url, shared
        )
        receiving = Receiving(
            application,
            self.store,
            self.worker,
            webhook=self._webhook(),
            handled=self._feel,
            say=self.health.say_of_telegram,
        )
        self.opened.push_async_callback(receiving.close)
        self.duties["conversation"] = receiving.run
        self.ticks["updates"] = Tick(self.settings.tick_seconds, receiving.ring)
        self.rings.append(receiving.ring)
        views = BroadcastViews(application.bot, self.store)
        self.duties["broadcast-views"] = views.run
        self.ticks["broadcast-views"] = Tick(self.settings.tick_seconds, views.bell.ring)

    def add_deliveries(self) -> None:
        off = [name for name in ("telegram", "email") if name not in self.channels]
        upkeep = Upkeep(self.controller, self.background, self.worker, off, self.settings.behavior_retention)
        self.prepare.append(lambda: set_up_channels(self.settings, self.store))
        for name, pipeline in self.pipelines.items():
            self.duties[f"deliver-{name}"] = pipeline.run
        self.duties["upkeep"] = upkeep.run
        self._add_broadcasts()
        self._add_campaigns()
        self._add_risks()
        self._add_interventions()
        self._add_leaderboards()
        rebuild = RebuildDuty(self.store)
        self.duties["rebuild"] = rebuild.run
        self.ticks["rebuild"] = Tick(self.settings.tick_seconds * UPKEEP_TICKS, rebuild.bell.ring)
        callbacks = CallbackDuty(self.background, Receivers(self.settings.webhook_allowed_hosts))
        self.duties["callbacks"] = callbacks.run
        self.ticks["callbacks"] = Tick(self.settings.tick_seconds, callbacks.bell.ring)
        self.ticks["deliveries"] = Tick(self.settings.tick_seconds, self.controller.wake)
        self.ticks["upkeep"] = Tick(self.settings.tick_seconds * UPKEEP_TICKS, upkeep.bell.ring)

    def _add_broadcasts(self) -> None:
        telegram = self.channels.get("telegram")
        changes = (
            BroadcastChanges(self.background, telegram, self.renderer)
            if isinstance(telegram, TelegramChannel)
            else None
        )
        broadcasts = BroadcastDuty(self.background, self.controller.wake, changes)
        self.duties["broadcasts"] = broadcasts.run
        self.ticks["broadcasts"] = Tick(self.settings.tick_seconds, broadcasts.bell.ring)
        self.felt.append(broadcasts.bell.ring)

    def _add_campaigns(self) -> None:
        campaigns = CampaignDuty(self.store, self.controller.wake)
        self.duties["campaigns"] = campaigns.run
        self.ticks["campaigns"] = Tick(self.settings.tick_seconds, campaigns.ring)
        tidying = CampaignTidying(self.background, self.controller.wake)
        self.duties["campaign-tidying"] = tidying.run
        self.ticks["campaign-tidying"] = Tick(self.settings.tick_seconds * UPKEEP_TICKS, tidying.bell.ring)

    def _add_risks(self) -> None:
        risks = RiskDuty(self.background, self.worker, self.settings.data_dir)
        self.duties["risks"] = risks.run
        self.ticks["risks"] = Tick(self.settings.tick_seconds, risks.bell.ring)
        training = RiskTraining(self.background, self.worker)
        self.duties["risk-training"] = training.run
        self.ticks["risk-training"] = Tick(TRAINING_LOOKS_EVERY, training.bell.ring)

    def _add_interventions(self) -> None:
        self.prepare.append(lambda: set_up_interventions(self.settings, self.store))
        interventions = InterventionDuty(self.background, self.controller.wake)
        self.duties["interventions"] = interventions.run
        self.ticks["interventions"] = Tick(self.settings.tick_seconds * UPKEEP_TICKS, interventions.bell.ring)

    def _add_leaderboards(self) -> None:
        leaderboards = LeaderboardDuty(self.background, self.controller.wake)
        self.duties["leaderboards"] = leaderboards.run
        self.ticks["leaderboards"] = Tick(self.settings.tick_seconds * UPKEEP_TICKS, leaderboards.bell.ring)
        self.felt.append(leaderboards.bell.ring)

    async def add_answers(self, *, has_web: bool) -> None:
        """It answers from now on, also while the database is away: its health says so."""
        if self.way_in.listening is not None:
            app = self._web() if has_web else self._monitor()
            await self.opened.enter_async_context(_served(app, self.way_in.listening))

    def _web(self) -> web.Application:
        return build_app(
            web_options(self.settings, self.secrets),
            self.store,
            self.signer,
            self.controller,
            self.channels.get("email"),
            self.metrics.registry,
            self.health.as_told,
            self._ring,
            telegram_channel=self.channels.get("telegram"),
            previewer=Previewer(_brand(self.settings), self.way_in.public_url),
        )

    def _monitor(self) -> web.Application:
        return build_monitor(
            self.settings.brand_name,
            self.store,
            self.controller,
            self.metrics.registry,
            self.health.as_told,
        )

    def process(self) -> Process:
        self.ticks["heartbeat"] = Tick(self.settings.tick_seconds, self.health.ticked)
        return Process(
            store=self.store,
            prepare=self.prepare,
            duties=self.duties,
            ticks=self.ticks,
            url=self.way_in.url,
        )

    def _trial(self) -> Callable[[str], Awaitable[str]] | None:
        email = self.channels.get("email")
        options = web_options(self.settings, self.secrets)
        return partial(send_trial_mail, email, options) if email is not None else None

    def _ring(self) -> None:
        for ring in self.rings:
            ring()

    def _feel(self) -> None:
        """What somebody wrote or tapped may have made something due."""
        self.controller.wake()
        for ring in self.felt:
            ring()

    def _webhook(self) -> Webhook | None:
        secret = self.secrets.telegram_webhook_secret
        if secret is None:
            return None
        return Webhook(self.way_in.public_url + TELEGRAM_WEBHOOK, secret)


async def _publish(store: Store) -> None:
    for published in await publish_catalogue(store, CATALOGUE):
        log.info("sequence_published", sequence=published.sequence, number=published.number)
    for name in await publish_templates(store):
        log.info("template_published", template=name)
    if changed := await publish_achievements(store):
        log.info("achievements_changed", achievements=changed)
