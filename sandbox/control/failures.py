"""Break the providers, switch their limits on, and see what was handed over to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.control.answers import invalid, served
from sandbox.control.body import Body
from sandbox.faults import KINDS, PROVIDERS, Fault, Faults
from sandbox.ledger import Ledger
from sandbox.limits import ResendLimits, TelegramLimits


@dataclass(frozen=True, slots=True)
class FailureRoutes:
    faults: Faults
    telegram_limits: TelegramLimits
    resend_limits: ResendLimits
    ledger: Ledger

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/control/faults", served(self.list_faults)),
            web.post("/control/faults", served(self.add_fault)),
            web.delete("/control/faults", served(self.clear_faults)),
            web.get("/control/limits", served(self.get_limits)),
            web.post("/control/limits", served(self.set_limits)),
            web.get("/control/ledger", served(self.list_ledger)),
        ]

    async def list_faults(self, request: web.Request) -> Any:
        return self.faults.as_json()

    async def add_fault(self, request: web.Request) -> Any:
        body = await Body.of(request)
        fault = Fault(
            provider=body.choice("provider", PROVIDERS),
            fault=body.choice("fault", KINDS),
            remaining=body.optional_integer("count", least=1),
            retry_after=body.integer("retry_after", least=0) if "retry_after" in body else 3,
            delay=body.seconds("delay", otherwise=2.0),
            methods=tuple(method.lower() for method in body.texts("methods")),
        )
        self.faults.add(fault)
        return fault.as_json()

    async def clear_faults(self, request: web.Request) -> Any:
        provider = request.query.get("provider")
        if provider is not None and provider not in PROVIDERS:
            raise invalid("provider", f"must be one of {', '.join(PROVIDERS)}")
        self.faults.clear(provider)
        return self.faults.as_json()

    async def get_limits(self, request: web.Request) -> Any:
        return {"telegram": self.telegram_limits.is_on, "resend": self.resend_limits.is_on}

    async def set_limits(self, request: web.Request) -> Any:
        body = await Body.of(request)
        self.telegram_limits.is_on = body.flag("telegram", self.telegram_limits.is_on)
        self.resend_limits.is_on = body.flag("resend", self.resend_limits.is_on)
        return await self.get_limits(request)

    async def list_ledger(self, request: web.Request) -> Any:
        provider = request.query.get("provider")
        if provider is not None and provider not in PROVIDERS:
            raise invalid("provider", f"must be one of {', '.join(PROVIDERS)}")
        return [entry for entry in self.ledger.entries if provider in (None, entry["provider"])]
