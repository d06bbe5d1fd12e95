"""`python -m bot test-email ADDRESS`: one real email, through the channel that all others take."""

from __future__ import annotations

import argparse

from bot.addresses import WrongAddress, read_address
from bot.kept_secrets import Secrets
from bot.options import email_options, web_options
from bot.settings import Settings, SettingsError
from bot.texts import words
from channels.email import EmailChannel
from webhooks.trial_mail import send_trial_mail


async def send_trial(settings: Settings, arguments: argparse.Namespace) -> int:
    if settings.why_email_is_off:
        raise SettingsError(settings.why_email_is_off)
    try:
        address = read_address(arguments.address)
    except WrongAddress as wrong:
        problem = words("en").email_problems[wrong.problem]
        raise SettingsError(f"{arguments.address!r} is not an email address: {problem}") from None
    async with EmailChannel.opened(**email_options(settings)) as channel:
        message_id = await send_trial_mail(channel, web_options(settings, Secrets.of(settings)), address)
    print(f"Sent to {address}, Resend's id {message_id}. Please look into the inbox.")
    return 0
