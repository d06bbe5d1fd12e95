"""Less, not this, stop: the links under a message. GET shows the choice, POST does it, and takes it back."""

from typing import Any

from aiohttp import web

from storage.store import NotFound
from webhooks import keys
from webhooks.links import read_token
from webhooks.preferences import Form
from webhooks.problems import Missing, Unprocessable

WISHES = ("less", "not", "stop")


async def show(request: web.Request) -> web.Response:
    message = await _call(request, "describe_unsubscribe", tracking_id=read_token(request, "wish"))
    wish = request.query.get("wish")
    return _answer(request, "wish.html", message, wish=wish if wish in WISHES else "")


async def act(request: web.Request) -> web.Response:
    tracking_id, form = read_token(request, "wish"), (await Form.read(request)).values
    wish = form.get("wish")
    if wish not in WISHES:
        raise Unprocessable("a wish is less, not or stop.", "wish")
    operation = "take_back_wish" if "undo" in form else "express_wish"
    message = await _call(request, operation, tracking_id=tracking_id, wish=wish, source="page")
    request.app[keys.CONTROLLER].wake()
    return _answer(request, "wished.html", message, wish=wish)


async def _call(request: web.Request, operation: str, **arguments: Any) -> Any:
    try:
        return await request.app[keys.STORE].call(operation, **arguments)
    except NotFound as error:
        raise Missing("We no longer know the message that this link came from.") from error


def _answer(request: web.Request, template: str, message: Any, **values: Any) -> web.Response:
    settings = request.app[keys.SIGNER].sign("preferences", read_token(request, "wish"))
    return request.app[keys.PAGES].answer(
        template, locale=message["locale"], message=message, settings=settings, **values
    )
