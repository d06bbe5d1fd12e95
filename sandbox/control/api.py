"""All routes of the control API."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web

from sandbox.chats import Chats
from sandbox.clock import Clock
from sandbox.control.clock import ClockRoutes
from sandbox.control.failures import FailureRoutes
from sandbox.control.inbox import InboxRoutes
from sandbox.control.people import PeopleRoutes
from sandbox.control.whole import WholeRoutes
from sandbox.faults import Faults
from sandbox.ledger import Ledger
from sandbox.limits import ResendLimits, TelegramLimits
from sandbox.mailbox import Mailbox
from sandbox.state import State
from sandbox.stream import Stream
from sandbox.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class ControlAPI:
    state: State
    clock: Clock
    chats: Chats
    mailbox: Mailbox
    webhooks: Webhooks
    faults: Faults
    ledger: Ledger
    telegram_limits: TelegramLimits
    resend_limits: ResendLimits
    stream: Stream
    closing: asyncio.Event

    def routes(self) -> list[web.RouteDef]:
        rooms = (
            PeopleRoutes(self.state, self.clock, self.chats),
            InboxRoutes(self.state, self.clock, self.mailbox, self.webhooks),
            ClockRoutes(self.clock),
            FailureRoutes(self.faults, self.telegram_limits, self.resend_limits, self.ledger),
            WholeRoutes(self.state, self.chats, self.faults, self.stream, self.closing),
        )
        return [route for room in rooms for route in room.routes()]
