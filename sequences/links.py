"""The addresses that a message carries back to us: each names its delivery in a signed token of its own
purpose.
"""

from __future__ import annotations

from datetime import datetime

from channels.signing import Signer


class LinkBuilder:
    """Equal arguments give equal links, so a message that is rendered again is the same message."""

    def __init__(self, public_url: str, signer: Signer) -> None:
        self._base = public_url.rstrip("/")
        self._sign = signer.sign

    def open(self, tracking_id: str) -> str:
        """The pixel whose loading says that an email was opened."""
        return f"{self._base}/o/{self._sign('open', tracking_id)}"

    def click(self, tracking_id: str, url: str) -> str:
        return f"{self._base}/c/{self._sign('click', [tracking_id, url])}"

    def trap(self, tracking_id: str) -> str:
        """A link of a mail that nobody sees: who follows it follows all of them."""
        return f"{self._base}/t/{self._sign('trap', tracking_id)}"

    def unsubscribe(self, tracking_id: str) -> str:
        """A page on GET, the one-click unsubscribe of RFC 8058 on POST."""
        return f"{self._base}/u/{self._sign('unsubscribe', tracking_id)}"

    def preferences(self, tracking_id: str) -> str:
        """What arrives, and how, for whoever has the message."""
        return f"{self._base}/p/{self._sign('preferences', tracking_id)}"

    def own_preferences(self, user_id: str, until: datetime) -> str:
        """The same page for somebody who is surely themselves, for as long: it gives out and deletes data."""
        return f"{self._base}/p/{self._sign('preferences', [user_id, until.isoformat()])}"

    def wishes(self, tracking_id: str) -> str:
        """Asks on GET, and does on POST, what somebody wishes of messages; `?wish=less`, `not` or `stop`
        behind it is chosen beforehand.
        """
        return f"{self._base}/w/{self._sign('wish', tracking_id)}"

    def confirm_email(self, contact_point_id: int, code: str) -> str:
        return f"{self._base}/confirm/{self._sign('confirm_email', [contact_point_id, code])}"

    def action(self, tracking_id: str, event: str, label: str) -> str:
        """The page behind an event button in an email: GET asks with the button's words, POST records."""
        return f"{self._base}/a/{self._sign('action', [tracking_id, event, label])}"

    def dashboard(self, token: str) -> str:
        """Lets an admin in once: GET shows a button, POST uses it up, so that link previews do not."""
        return f"{self._base}/admin/{self._sign('dashboard', token)}"
