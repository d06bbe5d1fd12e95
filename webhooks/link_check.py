"""Whether the links of a text lead anywhere: each is really asked, and none of them into our own network."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
from yarl import URL

from webhooks.receivers import PublicResolver, Receivers, Unwanted

MOST_LINKS = 20
SECONDS = 5.0
MOST_REDIRECTS = 5
USER_AGENT = "Tendril (checks the links of a message)"
# Some servers know GET only; what these say to HEAD says nothing of the page.
KNOWS_GET_ONLY = frozenset({400, 403, 404, 405, 501})
# Who asks may not see it, or not now: a reader may.
NOT_FOR_US = frozenset({401, 403, 407, 408, 421, 425, 429, 451})
# What is said of a name that does not exist; anything else may be our own network.
NO_SUCH_HOST = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


@dataclass(frozen=True, slots=True)
class CheckedLink:
    """`status` is what the last address answered; `problem` is null where the link leads somewhere.

    `is_broken` says that it leads nowhere for anybody; a problem without that may be ours, or pass.
    """

    url: str
    status: int | None
    problem: str | None
    is_broken: bool = False


async def check_links(receivers: Receivers, links: Sequence[str]) -> list[CheckedLink]:
    """Asks the first twenty, all at once."""
    connector = aiohttp.TCPConnector(resolver=PublicResolver(receivers), use_dns_cache=False)
    async with aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=SECONDS),
        headers={"User-Agent": USER_AGENT},
        trust_env=False,
    ) as http:
        return await asyncio.gather(*(_check(http, receivers, link) for link in links[:MOST_LINKS]))


async def _check(http: aiohttp.ClientSession, receivers: Receivers, link: str) -> CheckedLink:
    try:
        async with asyncio.timeout(SECONDS):
            status = await _status(http, receivers, link, "HEAD")
            if status in KNOWS_GET_ONLY:
                status = await _status(http, receivers, link, "GET")
    except Unwanted as refused:
        return CheckedLink(link, None, f"it is not asked: {refused}")
    except TimeoutError:
        return CheckedLink(link, None, f"no answer within {SECONDS:.0f} seconds")
    except aiohttp.ClientConnectorDNSError as error:
        is_unknown = error.errno in NO_SUCH_HOST
        problem = "there is no such host" if is_unknown else "its host could not be looked up"
        return CheckedLink(link, None, problem, is_broken=is_unknown)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        is_refused = getattr(error, "errno", None) == errno.ECONNREFUSED or isinstance(error, ValueError)
        return CheckedLink(link, None, "it cannot be reached", is_broken=is_refused)
    if status < 400:
        return CheckedLink(link, status, None)
    return CheckedLink(link, status, f"it answers {status}", status < 500 and status not in NOT_FOR_US)


async def _status(http: aiohttp.ClientSession, receivers: Receivers, link: str, method: str) -> int:
    """After its redirects, each of which has to lead to the public internet as well."""
    url = URL(link)
    for _ in range(MOST_REDIRECTS + 1):
        # Links of messages may go over http as well: only where they lead matters here.
        receivers.checked(str(url.with_fragment(None).with_scheme("https")))
        async with http.request(method, url, allow_redirects=False) as answer:
            if answer.status not in (301, 302, 303, 307, 308) or "Location" not in answer.headers:
                return answer.status
            url = url.join(URL(answer.headers["Location"]))
            if url.scheme not in ("http", "https"):
                return answer.status
    raise Unwanted("it leads from one address to the next without end")
