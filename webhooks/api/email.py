"""The email channel, by hand."""

from aiohttp import web
from pydantic import AliasChoices, Field
from typing_extensions import TypedDict

from channels.errors import Busy, DeliveryError, Misconfigured, Unknown
from webhooks import keys
from webhooks.access import record_act
from webhooks.api.asking import ask
from webhooks.api.endpoint import Endpoints
from webhooks.api.fields import Address
from webhooks.bodies import Body
from webhooks.problems import Off, Problem
from webhooks.trial_mail import send_trial_mail


class Recipient(Body):
    to: Address = Field(validation_alias=AliasChoices("to", "email"))


class Sent(TypedDict):
    """The provider's id of the mail."""

    id: str


endpoints = Endpoints("Email")


@endpoints.post("/admin/api/email/test")
async def send(request: web.Request, body: Recipient) -> Sent:
    """Sends one mail that says nothing, to see that mails really arrive."""
    options = request.app[keys.OPTIONS]
    channel = request.app[keys.EMAIL]
    if channel is None or not options.email_from:
        raise Off("Email is off: set RESEND_API_KEY and EMAIL_FROM.")
    if await ask(request, "is_suppressed", channel="email", address=body.to):
        raise Problem(409, "suppressed", "This address must not be written to: it is suppressed.", field="to")
    try:
        message_id = await send_trial_mail(channel, options, body.to)
    except DeliveryError as error:
        raise not_sent(error) from error
    await record_act(request, "email.trial", message_id)
    return {"id": message_id}


def not_sent(error: DeliveryError) -> Problem:
    message = f"The mail was not sent: {error}."
    match error:
        case Busy():
            wait = {"Retry-After": str(round(error.retry_after or 5))}
            return Problem(503, error.reason, message, headers=wait)
        case Misconfigured():
            return Problem(409, error.reason, message)
        case Unknown():
            return Problem(504, error.reason, "The provider did not say whether it took the mail.")
        case _:
            return Problem(422, error.reason, message, field="to")
