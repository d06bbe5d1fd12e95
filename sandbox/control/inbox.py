"""Read the people's mail: what arrived, what is to become of it, and what Resend tells of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.clock import Clock
from sandbox.control.answers import Refused, invalid, not_found, served
from sandbox.control.body import Body
from sandbox.mailbox import EVENTS, Mailbox, address_in, first_link
from sandbox.state import Mail, State
from sandbox.webhooks import Webhooks

WEBHOOK_SECONDS = 5.0
DOMAIN_STATES = ("pending", "verified", "failed", "not_started", "partially_verified", "partially_failed")


@dataclass(frozen=True, slots=True)
class InboxRoutes:
    state: State
    clock: Clock
    mailbox: Mailbox
    webhooks: Webhooks

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/control/inbox", served(self.list_inbox)),
            web.get("/control/inbox/{id}", served(self.get_mail)),
            web.post("/control/inbox/{id}/{event}", served(self.mail_event)),
            web.get("/control/webhooks", served(self.list_webhooks)),
            web.post("/control/webhooks/{id}/replay", served(self.replay_webhook)),
            web.get("/control/domains", served(self.list_domains)),
            web.post("/control/domains", served(self.set_domain)),
        ]

    async def list_inbox(self, request: web.Request) -> Any:
        wanted = request.query.get("to")
        address = address_in(wanted) if wanted else None
        return [
            self.mailbox.view(mail)
            for mail in self.state.mails.values()
            if address is None or address in map(address_in, mail.to + mail.cc + mail.bcc)
        ]

    def _mail(self, request: web.Request) -> Mail:
        mail = self.state.mails.get(request.match_info["id"])
        if mail is None:
            raise not_found("email")
        return mail

    async def get_mail(self, request: web.Request) -> Any:
        return self.mailbox.view(self._mail(request))

    async def mail_event(self, request: web.Request) -> Any:
        mail = self._mail(request)
        what = request.match_info["event"]
        if what not in EVENTS:
            raise Refused(404, "not_found", f"There is no event {what!r}: use one of {', '.join(EVENTS)}.")
        link = _link(await Body.of(request), mail) if what == "click" else None
        await self.clock.refresh()
        event = self.mailbox.happen(mail, what, link)
        if event is not None:
            await _within(WEBHOOK_SECONDS, event.tried)
        sent = (
            {"id": event.id, "delivered": event.is_delivered, "status": event.status or None}
            if event
            else None
        )
        return {**self.mailbox.view(mail), "webhook": sent}

    async def list_webhooks(self, request: web.Request) -> Any:
        email_id = request.query.get("email_id")
        return [event.as_json() for event in self.webhooks.events if email_id in (None, event.email_id)]

    async def replay_webhook(self, request: web.Request) -> Any:
        for event in self.webhooks.events:
            if event.id == request.match_info["id"]:
                self.webhooks.replay(event)
                await _within(WEBHOOK_SECONDS, event.tried)
                return event.as_json()
        raise not_found("webhook")

    async def list_domains(self, request: web.Request) -> Any:
        return [{"name": name, "status": status} for name, status in self.state.domains.items()]

    async def set_domain(self, request: web.Request) -> Any:
        body = await Body.of(request)
        name, status = body.text("name").lower(), body.choice("status", DOMAIN_STATES)
        self.state.domains[name] = status
        self.state.is_changed = True
        return {"name": name, "status": status}


def _link(body: Body, mail: Mail) -> str:
    """The given link, or the first one of the mail."""
    link = body.text("url") if "url" in body else first_link(mail)
    if link is None or not link.startswith(("http://", "https://")):
        raise invalid("url", "must be a link that begins with http:// or https://")
    return link


async def _within(seconds: float, event: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        pass
