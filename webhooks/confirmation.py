"""The link of an email verification. Scanners follow links, so GET only shows the button that confirms."""

from aiohttp import web

from webhooks import keys
from webhooks.links import read_token
from webhooks.words import language_asked_for


async def show(request: web.Request) -> web.Response:
    read_token(request, "confirm_email")
    return request.app[keys.PAGES].answer("confirm.html", locale=language_asked_for(request.headers))


async def act(request: web.Request) -> web.Response:
    contact_point_id, code = read_token(request, "confirm_email")
    result = await request.app[keys.STORE].call(
        "confirm_email", contact_point_id=contact_point_id, code=str(code)
    )
    if result["status"] == "verified":
        request.app[keys.CONTROLLER].wake()  # what waited for this address may leave now
    return request.app[keys.PAGES].answer(
        "confirmed.html", locale=language_asked_for(request.headers), outcome=result["status"]
    )
