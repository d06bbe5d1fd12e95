"""How a user learns: as they chose, or as their behavior tells."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field
from typing_extensions import TypedDict

from webhooks.access import record_act
from webhooks.api.asking import ask
from webhooks.api.endpoint import Endpoints
from webhooks.bodies import Body


class Choice(Body):
    """Field by field; null takes a choice back, a field that is left out stays."""

    chosen: Annotated[
        dict[str, str | list[str] | None],
        Field(min_length=1, examples=[{"pace": "slow", "formats": ["video", "audio"]}]),
    ]


class ProfileField(TypedDict):
    """`value` is what was chosen, else what is `inferred` with `confidence` (0–1), else null.

    `values` are those that there are; of a list several may hold.
    """

    name: str
    value: str | list[str] | None
    source: Literal["chosen", "inferred"] | None
    inferred: str | list[str] | None
    confidence: float | None
    values: list[str]
    is_list: bool


class Profile(TypedDict):
    user_id: str
    fields: list[ProfileField]


endpoints = Endpoints("Profile")


@endpoints.get("/api/engagement/users/{reference}/profile")
async def profile(request: web.Request) -> Profile:
    """Tells how a user learns, with how sure we are.

    Style, pace, difficulty, best time, formats and what motivates them. The reference is our id, an external
    id, a Telegram id, an email address or an @username.
    """
    told: Profile = await ask(request, "get_profile", reference=request.match_info["reference"])
    return told


@endpoints.put("/api/engagement/users/{reference}/profile")
async def choose(request: web.Request, body: Choice) -> Profile:
    """Keeps what a user chose, which from then on wins over what is inferred. All of it or nothing."""
    chosen: dict[str, Any] = body.chosen
    kept: Profile = await ask(
        request, "set_profile", reference=request.match_info["reference"], chosen=chosen
    )
    await record_act(request, "profile.set", kept["user_id"], fields=sorted(chosen))
    return kept
