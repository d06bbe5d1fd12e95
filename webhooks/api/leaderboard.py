"""Who is ahead of whom: leaderboards, weekly leagues, and what people have achieved."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from aiohttp import web
from pydantic import BeforeValidator, Field
from typing_extensions import TypedDict

from engagement.achievements import InLanguages
from webhooks.access import CALLER, record_act
from webhooks.api.asking import ask
from webhooks.api.endpoint import Endpoints
from webhooks.api.fields import FilterIn
from webhooks.bodies import Body

Reference = Annotated[str, Field(min_length=1, max_length=320, examples=["mira@example.org"])]
Period = Literal["daily", "weekly", "all_time", "pod"]


def _underlined(written: Any) -> Any:
    """`all-time` is what one writes behind a `?`."""
    return written.replace("-", "_") if isinstance(written, str) else written


class BoardQuery(Body):
    """`pod` is a pod's number; the board of a pod is that of its week."""

    period: Annotated[Period, BeforeValidator(_underlined)] = "weekly"
    limit: Annotated[int, Field(ge=1, le=1000)] = 10
    user: Annotated[Reference, Field(description="Whose place is told, and whose calendar it is.")] | None = (
        None
    )
    pod: Annotated[int, Field(ge=1, lt=2**63)] | None = None


class Ranked(TypedDict):
    """`name` is how somebody is called, null where nobody knows. As many XP share a rank."""

    rank: int
    user_id: str
    name: str | None
    xp: int


class Place(TypedDict):
    """`behind_next` is how many XP the next one has more; `ahead_of`, how many people have less.

    `rank` is null before anything is earned. `is_listed` is false for who does not want to be seen.
    """

    rank: int | None
    xp: int
    is_listed: bool
    behind_next: int | None
    ahead_of: int
    neighbors: list[Ranked]


class Pod(TypedDict):
    id: int
    name: str


Board = TypedDict(
    "Board",
    {
        "period": Period,
        "from": str | None,
        "to": str | None,
        "people": int,
        "items": list[Ranked],
        "you": Place | None,
        "pod": NotRequired[Pod | None],
    },
)


class Listed(Body):
    listed: bool = Field(description="Whether others see this user on leaderboards and in leagues.")


class IsListed(TypedDict):
    listed: bool


class Player(Ranked):
    """`result` is what this place would mean if the league ended now."""

    result: Literal["promoted", "stayed", "relegated"]


class LastLeague(TypedDict):
    league: int
    name: str
    week: str
    place: int
    people: int
    xp: int
    result: Literal["promoted", "stayed", "relegated"]


class League(TypedDict):
    """Of `people`, the first `promoted` go up and the last `relegated` down when it is closed.

    `league` is the tier, from 1 to 10, `name` its name in the user's language, `week` its Monday. Nobody is
    in one who has earned nothing this week: `place` is null then, and the tier that of their next league.
    """

    league: int
    name: str
    week: str
    ends_at: str
    closes_at: str | None
    place: int | None
    people: int
    promoted: int
    relegated: int
    items: list[Player]
    last: LastLeague | None


class Progress(TypedDict):
    have: float
    need: float


class Achieved(TypedDict):
    """`progress` is null for what is earned, or cannot be counted."""

    name: str
    title: str
    description: str
    icon: str
    earned_at: str | None
    progress: Progress | None


class AllAchieved(TypedDict):
    items: list[Achieved]


class NewAchievement(Body):
    """Earned, once, by everybody who meets the filter; a `quiet` one without a message."""

    title: InLanguages = Field(examples=[{"en": "Night owl", "de": "Nachteule"}])
    description: InLanguages = Field(examples=[{"en": "Learned in the dark."}])
    icon: Annotated[str, Field(min_length=1, max_length=16, examples=["🦉"])]
    filter: FilterIn
    quiet: bool = False


class AchievementLine(TypedDict):
    """`created_by` is null for those of the file; `earned` is by how many people."""

    name: str
    title: dict[str, str]
    description: dict[str, str]
    icon: str
    filter: dict[str, Any]
    quiet: bool
    created_by: str | None
    earned: int


class AchievementLines(TypedDict):
    items: list[AchievementLine]


NAMED = "/api/engagement/achievements/{name}"

endpoints = Endpoints("Leaderboards")


@endpoints.get("/api/engagement/leaderboard")
async def leaderboard(request: web.Request, query: BoardQuery) -> Board:
    """Shows the first of a leaderboard, and where a user is among all of them.

    A day is everybody's own, and a week begins on Monday: `from` and `to` say which it is. Whoever opted out
    is on no board, and finds their own place all the same.
    """
    board: Board = await ask(
        request,
        "leaderboard",
        period=query.period,
        user_id=None if query.user is None else await _user(request, query.user),
        pod_id=query.pod,
        limit_to=query.limit,
    )
    return board


@endpoints.put("/api/engagement/users/{reference}/leaderboard")
async def listed(request: web.Request, body: Listed) -> IsListed:
    """Says whether others see a user on leaderboards and in leagues, as they can say in the bot."""
    user_id = await _user(request, request.match_info["reference"])
    await ask(request, "set_preferences", user_id=user_id, changes={"on_leaderboards": body.listed})
    await record_act(request, "user.leaderboards", user_id, listed=body.listed)
    return {"listed": body.listed}


@endpoints.get("/api/engagement/users/{reference}/league")
async def league(request: web.Request) -> League:
    """Shows the weekly league that a user is in, or would be in, and how their last one ended."""
    user_id = await _user(request, request.match_info["reference"])
    found: League = await ask(request, "league_of", user_id=user_id)
    return found


@endpoints.get("/api/engagement/users/{reference}/achievements")
async def achieved(request: web.Request) -> AllAchieved:
    """Lists what there is to achieve, in a user's language: what they have, and how far they are."""
    user_id = await _user(request, request.match_info["reference"])
    return {"items": await ask(request, "list_achievements", user_id=user_id)}


@endpoints.get("/api/engagement/achievements")
async def achievements(request: web.Request) -> AchievementLines:
    """Lists what there is to achieve, and how many have."""
    return {"items": await ask(request, "list_achievements")}


@endpoints.put(NAMED)
async def define(request: web.Request, body: NewAchievement) -> AchievementLine:
    """Makes an achievement or changes one, also one of the file, which then is yours.

    Whoever meets the filter already gets it without a message.
    """
    name = request.match_info["name"]
    given = body.model_dump(mode="json")
    await ask(request, "store_achievement", name=name, created_by=request[CALLER].actor, **given)
    await record_act(request, "achievement.define", name)
    (line,) = [each for each in await ask(request, "list_achievements") if each["name"] == name]
    made: AchievementLine = line
    return made


@endpoints.delete(NAMED, status=204)
async def retire(request: web.Request) -> None:
    """Offers an achievement no longer; those who earned it keep it."""
    name = request.match_info["name"]
    await ask(request, "retire_achievement", name=name, source=request[CALLER].actor)
    await record_act(request, "achievement.retire", name)


async def _user(request: web.Request, reference: str) -> str:
    found: str = (await ask(request, "find_user", reference=reference))["id"]
    return found
