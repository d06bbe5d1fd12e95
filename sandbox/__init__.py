"""Local stand-ins of the Telegram Bot API and Resend, and the page where you are the user."""

from sandbox.server import Box, serve

__all__ = ["Box", "serve"]
