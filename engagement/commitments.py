"""How likely a commitment is to be kept, judged by its words: is it specific, measurable, bound to a time?

The rules are the whole of `RuleRater`, in English and German, and each says why in what it counts:

- *specific*: something to do (`write`, `anrufen`) and enough words to know what; `be better` is neither.
- *measurable*: an amount with its unit, else something that is over once it is done (`send`), else a number.
- *time-bound*: a time of day, else a day, else a habit (`every morning`).

Each is 0 to 100; the whole is their mean. The advice is for the weakest of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

from engagement.due_words import find_due
from engagement.vocabulary import ACTIONS, AMOUNT, ARTICLES, ENDS, HABIT, TIMES, VAGUE

MOST_CHARACTERS = 500
CLEAR = 75
"""From here on there is nothing to improve."""

Advice = Literal["action", "vague", "detail", "shorter", "amount", "time"]


class Rating(BaseModel):
    """`advice` names what the bot has words for; `suggestion` is a language model's own."""

    model_config = ConfigDict(frozen=True)

    specific: int = Field(ge=0, le=100)
    measurable: int = Field(ge=0, le=100)
    time_bound: int = Field(ge=0, le=100)
    advice: Advice | None = None
    suggestion: str | None = None

    @property
    def total(self) -> int:
        return round((self.specific + self.measurable + self.time_bound) / 3)

    @property
    def is_clear(self) -> bool:
        return self.total >= CLEAR and self.advice is None

    def with_a_day(self) -> Rating:
        """The day was chosen besides the words."""
        advice = None if self.advice == "time" else self.advice
        return self.model_copy(update={"time_bound": max(self.time_bound, 80), "advice": advice})


class Rater(Protocol):
    async def rate(self, text: str, locale: str | None) -> Rating: ...


class RuleRater:
    """Knows two languages at once: few words mean something else in the other."""

    async def rate(self, text: str, locale: str | None) -> Rating:
        return rated(text)


def rated(text: str) -> Rating:
    words = re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.lower())
    verbs = {word for before, word in zip(["", *words], words, strict=False) if before not in ARTICLES}
    is_vague = bool(VAGUE.search(text.lower()))
    has_action = any(map(_is_action, verbs))
    specific = _specific(len(words), has_action=has_action, is_vague=is_vague)
    measurable = _measurable(text.lower(), verbs)
    time_bound = _time_bound(text)
    return Rating(
        specific=specific,
        measurable=measurable,
        time_bound=time_bound,
        advice=_advice(len(words), is_vague, has_action, measurable, time_bound),
    )


def _specific(count: int, *, has_action: bool, is_vague: bool) -> int:
    score = 30 + 40 * has_action - 30 * is_vague
    score += 30 if 4 <= count <= 25 else 15 if count in (3, *range(26, 41)) else 0
    return max(0, min(100, score))


def _measurable(text: str, verbs: set[str]) -> int:
    if AMOUNT.search(_without_times(text)):
        return 100
    if ENDS & verbs:
        return 75
    return 55 if re.search(r"\d", _without_times(text)) else 10


def _time_bound(text: str) -> int:
    # which day it is now makes no difference for whether one is named
    due = find_due(text, datetime(2026, 1, 1, tzinfo=UTC))
    if due is not None:
        return 100 if due.at is not None else 80
    return 60 if HABIT.search(text.lower()) else 10


def _advice(count: int, is_vague: bool, has_action: bool, measurable: int, time_bound: int) -> Advice | None:
    """What would help most, in the order in which people can act on it."""
    found: Mapping[Advice, bool] = {
        "vague": is_vague,
        "action": not has_action,
        "amount": measurable < CLEAR,
        "detail": count < 3,
        "shorter": count > 40,
        "time": time_bound < 60,
    }
    return next((advice for advice, is_so in found.items() if is_so), None)


def _without_times(text: str) -> str:
    """A day or an hour is no amount of work."""
    return TIMES.sub(" ", text)


def _is_action(word: str) -> bool:
    """Also `joggt` and `schreibe`: the forms of most German verbs differ in their endings only."""
    if word in ACTIONS:
        return True
    stem = re.sub(r"(?:e|st|t|en|n)$", "", word)
    return any(stem + ending in ACTIONS for ending in ("en", "n"))


def as_json(rating: Rating) -> dict[str, Any]:
    """What is stored with a commitment."""
    return rating.model_dump(exclude_none=True) | {"total": rating.total}
