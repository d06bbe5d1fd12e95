"""What the messages of a claim say: rendered, and stored before they are sent, so that a retry sends the same
bytes.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import structlog

from sequences.claims import Claimed, PublishedSteps
from sequences.definition import Step
from sequences.mistakes import Unrenderable
from sequences.outcomes import Verdict
from sequences.pages import Page, Pages
from sequences.recording import Results
from sequences.worker import Worker
from storage.store import Unavailable

log = structlog.get_logger(__name__)

# Seconds of rendering without letting the conversation and the web have their turn.
LONGEST_TURN = 0.01


class Renders(Protocol):
    """Makes what will be stored and sent out of a step and a claimed row; raises Unrenderable."""

    def render(self, definition_step: Step, channel: str, row: Mapping[str, Any]) -> Mapping[str, Any]: ...

    def page(self, definition_step: Step, channel: str, row: Mapping[str, Any]) -> Page:
        """What all messages of that step share, if that is worth anything."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """What goes to the provider at once, under a key if the channel has such."""

    messages: list[Claimed]
    batch_key: str | None


class Contents:
    """What cannot be rendered or stored is left out, and its outcome recorded."""

    def __init__(self, worker: Worker, renderer: Renders, results: Results) -> None:
        self._worker = worker
        self._channel = worker.channel
        self._renderer = renderer
        self._results = results
        self._steps = PublishedSteps(worker.store)
        self._pages = Pages(worker.store)

    async def unpacked(self, claimed: list[Claimed]) -> list[Claimed]:
        """The claim with the contents that an earlier claim has stored."""
        return await self._worker.patiently(partial(self._unpacked, claimed))

    async def _unpacked(self, claimed: list[Claimed]) -> list[Claimed]:
        return [
            each if each.content is None else each.saying(*await self._pages.unpacked(each.content))
            for each in claimed
        ]

    # Rendering

    async def rendered(self, claimed: list[Claimed], tally: Counter[str]) -> list[Claimed]:
        """The claim with its contents, without what cannot be rendered."""
        await self._worker.patiently(lambda: self._steps.learn(each.version_id for each in claimed))
        began = turn = time.perf_counter()
        ready: list[Claimed] = []
        for each in claimed:
            try:
                ready.append(each if each.content is not None else self._render(each))
            except Unrenderable as error:
                self._results.came_to(Verdict("unrenderable", error.reason), [each], tally)
            if time.perf_counter() - turn > LONGEST_TURN:
                await asyncio.sleep(0)
                turn = time.perf_counter()
        self._worker.metrics.render.observe((time.perf_counter() - began) / len(claimed))
        return ready

    def _render(self, claimed: Claimed) -> Claimed:
        try:
            step = self._steps.step(claimed.version_id, claimed.position)
            content = self._renderer.render(step, self._channel.name, claimed.row)
            return claimed.saying(content, self._renderer.page(step, self._channel.name, claimed.row))
        except Unrenderable:
            raise
        except Exception as error:
            log.exception("rendering_failed", channel=self._channel.name, delivery_id=claimed.id)
            raise Unrenderable("rendering_failed") from error

    # Storing

    async def stored(self, ready: list[Claimed], tally: Counter[str]) -> list[Request]:
        """What may be sent, as requests; usually all of it in one."""
        if not ready:
            return []
        request = Request(ready, uuid.uuid4().hex if self._channel.is_idempotent else None)
        try:
            is_ours = await self._worker.patiently(partial(self._is_stored, request))
        except Unavailable:
            log.warning("claim_left_to_its_lease", channel=self._channel.name, messages=len(ready))
            return []
        except Exception:
            return await self._stored_in_halves(ready, tally)
        if is_ours:
            self._worker.claim_size.was_borne()
        else:
            self._worker.claim_size.was_too_much(len(ready))
            # Fenced like every outcome: it only brings back those that nobody else has taken meanwhile.
            self._results.came_to(Verdict("busy", "lease_lost"), ready, tally)
        return [request] if is_ours else []

    async def _stored_in_halves(self, ready: list[Claimed], tally: Counter[str]) -> list[Request]:
        """One content that the database will not take must not keep the others from leaving."""
        if len(ready) > 1:
            middle = len(ready) // 2
            return await self.stored(ready[:middle], tally) + await self.stored(ready[middle:], tally)
        log.exception("content_not_storable", channel=self._channel.name, delivery_id=ready[0].id)
        self._results.came_to(Verdict("unrenderable", "not_storable"), ready, tally)
        return []

    async def _is_stored(self, request: Request) -> bool:
        """Stores the contents; False if another worker has taken some of the messages over."""
        ready = request.messages
        contents = [await self._pages.packed(each.content or {}, each.page) for each in ready]
        stored = await self._worker.store.call(
            "store_rendered",
            lease_token=ready[0].lease_token,
            batch_key=request.batch_key,
            lease_seconds=self._worker.lease_seconds,
            rendered=[
                {"id": each.id, "content": content} for each, content in zip(ready, contents, strict=True)
            ],
        )
        return bool(stored == len(ready))
