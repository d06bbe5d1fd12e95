"""One mail by hand, to see that the email channel really delivers."""

import uuid
from html import escape

from channels.channel import Outgoing
from webhooks.options import Sender, WebOptions


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
