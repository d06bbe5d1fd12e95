"""The composition root: the only place that knows everybody.

`assembled` opens the parts in the order in which they need each other, and closing goes the other way round.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from aiohttp import web

from bot.broadcasts import BroadcastDuty
from bot.callbacks import CallbackDuty
from bot.campaigns import CampaignDuty, CampaignTidying
from bot.context import Shared
from bot.conversation import telegram_application
from bot.database import LateStore, open_migrated_store
from bot.health import OwnHealth
from bot.interventions import InterventionDuty
from bot.kept_secrets import Secrets
from bot.leaderboards import LeaderboardDuty
from bot.listening import WayIn, find_way_in, served
from bot.live_messages import BroadcastViews
from bot.options import brand, channel_options, web_options
from bot.preparing import publish, read_game, set_up_channels, set_up_game, set_up_interventions
from bot.rebuilding import RebuildDuty
from bot.receiving import Receiving, Webhook
from bot.risks import RiskDuty, RiskTraining
from bot.running import Duty, Process
from bot.settings import Settings, shown
from bot.ticks import Tick
from bot.upkeep import Upkeep
from bot.worker_name import worker_name
from channels.channel import Channel
from channels.registry import open_channels
from channels.signing import Signer
from channels.telegram import TelegramChannel
from channels.transport import open_httpx_client
from engagement.commitments import Rater, RuleRater
from engagement.model_rating import ModelRater
from engagement.profile import configure_profile, load_profile
from sequences.broadcasting import BroadcastChanges
from sequences.controller import NurtureController
from sequences.links import LinkBuilder
from sequences.metrics import DeliveryMetrics
from sequences.pipeline import DeliveryPipeline
from sequences.previewing import Previewer
from sequences.rendering import Renderer
from storage.share import Share
from storage.store import Store
from webhooks.app import build_app, build_monitor
from webhooks.receivers import Receivers
from webhooks.trial_mail import send_trial_mail

Part = Literal["bot", "web", "worker"]
ALL_PARTS: frozenset[Part] = frozenset({"bot", "web", "worker"})

TELEGRAM_WEBHOOK = "/webhooks/telegram"
# Calls at a time of who sends over a channel, and of all together who count, remind and clean up. Beside them
# and the pages of campaigns there are connections for who writes to us now, and for who asks the API.
CALLS_OF_SENDING = {"telegram": 3, "email": 2}
CALLS_IN_BACKGROUND = 2
UPKEEP_TICKS = 5  # upkeep is due each so many ticks
TRAINING_LOOKS_EVERY = 3_600  # seconds


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
    http = await opened.enter_async_context(open_httpx_client())
    return ModelRater(http, settings.rating_api_url, key, settings.rating_model)


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
    way_in: WayIn
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
        game, profile = read_game(settings), load_profile()
        worker = opened.enter_context(worker_name(settings.data_dir))
        way_in = find_way_in(settings, opened, has_web="web" in parts)
        store = await opened.enter_async_context(LateStore(lambda: open_migrated_store(settings)))
        channels = await opened.enter_async_context(open_channels(channel_options(settings)))
        signer, metrics = Signer(*secrets.link_secrets), DeliveryMetrics()
        renderer = Renderer(brand(settings), LinkBuilder(way_in.public_url, signer))
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
                lambda: set_up_game(store, game),
                lambda: configure_profile(store, profile),
                lambda: publish(store),
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
        self._add_duty("broadcast-views", views.run, views.bell.ring)

    def add_deliveries(self) -> None:
        off = [name for name in ("telegram", "email") if name not in self.channels]
        upkeep = Upkeep(self.controller, self.background, self.worker, off, self.settings.behavior_retention)
        self.prepare.append(lambda: set_up_channels(self.settings, self.store))
        for name, pipeline in self.pipelines.items():
            self.duties[f"deliver-{name}"] = pipeline.run
        self.ticks["deliveries"] = Tick(self.settings.tick_seconds, self.controller.wake)
        self._add_duty("upkeep", upkeep.run, upkeep.bell.ring, every=UPKEEP_TICKS)
        self._add_broadcasts()
        self._add_campaigns()
        self._add_risks()
        self._add_interventions()
        self._add_leaderboards()
        rebuild = RebuildDuty(self.store)
        self._add_duty("rebuild", rebuild.run, rebuild.bell.ring, every=UPKEEP_TICKS)
        callbacks = CallbackDuty(self.background, Receivers(self.settings.webhook_allowed_hosts))
        self._add_duty("callbacks", callbacks.run, callbacks.bell.ring)

    def _add_duty(self, name: str, duty: Duty, ring: Callable[[], None], *, every: int = 1) -> None:
        """It looks each so many ticks."""
        self.duties[name] = duty
        self.ticks[name] = Tick(self.settings.tick_seconds * every, ring)

    def _add_broadcasts(self) -> None:
        telegram = self.channels.get("telegram")
        changes = (
            BroadcastChanges(self.background, telegram, self.renderer)
            if isinstance(telegram, TelegramChannel)
            else None
        )
        broadcasts = BroadcastDuty(self.background, self.controller.wake, changes)
        self._add_duty("broadcasts", broadcasts.run, broadcasts.bell.ring)
        self.felt.append(broadcasts.bell.ring)

    def _add_campaigns(self) -> None:
        campaigns = CampaignDuty(self.store, self.controller.wake)
        self._add_duty("campaigns", campaigns.run, campaigns.ring)
        tidying = CampaignTidying(self.background, self.controller.wake)
        self._add_duty("campaign-tidying", tidying.run, tidying.bell.ring, every=UPKEEP_TICKS)

    def _add_risks(self) -> None:
        risks = RiskDuty(self.background, self.worker, self.settings.data_dir)
        self._add_duty("risks", risks.run, risks.bell.ring)
        training = RiskTraining(self.background, self.worker)
        self.duties["risk-training"] = training.run
        self.ticks["risk-training"] = Tick(TRAINING_LOOKS_EVERY, training.bell.ring)

    def _add_interventions(self) -> None:
        self.prepare.append(lambda: set_up_interventions(self.settings, self.store))
        interventions = InterventionDuty(self.background, self.controller.wake)
        self._add_duty("interventions", interventions.run, interventions.bell.ring, every=UPKEEP_TICKS)

    def _add_leaderboards(self) -> None:
        leaderboards = LeaderboardDuty(self.background, self.controller.wake)
        self._add_duty("leaderboards", leaderboards.run, leaderboards.bell.ring, every=UPKEEP_TICKS)
        self.felt.append(leaderboards.bell.ring)

    async def add_answers(self, *, has_web: bool) -> None:
        """It answers from now on, also while the database is away: its health says so."""
        if self.way_in.listening is not None:
            app = self._web() if has_web else self._monitor()
            await self.opened.enter_async_context(served(app, self.way_in.listening))

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
            previewer=Previewer(brand(self.settings), self.way_in.public_url),
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
