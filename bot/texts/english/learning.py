"""/profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.texts.english.basics import Basics

COMMANDS: Mapping[str, str] = {"profile": "How you learn best, as I see it and as you say"}


class Learning(Basics):
    learning_title = "<b>How you learn</b>"
    learning_label = "How I learn"
    learning_hint = "What you choose counts. All else I take from what you do."
    ask_learning: Mapping[str, str] = {
        "learning_style": "How do you learn best?",
        "pace": "How much at a time?",
        "difficulty": "How hard may it be?",
        "study_time": "When is your best time?",
        "formats": "What do you like? Several are fine.",
        "motivation": "What keeps you going? Several are fine.",
    }
    learning_fields: Mapping[str, str] = {
        "learning_style": "Style",
        "pace": "Pace",
        "difficulty": "Difficulty",
        "study_time": "Best time",
        "formats": "Formats",
        "motivation": "What keeps me going",
    }
    learning_values: Mapping[str, str] = {
        "visual": "by watching",
        "reading": "by reading",
        "listening": "by listening",
        "hands_on": "by doing",
        "social": "with others",
        "slow": "a little a week",
        "steady": "every other day",
        "fast": "nearly every day",
        "easy": "easy",
        "standard": "in between",
        "challenging": "challenging",
        "morning": "in the morning",
        "midday": "around noon",
        "evening": "in the evening",
        "night": "at night",
        "video": "videos",
        "text": "texts",
        "audio": "audio",
        "exercise": "exercises",
        "live": "live meetings",
        "progress": "seeing progress",
        "competition": "competing",
        "commitment": "promises to myself",
        "community": "my group",
        "rewards": "rewards",
    }
    not_known_yet = "I cannot say yet"
    take_my_guess_label = "You work it out"

    def learning_line(self, label: str, value: str, percent: int | None) -> str:
        """`percent` is how sure we are of what the user did not choose."""
        guess = "" if percent is None else f" <i>(my guess, {percent}% sure)</i>"
        return f"{label}: {value}{guess}"

    def learning_list(self, values: Sequence[str]) -> str:
        return ", ".join(values)
