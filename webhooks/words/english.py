"""Friendly and plain. Templates escape what they are given, so nothing here is markup."""

from __future__ import annotations

from collections.abc import Mapping


class English:
    language = "en"
    close = "You can close this page at any time."

    channels: Mapping[str, str] = {"telegram": "Telegram", "email": "Email", "sms": "Text messages"}
    messages_on: Mapping[str, str] = {
        "telegram": "Telegram messages",
        "email": "emails",
        "sms": "text messages",
    }
    messages = "messages"
    kinds: Mapping[str, tuple[str, str]] = {
        "sequences": ("Series", "What a course or a plan has to say, step by step"),
        "announcements": ("News", "What is new here"),
        "reminders": ("Reminders", "Of dates, and of what you set out to do"),
    }
    frequencies: Mapping[str, tuple[str, str]] = {
        "normal": ("Normal", "Up to 3 a day"),
        "less": ("Less", "At most 1 a day"),
        "few": ("Few", "At most 3 a week"),
        "rare": ("Rare", "At most 1 a week"),
    }
    times: Mapping[str, tuple[str, str]] = {
        "morning": ("Morning", "From 9 o’clock"),
        "afternoon": ("Afternoon", "From 2 o’clock"),
        "evening": ("Evening", "From 7 o’clock"),
    }

    # A button in a mail that says something was done

    note_heading = "Shall we note this as your answer? One press, and it is done."
    note_button = "Yes, note it"
    note_footer = "Nothing is noted until you press the button."
    noted_title = "Noted"
    noted_heading = "Noted, thank you"

    def noted_means(self) -> tuple[str, str]:
        """Before and after the button's label."""
        return "We have written down ", " for you. It counts once, however often you press."

    def quoted(self, label: str) -> str:
        return f"“{label}”"

    # An address that is to be confirmed

    confirm_title = "Confirm your address"
    confirm_heading = "Is this your email address?"
    confirm_means = "One press, and we know that our letters reach the right person."
    confirm_button = "Yes, this is my address"
    confirm_aside = (
        "You did not ask for this? Then do nothing: without your yes we will not write to this address."
    )
    confirmed_title = "Confirmed"
    unconfirmed_title = "Not confirmed"
    confirmed: Mapping[str, tuple[str, str]] = {
        "verified": (
            "Thank you, it is confirmed",
            "From now on we can reach you by email too. You can choose the channel that you like best with "
            "/settings in our Telegram bot.",
        ),
        "nothing_to_verify": (
            "There is nothing left to confirm",
            "This address was confirmed before, or you have given us another one since. All is well.",
        ),
        "expired": (
            "This link has run out",
            "Links like this live only for a short while, to keep your address safe. Send /email with your "
            "address to our Telegram bot, and a fresh one is on its way.",
        ),
    }
    unconfirmed = (
        "This link does not work any more",
        "You may have asked for a newer one: only the latest email counts. Send /email with your address to "
        "our Telegram bot to get another.",
    )

    # What went wrong

    problem_titles: Mapping[int, str] = {404: "Not found"}
    problem_title = "Something is wrong"
    problems: Mapping[int, tuple[str, str]] = {
        404: (
            "This path leads nowhere",
            "The link is not complete, was changed on the way, or belongs to something that is gone. Links "
            "in emails sometimes break over two lines: try to open it from the message again.",
        ),
        503: (
            "We need a moment",
            "We cannot reach our records just now, so nothing was changed. Please try again in a minute.",
        ),
        500: (
            "That did not work, and it is our fault",
            "Something went wrong on our side. We have noted it. Please try again a little later.",
        ),
    }
    problem = (
        "We did not understand that",
        "Your browser asked for something that this page does not know. Please open the link from your "
        "message again.",
    )

    # Leaving, by the link that every mail has

    leave_title = "Your messages"
    leave_heading = "Too much? Choose what you still want to get"
    leave_button = "Stop these messages"
    leave_everything = "Stop everything"
    leave_everything_means = (
        "No emails and no Telegram messages. We only write when something you asked for needs it."
    )
    leave_channel_means = "Anything you get from us elsewhere keeps coming."
    leave_already = "Our records say that you have already left here. Pressing the button again does no harm."
    leave_footer = "Changed your mind? Close this page, and all stays as it is."
    to_you = "you"

    def leave_about(self) -> tuple[str, str]:
        """Before and after the address."""
        return "This is about our messages to ", ". Nothing changes until you press the button."

    def leave_channel(self, channel: str) -> str:
        return f"Stop the {self.messages_on.get(channel, self.messages)}"

    left_title = "Done"
    left_everything = "All quiet from here"
    left_everything_means = (
        "We have stopped everything, on every channel. Thank you for the time you gave us."
    )
    left_channel_means = (
        "It works from this moment on. A message that is already on its way may still arrive."
    )
    back_by_start = "If you miss us one day, write /start to our Telegram bot, and we go on."

    def left_channel(self, channel: str) -> str:
        return f"You will get no more {self.messages_on.get(channel, self.messages)}"

    # Less, not this, stop

    wish_title = "Your messages"
    wish_heading: Mapping[str, str] = {
        "": "Too much? Say how you like it",
        "less": "Fewer messages from now on?",
        "not": "No more of this?",
        "stop": "Shall everything stop?",
    }
    wish_intro = "Nothing changes until you press the button, and you can take it back."
    wish_button = "Yes, please"
    less = "Less often"
    rarest = "You already get them as rarely as possible."
    not_news = "No more news"
    not_news_means = "Series that you have begun, and reminders, keep coming."
    not_sequence_means = "Everything else keeps coming."
    stop = "Stop everything"
    stop_means = "We only write when something you asked for needs it."

    def less_means(self, rarer: str) -> str:
        return f"From now on: {self._in_a_sentence(self.frequencies[rarer][1])}."

    def not_sequence(self, title: str) -> str:
        return f"No more of “{title}”"

    wished_title = "Done"
    wished_already = "That was done before"
    wished_already_means = "It works already; there is nothing more to do."
    wished_stop = "All quiet from here"
    wished_stop_means = "We have stopped everything. Thank you for the time you gave us."
    wished_news = "No more news for you"
    wished_less = "Less it is"
    wished_means = "It works from this moment on. A message that is already on its way may still arrive."
    undo = "Take it back"
    undone = "All as before"
    undone_means = "We have taken it back. Nothing has changed."

    def wished_sequence(self, title: str) -> str:
        return f"“{title}” will not come any more"

    # The preference page

    title = "Your messages"
    intro = "What you get from us, where, when and how often. Nothing changes until you save."
    save = "Save"
    saved = "Saved"
    saved_notice = "Saved. It works from this moment on."
    nothing_changed = "Nothing was changed."
    not_saved = "Nothing is saved yet: please look at what is marked."
    where = "Where do you like to hear from us first?"
    no_choice = "Whatever works best"
    no_choice_means = "We learn from what you answer."
    first_means = "First, and elsewhere when that does not work"
    what = "What do you want to get, and where?"
    often = "How often?"
    when = "At which time of day?"
    quiet = "When shall we be quiet?"
    quiet_from = "From"
    quiet_until = "to"
    quiet_means = "The same time twice means: never."
    zone = "Where are you?"
    language_label = "Which language shall we speak?"
    pause = "A pause?"
    no_pause = "No pause"
    pause_day = "Until this day"
    pause_forever = "Until I come back here"
    declined = "What you did not want"
    accept = "May come again"
    stopped_notice = "You stopped everything. The choices below count once you come back."
    come_back = "Come back"
    stop_all = "Unsubscribe from everything"
    stop_all_means = "All of it ends at once, on every channel. You can come back at any time."
    data = "Your data"
    data_means = "Everything that we know about you is yours: as a file, or forgotten."
    export = "Get my data"
    export_name = "my-data.json"
    delete = "Delete me"
    delete_heading = "Shall we forget you?"
    delete_means = (
        "Everything that we know about you goes: your settings, addresses, answers and history. It cannot be "
        "brought back. Only a fingerprint of your addresses stays, so that nobody writes to them by mistake."
    )
    delete_button = "Yes, delete everything"
    delete_no = "No, keep me"
    deleted_heading = "We have forgotten you"
    deleted_means = "Everything is gone. All the best to you!"
    way_sent_heading = "Please look into your own messages"
    way_sent_means = (
        "Links in mails may be passed on, so this page does not give out or delete anything. We have sent a "
        "link to you alone, which does. It works for an hour."
    )
    expired_heading = "This link has run out"
    expired_means = (
        "It lives for an hour only, to keep your settings yours. Write /settings to our Telegram bot for a "
        "new one."
    )
    settings_link = "All your settings"
    errors: Mapping[str, str] = {
        "paused_until": "Please choose a day that is still to come.",
        "quiet_from": "Please give a time, such as 22:00.",
        "quiet_until": "Please give a time, such as 08:00.",
    }
    error = "This cannot be chosen."

    def _in_a_sentence(self, label: str) -> str:
        return label[0].lower() + label[1:]
