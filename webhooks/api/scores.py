"""How engaged users are, from 0 to 100, and why: of one, of some, of everybody."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from aiohttp import web
from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from webhooks.api.asking import ask
from webhooks.api.endpoint import Endpoints
from webhooks.bodies import Body, answer

MOST_USERS = 1_000
Reference = Annotated[str, Field(min_length=1, max_length=320, examples=["mira@example.org"])]
ScoreType = Literal["overall", "telegram", "email", "attendance", "commitment"]


class Calculation(Body):
    """Whose scores: `user`, `users` or `everybody`."""

    user: Reference | None = None
    users: Annotated[list[Reference], Field(min_length=1, max_length=MOST_USERS)] | None = None
    everybody: Literal[True] | None = None
    score_type: ScoreType | None = Field(None, description="Which to give; all of them unless told.")

    @model_validator(mode="after")
    def _is_about_somebody(self) -> Self:
        if sum(each is not None for each in (self.user, self.users, self.everybody)) != 1:
            raise PydanticCustomError("whom", "one of user, users and everybody is needed")
        return self


class ScoreQuery(Body):
    score_type: ScoreType | None = Field(None, description="Which; all of them unless told.")


class Score(TypedDict):
    """`factors`: points for recency, frequency and response, and what they follow from.

    `valid_until` is until when the score is at most one point too high, if nothing happens.
    """

    user_id: str
    score_type: ScoreType
    score: float
    factors: dict[str, float | None]
    calculated_at: str
    valid_until: str


class Scores(TypedDict):
    items: list[Score]


class Calculated(TypedDict):
    """`users` counts those whose scores are reckoned anew; of everybody they follow (`is_under_way`)."""

    users: int
    is_under_way: bool
    items: list[Score]


endpoints = Endpoints("Scores")


@endpoints.post("/api/engagement/calculate", status=202)
async def calculate(request: web.Request, body: Calculation) -> Calculated | web.Response:
    """Reckons scores anew, of one user, of up to a thousand, or of everybody.

    They follow by themselves what users do and fade with time: this is for whoever wants to be sure. Of
    everybody it is answered with 202 at once, and done in the minutes after.
    """
    if body.everybody:
        users: int = await ask(request, "rescore_everybody")
        return Calculated(users=users, is_under_way=True, items=[])
    asked = body.users or [str(body.user)]
    items = await ask(request, "score_users", user_references=asked, score_type=body.score_type)
    counted = len({item["user_id"] for item in items})
    return answer(Calculated(users=counted, is_under_way=False, items=items), status=200)


@endpoints.get("/api/engagement/users/{reference}/scores")
async def scores(request: web.Request, query: ScoreQuery) -> Scores:
    """Gives the scores of a user, as they are now, and how they came about."""
    found = await ask(request, "find_user", reference=request.match_info["reference"])
    return {"items": await ask(request, "list_scores", users=[found["id"]], score_type=query.score_type)}
