"""The game: what earns XP, how somebody stands, XP that is awarded, and a streak that is earned back."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import uuid4

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from webhooks import keys
from webhooks.access import record_act
from webhooks.api.asking import ask
from webhooks.api.endpoint import Endpoints
from webhooks.api.fields import Slug
from webhooks.bodies import Body

Reference = Annotated[str, Field(min_length=1, max_length=320, examples=["mira@example.org"])]


class Award(Body):
    """`user` is our id, an external id, a Telegram id, an email address or an @username.

    A user gets one award per `key`, however often it is sent; without one, each request is another.
    """

    user: Reference
    action: Slug = Field(examples=["bonus"])
    key: Annotated[str, Field(min_length=1, max_length=200, examples=["quiz-7"])] | None = None


class Awarded(TypedDict):
    """`why` says why there was nothing: `given_before` under this key, or `capped`."""

    awarded: bool
    why: Literal["given_before", "capped"] | None
    xp: int
    total: int
    level: int
    leveled_up: bool


class Repair(Body):
    user: Reference


class Streak(TypedDict):
    """`days` in a row, with so many `freezes` left; `kept_today` says whether today counts already."""

    days: int
    longest: int
    freezes: int
    kept_today: bool


class Repairable(TypedDict):
    """A streak of `days` can be earned back `until` then; `needs` is how much more has to be done today."""

    days: int
    until: str
    needs: int


class Day(TypedDict):
    """`kind` is null for a day on which nothing kept the streak."""

    day: str
    kind: Literal["active", "frozen", "repaired", "carried"] | None


class StreakNow(Streak):
    """`in_danger_at` is the midnight by which something has to be done; null where nothing can be lost."""

    most_freezes: int
    in_danger_at: str | None
    next_milestone: int | None
    repair: Repairable | None
    week: list[Day]


class Xp(TypedDict):
    """`week` began on Monday; both are those of the user's calendar."""

    total: int
    today: int
    week: int


class Level(TypedDict):
    """Names are in the user's language. Of the highest level there is no next one."""

    number: int
    name: str
    reward: dict[str, Any]
    begins_at: int
    next_at: int | None
    next_name: str | None
    next_reward: dict[str, Any] | None


class Standing(TypedDict):
    user_id: str
    xp: Xp
    level: Level
    streak: StreakNow


class Earned(TypedDict):
    action: str
    title: str
    xp: int
    day: str
    earned_at: str


class Ledger(TypedDict):
    items: list[Earned]


class LedgerQuery(Body):
    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class Rules(TypedDict):
    """As the file of the game has them: each action, each level, and what holds for streaks."""

    actions: list[dict[str, Any]]
    levels: list[dict[str, Any]]
    streak: dict[str, Any]


endpoints = Endpoints("Game")


@endpoints.get("/api/engagement/game")
async def rules(request: web.Request) -> Rules:
    """Shows what earns XP and how much of it, what keeps a streak, and which levels there are."""
    found: Rules = await ask(request, "game_rules")
    return found


@endpoints.get("/api/engagement/users/{reference}/game")
async def standing(request: web.Request) -> Standing:
    """Shows how a user stands: XP, the level and the next one, the streak with its last seven days."""
    user_id = await _user(request, request.match_info["reference"])
    found: Standing = await ask(request, "describe_game", user_id=user_id)
    return found


@endpoints.get("/api/engagement/users/{reference}/xp")
async def ledger(request: web.Request, query: LedgerQuery) -> Ledger:
    """Lists what a user earned XP for, the latest first."""
    user_id = await _user(request, request.match_info["reference"])
    return {"items": await ask(request, "list_xp", user_id=user_id, limit_to=query.limit)}


@endpoints.post("/api/engagement/xp")
async def award(request: web.Request, body: Award) -> Awarded:
    """Awards XP for an action of the game that no event tells of, within the action's caps.

    What users do is better told as an event: that keeps their streak, too. An action that is not known is
    refused with those that are.
    """
    user_id = await _user(request, body.user)
    awarded: Awarded = await ask(
        request, "award_xp", user_id=user_id, action=body.action, award_key=body.key or str(uuid4())
    )
    if awarded["awarded"]:
        await record_act(request, "xp.award", user_id, earned=body.action, xp=awarded["xp"])
    if awarded["leveled_up"]:
        request.app[keys.CONTROLLER].wake()
    return awarded


@endpoints.post("/api/engagement/streak")
async def repair(request: web.Request, body: Repair) -> Streak:
    """Earns back the streak that a user lost last, as they can in the bot.

    That is possible for a while after the loss, once they have done enough on the same day; a 409 says what
    is missing.
    """
    user_id = await _user(request, body.user)
    streak: Streak = await ask(request, "repair_streak", user_id=user_id)
    await record_act(request, "streak.repair", user_id, days=streak["days"])
    return streak


async def _user(request: web.Request, reference: str) -> str:
    found: str = (await ask(request, "find_user", reference=reference))["id"]
    return found
