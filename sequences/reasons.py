"""The reason codes of the gate, the pipeline and the providers, each in words for the person who asks."""

from collections.abc import Mapping

REASONS: Mapping[str, str] = {
    # the policy gate
    "user_gone": "the user is deleted",
    "enrollment_ended": "the sequence had ended for this user",
    "enrollment_paused": "the sequence is paused for this user",
    "sequence_paused": "the sequence is paused for everybody",
    "exit_condition": "the user has reached what the sequence is for",
    "address_suppressed": "the address bounced or complained before, so nobody may write to it",
    "no_consent": "the user does not want this kind of message there",
    "user_stopped": "the user stopped everything",
    "user_paused": "the user asked for a pause",
    "condition_not_met": "the step's condition was not met",
    "stale": "it had become too old to be of use",
    "quiet_hours": "it was in the user's quiet hours",
    "frequency_cap": "the user had as many messages as they want in a day",
    "rerouted": "another channel suits better now",
    "channel_paused": "the channel is paused",
    "channel_off": "the channel is not configured",
    "not_configured": "the channel is not configured",
    "unreachable": "the user cannot be reached there",
    "no_address": "the user has no address there",
    "no_channel_left": "every channel that the step may use was tried",
    "gate": "the policy gate ended it",
    "merged": "the user was merged with another, who had the same sequence",
    # providers
    "blocked": "the user blocked the bot",
    "user_deactivated": "the user's Telegram account is gone",
    "chat_not_found": "Telegram does not know this chat",
    "never_started": "the user never started the bot",
    "rate_limited": "the provider asked to slow down",
    "server_error": "the provider had trouble",
    "unauthorized": "the provider does not accept our key",
    "read_timeout": "the provider did not answer in time",
    "bad_markup": "the provider could not read the text's markup",
    "hard_bounce": "the mailbox does not exist",
    "complaint": "the user marked an email as spam",
    "soft_bounces": "the mailbox refused three times in a row",
    "no_engagement": "nobody opened or answered the first message in time",
    # our own
    "lease_lost": "the process that was sending it disappeared",
    "key_expired": "the provider no longer remembers the request",
    "restored": "a backup was brought back that cannot tell whether it was sent",
    "attempts_exhausted": "all its attempts were used up",
    "step_missing": "the sequence's version has no such step",
    "by_admin": "an admin decided so",
}


def in_words(reason: str | None) -> str:
    """An unknown code is still better than nothing."""
    return REASONS.get(reason, reason.replace("_", " ")) if reason else ""
