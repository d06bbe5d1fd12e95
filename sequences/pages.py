"""How a mail is stored: as what it says of its own, between the texts that all mails of its step share.

Those texts, the page, are stored once under a hash of what they say and never change. Whoever repeats a mail,
another process or a newer program, puts together the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from storage.store import Store

Page = tuple[str, ...]

# A shorter text is not worth its number.
LEAST_LENGTH = 40
_TEMPLATE_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def page_of(source: str) -> Page:
    """The texts between the codes of a template."""
    return tuple(text for text in _TEMPLATE_CODE.split(source) if len(text) >= LEAST_LENGTH)


def taken_apart(text: str, page: Page) -> list[str | int]:
    """The numbers of the page's texts, as far as they come in their order, and what stands between them."""
    parts: list[str | int] = []
    rest = 0
    for number, shared in enumerate(page):
        # Looking for the whole of a long text costs several times as much.
        found = text.find(shared[:LEAST_LENGTH], rest)
        if found >= 0 and text.startswith(shared, found):
            parts += [text[rest:found], number]
            rest = found + len(shared)
    return [*parts, text[rest:]]


def put_together(parts: list[str | int], page: Page) -> str:
    return "".join(part if isinstance(part, str) else page[part] for part in parts)


class Pages:
    """Keeps pages in the store, and those that it has seen in memory. Its methods raise StorageError."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hashes: dict[Page, str] = {}
        self._pages: dict[str, Page] = {}

    async def packed(self, content: Mapping[str, Any], page: Page) -> Mapping[str, Any]:
        """The content as it is stored, its page being stored already."""
        if not page:
            return content
        parts = taken_apart(content["html"], page)
        return {**content, "html": {"page": await self._kept(page), "parts": parts}}

    async def unpacked(self, stored: Mapping[str, Any]) -> tuple[Mapping[str, Any], Page]:
        match stored:
            case {"html": {"page": str(hash), "parts": [*parts]}}:
                page = await self._fetched(hash)
                return {**stored, "html": put_together(parts, page)}, page
        return stored, ()

    async def _kept(self, page: Page) -> str:
        if page not in self._hashes:
            said = json.dumps(page)
            hash = hashlib.sha256(said.encode()).hexdigest()
            await self._store.call("keep_page", hash=hash, texts=page)
            self._hashes[page] = hash
        return self._hashes[page]

    async def _fetched(self, hash: str) -> Page:
        if hash not in self._pages:
            self._pages[hash] = tuple(await self._store.call("get_page", hash=hash))
        return self._pages[hash]
