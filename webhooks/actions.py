"""A button in a mail that says something was done: GET shows it, POST records the behavior event, once."""

from aiohttp import web

from engagement.behavior import BehaviorEvent
from storage.store import NotFound
from webhooks import keys
from webhooks.links import read_token
from webhooks.problems import Missing


async def show(request: web.Request) -> web.Response:
    _, event = read_token(request, "action")
    return request.app[keys.PAGES].answer("action.html", label=_in_words(event))


async def act(request: web.Request) -> web.Response:
    tracking_id, event = read_token(request, "action")
    user_id = await _record_click(request, tracking_id, event)
    if user_id is None:
        raise Missing("We no longer know the message that this button came from.")
    await _record_behavior(request, user_id, tracking_id, event)
    return request.app[keys.PAGES].answer("acted.html", label=_in_words(event))


async def _record_click(request: web.Request, tracking_id: str, event: str) -> str | None:
    """The tap is also a click on the delivery. Its answer names the user, also when it is a repetition."""
    recorded = await request.app[keys.WRITER].record(
        {
            "event_id": f"action:{tracking_id}:{event}",
            "source": "link",
            "type": "clicked",
            "tracking_id": tracking_id,
            "is_machine": False,
            "details": {"event": event},
        }
    )
    return recorded.user_id


async def _record_behavior(request: web.Request, user_id: str, tracking_id: str, event: str) -> None:
    tap = BehaviorEvent(
        event_id=f"action:{tracking_id}:{event}",
        user_id=user_id,
        type=event,
        source="email",
        metadata={"tracking_id": tracking_id},
    )
    try:
        await request.app[keys.CONTROLLER].behaved([tap])
    except NotFound as error:
        raise Missing("We no longer know you.") from error


def _in_words(event: str) -> str:
    return event.replace("_", " ").strip().capitalize()
