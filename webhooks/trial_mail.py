"""One mail by hand, to see that the email channel really delivers."""

import uuid
from html import escape

from aiohttp import web
from pydantic import AliasChoices, Field

from channels.channel import Outgoing
from channels.errors import Busy, DeliveryError, Misconfigured, Unknown
from webhooks import keys
from webhooks.access import record_act
from webhooks.bodies import Body, answer, read_body
from webhooks.options import Sender, WebOptions
from webhooks.people import Address
from webhooks.problems import Off, Problem


class Recipient(Body):
    to: Address = Field(validation_alias=AliasChoices("to", "email"))


async def send(request: web.Request) -> web.Response:
    recipient = await read_body(request, Recipient)
    options = request.app[keys.OPTIONS]
    channel = request.app[keys.EMAIL]
    if channel is None or not options.email_from:
        raise Off("Email is off: set RESEND_API_KEY and EMAIL_FROM.")
    if await request.app[keys.STORE].call("is_suppressed", channel="email", address=recipient.to):
        raise Problem(409, "suppressed", "This address must not be written to: it is suppressed.", field="to")
    try:
        message_id = await send_trial_mail(channel, options, recipient.to)
    except DeliveryError as error:
        raise _as_problem(error) from error
    await record_act(request, "email.trial", message_id)
    return answer({"id": message_id})


async def send_trial_mail(channel: Sender, options: WebOptions, to: str) -> str:
    """Returns the provider's id; raises DeliveryError."""
    tracking_id = str(uuid.uuid4())
    message = Outgoing(tracking_id=tracking_id, recipient=to, content=_content(options, tracking_id))
    return (await channel.send([message], f"trial/{tracking_id}"))[0]


def _content(options: WebOptions, tracking_id: str) -> dict[str, object]:
    brand = options.brand_name
    text = f"If you can read this, {brand} can send you email. There is nothing to do."
    content: dict[str, object] = {
        "from": options.email_from,
        "subject": f"{brand} can reach you",
        "html": f'<p style="font:16px/1.6 system-ui,sans-serif">{escape(text)}</p>',
        "text": text,
        "headers": {"X-Entity-Ref-ID": tracking_id},
        "tags": {"purpose": "trial"},
    }
    if options.email_reply_to:
        content["reply_to"] = options.email_reply_to
    return content


def _as_problem(error: DeliveryError) -> Problem:
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
