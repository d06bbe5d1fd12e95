"""Where callbacks may go: to the public internet, and to hosts that were allowed by name.

An address that somebody types in must not reach what only we reach: the database, a cloud's metadata, other
programs of this machine. So it is looked at when it is written down, and again at each connection: the name
is resolved by us, and what we looked at is what is connected to.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

NAT64 = IPv6Network("64:ff9b::/96")
MOST_CHARACTERS = 2000
RESOLVE_SECONDS = 5.0
PRIVATE = "private, loopback and link-local addresses are refused"


class Unwanted(ValueError):
    """An address that callbacks do not go to; the sentence says why."""


def is_public(address: str) -> bool:
    """Also looks at the IPv4 address that an IPv6 one stands for."""
    parsed = ip_address(address.partition("%")[0])
    return all(each.is_global and not each.is_multicast for each in (parsed, *_within(parsed)))


def _within(address: IPv4Address | IPv6Address) -> list[IPv4Address]:
    if isinstance(address, IPv4Address):
        return []
    teredo = address.teredo or ()
    nat64 = (IPv4Address(int(address) & 0xFFFFFFFF),) if address in NAT64 else ()
    return [each for each in (address.ipv4_mapped, address.sixtofour, *teredo, *nat64) if each is not None]


class Receivers:
    """`allowed` are hosts, as in an address, that may be private and need no https."""

    def __init__(self, allowed: Collection[str] = ()) -> None:
        self._allowed = frozenset(host.lower() for host in allowed)

    def checked(self, text: str) -> URL:
        """As far as it can be told without asking anybody. Raises Unwanted."""
        try:
            url = URL(text)
            host, port = url.raw_host, url.port
        except (ValueError, IndexError) as error:  # an index where brackets stand as in "https://[]@"
            raise Unwanted("this is no address") from error
        if url.scheme not in ("http", "https") or not host or not port or len(text) > MOST_CHARACTERS:
            raise Unwanted("an address begins with https:// and names a host")
        if url.user is not None or url.password is not None or url.fragment:
            raise Unwanted("an address has no user, password or fragment")
        if host.lower() in self._allowed:
            return url
        if url.scheme != "https":
            raise Unwanted("callbacks go over https")
        if _is_numeric(host) and not _is_public_address(host):
            raise Unwanted(PRIVATE)
        return url

    async def resolved(self, text: str) -> None:
        """Whether it leads to the public internet now. Raises Unwanted."""
        url = self.checked(text)
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                await self.addresses(url.raw_host or "", url.port or 0)
        except (OSError, TimeoutError) as error:
            raise Unwanted(f"{url.host} is not known") from error

    async def addresses(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises Unwanted if any of them is private, OSError if there are none."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
            )
        except UnicodeError as error:  # a label that is too long
            raise socket.gaierror(socket.EAI_NONAME, "no name") from error
        addresses = [
            ResolveResult(
                hostname=host,
                host=str(where[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, _, protocol, _, where in found
        ]
        if host.lower() not in self._allowed and not all(is_public(each["host"]) for each in addresses):
            raise Unwanted(PRIVATE)
        return addresses


class PublicResolver(AbstractResolver):
    """For a client that is to connect to exactly what was looked at."""

    def __init__(self, receivers: Receivers) -> None:
        self._receivers = receivers

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        return await self._receivers.addresses(host, port, family)

    async def close(self) -> None: ...


def _is_numeric(host: str) -> bool:
    """What the client connects to without asking the resolver, as in 2130706433 for 127.0.0.1."""
    return ":" in host or host.replace(".", "").isdigit()


def _is_public_address(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return False
