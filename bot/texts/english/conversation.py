"""Hello, help, email, stop, and what is said to anything else."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from bot.texts.english.basics import Basics
from bot.zones import city_of

COMMANDS: Mapping[str, str] = {
    "start": "Say hello, or come back",
    "help": "What I can do for you",
    "email": "Get my messages by email too",
    "link": "Connect an account with a code",
    "stop": "Stop my messages",
}


class Conversation(Basics):
    def short_description(self, brand: str) -> str:
        """On the page of the bot and where it is shared: no HTML, and at most 120 characters."""
        return f"{brand[:40]}: say what you will do, and be asked how it went."

    # /start

    def welcome_back(self, name: str | None) -> str:
        return (
            f"Welcome back{self._comma(name)}! You will hear from me again.\n"
            "/settings is where you say how often, and where."
        )

    def already_here(self, name: str | None) -> str:
        return (
            f"Hello{self._comma(name)}! You are all set, there is nothing to do.\n"
            "/help shows what I can do for you."
        )

    # /help

    def help(self, brand: str, commands: Mapping[str, str]) -> str:
        lines = [f"/{command}: {meaning}" for command, meaning in commands.items()]
        return f"I am the {escape(brand)} bot. This is what I understand:\n\n" + "\n".join(lines)

    def help_for_admins(self, commands: Mapping[str, str]) -> str:
        lines = [f"/{command}: {meaning}" for command, meaning in commands.items()]
        return "And this for those who look after the service:\n\n" + "\n".join(lines)

    # /email

    email_is_off = "Email is not set up here yet. Telegram works, and that is where I will write to you."

    def how_to_give_an_email(self) -> str:
        return (
            "Send me your address like this:\n"
            "<code>/email you@example.com</code>\n\n"
            "I will mail you a code to confirm it."
        )

    def your_email(self, address: str) -> str:
        return (
            f"Your email is <b>{escape(address)}</b>, confirmed.\n"
            "To change it, send <code>/email new@example.com</code>."
        )

    def your_unconfirmed_email(self, address: str) -> str:
        return f"I am waiting for the code that I sent to <b>{escape(address)}</b>.\nSend me its six digits."

    def code_sent(self, address: str) -> str:
        return (
            f"I sent a six-digit code to <b>{escape(address)}</b>.\n"
            "Send it to me here, or press the button in that email."
        )

    def code_sent_just_now(self, seconds: int) -> str:
        return (
            "I sent you a code a moment ago; it may take a minute to arrive. Please look into the spam "
            "folder too.\n"
            f"I can send another one in {self.seconds(seconds)}."
        )

    def email_already_confirmed(self, address: str) -> str:
        return f"<b>{escape(address)}</b> is confirmed already. Nothing to do."

    email_is_taken = (
        "This address belongs to another account.\n"
        "If that is you, ask there for a code and send it to me with /link."
    )
    email_is_suppressed = (
        "I cannot write to this address: an earlier email came back, or was marked as spam.\n"
        "Please give me another one."
    )
    no_email_to_confirm = (
        "There is no code to check right now.\nStart with <code>/email you@example.com</code>."
    )

    def email_is_wrong(self, typed: str, problem: str) -> str:
        return f"<code>{escape(typed[:100])}</code> does not look like an email address:\n{problem}"

    email_problems: Mapping[str, str] = {
        "no_at": "the @ is missing. It should look like you@example.com.",
        "many_at": "there is more than one @ in it.",
        "space": "there is a space in it.",
        "no_name": "the part before the @ is missing.",
        "no_domain": "the part after the @ is missing.",
        "no_dot": "the part after the @ needs an ending, such as .com.",
        "dots": "there are two dots in a row, or a dot at the edge.",
        "not_reachable": "mail cannot be delivered to addresses with this ending.",
        "too_long": "it is too long.",
        "characters": "there is a character in it that email does not allow.",
    }

    def email_confirmed(self, address: str) -> str:
        return f"✓ <b>{escape(address)}</b> is confirmed. Thank you!\nIn /settings you choose where I write."

    def code_is_wrong(self, attempts_left: int | None) -> str:
        if attempts_left is None:
            return "That is not the code. Please look once more."
        tries = "one more try" if attempts_left == 1 else f"{attempts_left} more tries"
        return f"That is not the code. Please look once more, you have {tries}."

    code_has_expired = "This code is too old. I can send you a new one."
    too_many_codes = "That was one try too many, so this code no longer works. I can send you a new one."
    too_many_codes_today = "I have sent you many codes today. Please try again tomorrow."
    send_a_new_code = "Send a new code"

    # /link

    how_to_link = "Send me the code that the other place shows you, like this:\n<code>/link CODE</code>"

    def linked(self, name: str | None) -> str:
        return f"✓ Connected{self._comma(name)}. From now on your account and this chat belong together."

    link_is_wrong = (
        "I do not know this code. Each works once, so perhaps it was used already. Please ask for a new one."
    )
    link_has_expired = "This code is too old. Please ask for a new one."

    # /stop

    ask_stop = (
        "Shall I stop all my messages?\n"
        "Only what you ask for yourself, such as a confirmation code, would still come."
    )
    yes_stop = "Yes, stop"
    rather_pause = "Only pause for a week"
    no_stop = "No, keep them"
    stopped = "Done, I am silent now. All the best to you!\nShould you change your mind: /start."
    pausing_instead = "All right, I am silent for a week.\n/settings ends it sooner."
    not_stopped = "Good! Everything stays as it is."

    # buttons under messages

    noted = "Noted, thank you!"
    already_noted = "I have that already."
    no_longer_works = "This button no longer works."

    def done_button(self, label: str) -> str:
        return label if label.startswith("✓") else f"✓ {label}"

    # anything else

    def is_this_your_zone(self, zone: str) -> str:
        return f"Shall I set your time zone to {escape(self.zone(zone))}?"

    def yes_set_zone(self, zone: str) -> str:
        return f"Yes, {city_of(zone)}"

    not_understood = (
        "Thank you for your message! I am a bot and only understand a few things: /help shows them."
    )
    only_text = "Thank you! I can only read text, though. /help shows what I understand."

    def unknown_command(self, command: str) -> str:
        return f"I do not know /{escape(command[:40])}. /help shows what I understand."
