"""A button in a mail that says something was done: GET shows it, POST records the behavior event, once."""

from dataclasses import dataclass

from aiohttp import web

from engagement.behavior import BehaviorEvent
from storage.store import NotFound
from webhooks import keys
from webhooks.links import read_token
from webhooks.problems import Missing
from webhooks.words import language_asked_for


@dataclass(frozen=True, slots=True)
class Button:
    tracking_id: str
    event: str
    label: str

    @property
    def event_id(self) -> str:
        """Once per message and event, however often it is pressed."""
        return f"action:{self.tracking_id}:{self.event}"


async def show(request: web.Request) -> web.Response:
    button = _read_button(request)
    return request.app[keys.PAGES].answer(
        "action.html", locale=language_asked_for(request.headers), label=button.label
    )


async def act(request: web.Request) -> web.Response:
    button = _read_button(request)
    user_id = await _record_click(request, button)
    if user_id is None:
        raise Missing("We no longer know the message that this button came from.")
    await _record_behavior(request, user_id, button)
    return request.app[keys.PAGES].answer(
        "acted.html", locale=language_asked_for(request.headers), label=button.label
    )


def _read_button(request: web.Request) -> Button:
    return Button(*read_token(request, "action"))


async def _record_click(request: web.Request, button: Button) -> str | None:
    """The tap is also a click on the delivery. Its answer names the user, also when it is a repetition."""
    recorded = await request.app[keys.WRITER].record(
        {
            "event_id": button.event_id,
            "source": "link",
            "type": "clicked",
            "tracking_id": button.tracking_id,
            "reason": button.event,
            "details": {"event": button.event, "button": button.label},
        }
    )
    return recorded.user_id


async def _record_behavior(request: web.Request, user_id: str, button: Button) -> None:
    tap = BehaviorEvent(
        event_id=button.event_id,
        user_id=user_id,
        type=button.event,
        source="email",
        metadata={"tracking_id": button.tracking_id},
    )
    try:
        await request.app[keys.CONTROLLER].behaved([tap])
    except NotFound as error:
        raise Missing("We no longer know you.") from error
