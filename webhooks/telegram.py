"""Telegram's updates in webhook mode: stored raw first, so a crash after our answer loses nothing."""

import inspect

from aiohttp import web

from webhooks import keys
from webhooks.access import same_secret
from webhooks.bodies import answer, parse_object
from webhooks.problems import Unauthorized, Unprocessable

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


async def receive(request: web.Request) -> web.Response:
    verdicts = request.app[keys.METRICS].verdicts
    expected = request.app[keys.OPTIONS].telegram_webhook_secret
    if not expected or not same_secret(request.headers.get(SECRET_HEADER, ""), expected):
        verdicts.labels("telegram", "wrong_secret" if expected else "not_configured").inc()
        if expected:
            request.app[keys.REFUSED].count("telegram")
        raise Unauthorized("The secret token does not fit.")
    update = parse_object(await request.read())
    if type(update.get("update_id")) is not int:
        raise Unprocessable("update_id has to be a whole number.", "update_id")
    new = await request.app[keys.STORE].call("receive_updates", updates=[update])
    verdicts.labels("telegram", "stored" if new else "duplicate").inc()
    await _wake(request)
    return answer({})


async def _wake(request: web.Request) -> None:
    on_update = request.app[keys.ON_UPDATE]
    if on_update is not None and inspect.isawaitable(woken := on_update()):
        await woken
