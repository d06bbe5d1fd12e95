"""The reason codes of the policy gate and the pipeline, each in one sentence a person understands."""

from collections.abc import Mapping
from types import MappingProxyType

REASONS: Mapping[str, str] = MappingProxyType(
    {
        # the policy gate
        "user_gone": "the user is not here any more",
        "enrollment_ended": "the sequence had ended for this user",
        "enrollment_paused": "the sequence is paused for this user",
        "sequence_paused": "the sequence is paused for everybody",
        "address_suppressed": "the address bounced or complained, so nothing is written to it",
        "user_stopped": "the user stopped everything",
        "no_consent": "the user does not want messages of this kind there",
        "user_paused": "the user asked for a pause",
        "exit_condition": "the user has what the sequence is for",
        "condition_not_met": "the step's condition did not hold",
        "stale": "it would have come too late to be of use",
        "quiet_hours": "it was the user's quiet time",
        "frequency_cap": "the user had enough messages within 24 hours",
        "rerouted": "another channel suits the user better",
        "no_channel_left": "every channel of the step has been tried",
        "no_address": "we have no address of the user for any channel of the step",
        "unreachable": "the user cannot be reached there",
        "channel_off": "the channel is not set up",
        "channel_paused": "the channel is paused",
        # the pipeline
        "lease_lost": "the worker died in the middle, and it may have gone out",
        "key_expired": "too much time passed to send it again safely",
        "attempts_exhausted": "every attempt failed",
        # Telegram
        "blocked": "the user blocked the bot",
        "user_deactivated": "the Telegram account was deleted",
        "chat_not_found": "Telegram knows no such chat",
    }
)


def in_words(reason: str | None) -> str:
    """Give the sentence for a code; a provider's own code, which is not in the table, stays as it is."""
    return REASONS.get(reason or "", reason or "")
