"""What an endpoint is: a handler whose signature says what it takes and gives.

    endpoints = Endpoints("Campaigns")

    @endpoints.post("/api/engagement/campaigns", status=201)
    async def create(request: web.Request, body: NewCampaign) -> Campaign:
        "Drafts a campaign. …"

A parameter `body` is the JSON that was sent, `query` what stands behind the `?`, each a checked model; what
is returned becomes JSON. The same signature, and the docstring, describe the endpoint in the OpenAPI
document. Where the status depends, the handler returns `answer(value, status)`, and its signature says
`Value | web.Response`. A status of 204 has no body.

A POST may come with an Idempotency-Key, a GET is answered with an ETag: neither is the handler's business.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from inspect import cleandoc
from typing import Any, Literal, TypeVar, get_args, get_type_hints

from aiohttp import web

from webhooks.access import for_admins, for_schedulers
from webhooks.api.idempotency import answered_once
from webhooks.api.revisions import with_etag
from webhooks.bodies import Body, answer, read_body, read_query
from webhooks.middleware import Handler
from webhooks.problems import Missing, Unprocessable

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Guard = Callable[[Handler], Handler]
Action = Callable[..., Awaitable[Any]]
F = TypeVar("F", bound=Action)

GUARDS: dict[str, Guard] = {"admin": for_admins, "scheduler": for_schedulers}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`returns` is what the handler's signature says.

    `takes` is what it reads itself; `also`, what it answers under another status; `media`, if not JSON;
    `on_wish`, what it answers instead where somebody asks for it, such as a picture.
    """

    method: Method
    path: str
    action: Action
    tag: str
    status: int
    access: str
    body: type[Body] | None
    query: type[Body] | None
    returns: Any
    takes: Any = None
    also: Mapping[int, Any] = field(default_factory=dict)
    media: str = "application/json"
    on_wish: tuple[str, ...] = ()

    @property
    def may_answer_otherwise(self) -> bool:
        """Some handlers choose the status: 200 where nothing new came about."""
        return any(each is web.Response for each in get_args(self.returns))

    @property
    def description(self) -> str:
        return cleandoc(self.action.__doc__ or "")

    def route(self) -> web.RouteDef:
        """What everyone may ask, and what shows its own signature, is answered as it is."""
        if guard := GUARDS.get(self.access):
            return web.RouteDef(self.method, self.path, guard(self._handle), {})
        return web.RouteDef(self.method, self.path, self.action, {})

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self.access == "admin":  # a scheduler sends what its maker thought of
            await self._refuse_untaken(request)
        given: dict[str, Body] = {}
        if self.query is not None:
            given["query"] = read_query(request, self.query)
        if self.body is not None:
            given["body"] = await read_body(request, self.body)
        act = partial(self._act, request, given)
        return await (answered_once(request, act) if self.method == "POST" else act())

    async def _refuse_untaken(self, request: web.Request) -> None:
        """What nobody reads must not be ignored in silence either."""
        if "\x00" in request.path:
            raise Missing("There is nothing at this address.")
        if self.query is None and request.query:
            name = next(iter(request.query))
            raise Unprocessable(f"{name}: is not known here; nothing is taken behind the ?.", name)
        if self.body is None and (await request.read()).strip() not in (b"", b"{}"):
            raise Unprocessable("Nothing is taken in the body here.", "body")

    async def _act(self, request: web.Request, given: Mapping[str, Body]) -> web.StreamResponse:
        returned = await self.action(request, **given)
        response = returned if isinstance(returned, web.StreamResponse) else self._answer(returned)
        return with_etag(request, returned, response) if self.method == "GET" else response

    def _answer(self, returned: Any) -> web.Response:
        return web.Response(status=204) if self.status == 204 else answer(returned, self.status)


class Endpoints(list[Endpoint]):
    """Those of one resource, in the order in which they are described and looked up."""

    def __init__(self, tag: str, *, access: str = "admin") -> None:
        super().__init__()
        self.tag = tag
        self.access = access

    def get(self, path: str, *, status: int = 200, **described: Any) -> Callable[[F], F]:
        return self._added("GET", path, status, described)

    def post(self, path: str, *, status: int = 200, **described: Any) -> Callable[[F], F]:
        return self._added("POST", path, status, described)

    def put(self, path: str, *, status: int = 200) -> Callable[[F], F]:
        return self._added("PUT", path, status, {})

    def patch(self, path: str, *, status: int = 200) -> Callable[[F], F]:
        return self._added("PATCH", path, status, {})

    def delete(self, path: str, *, status: int = 200) -> Callable[[F], F]:
        return self._added("DELETE", path, status, {})

    def _added(
        self, method: Method, path: str, status: int, described: Mapping[str, Any]
    ) -> Callable[[F], F]:
        def add(action: F) -> F:
            hints = get_type_hints(action)
            body, query, returns = hints.get("body"), hints.get("query"), hints.get("return")
            self.append(
                Endpoint(
                    method, path, action, self.tag, status, self.access, body, query, returns, **described
                )
            )
            return action

        return add
