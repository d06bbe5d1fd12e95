"""Single messages: taken back, held and let go."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from webhooks import keys
from webhooks.access import record_act
from webhooks.api.asking import NUMBER, ask, number_in
from webhooks.api.endpoint import Endpoints

endpoints = Endpoints("Messages")


@endpoints.post(f"/admin/api/deliveries/{NUMBER}/cancel")
async def cancel_message(request: web.Request) -> dict[str, Any]:
    """Takes back one message that is not with a provider yet; its sequence goes on with the next step."""
    cancelled: dict[str, Any] = await ask(request, "cancel_delivery", delivery_id=number_in(request))
    await record_act(request, "delivery.cancel", str(number_in(request)))
    return cancelled


@endpoints.post(f"/admin/api/deliveries/{NUMBER}/hold")
async def hold_message(request: web.Request) -> dict[str, Any]:
    """Holds a message and what follows it: pauses the run through its sequence that it belongs to."""
    return await _held(request, "pause")


@endpoints.post(f"/admin/api/deliveries/{NUMBER}/release")
async def release_message(request: web.Request) -> dict[str, Any]:
    """Lets a message go that was held by hand, and what follows it."""
    return await _held(request, "resume")


async def _held(request: web.Request, act: str) -> dict[str, Any]:
    story = await ask(request, "explain_delivery", delivery_id=number_in(request))
    controller = request.app[keys.CONTROLLER]
    change_run = controller.pause if act == "pause" else controller.resume
    await change_run(story["enrollment"]["enrollment_id"])
    await record_act(request, f"delivery.{'hold' if act == 'pause' else 'release'}", str(number_in(request)))
    after: dict[str, Any] = await ask(request, "explain_delivery", delivery_id=number_in(request))
    delivery: dict[str, Any] = after["delivery"]
    return delivery
