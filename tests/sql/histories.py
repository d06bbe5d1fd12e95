"""Histories that Hypothesis invents, played against one database from code that does not await."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Any

import asyncpg
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from storage.postgres import PostgresStore, connect
from tests.sql.conftest import Row

IS_LONG = os.environ.get("CHAOS") == "long"


class Database:
    """One database for all examples, emptied before each, and asked from code that does not await."""

    def __init__(self, url: str) -> None:
        self.calls = 0
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._store = PostgresStore(url, connections=1)
        self._connection: asyncpg.Connection = self._runner.run(connect(url))

    def empty(self) -> None:
        self._run(
            self._connection.execute,
            """
            truncate tendril.users, tendril.sequences, tendril.suppressions, tendril.send_budgets cascade;
            update tendril.clock set moved_by = '2026-03-02 12:00Z' - now();
            """,
        )

    def call(self, operation: str, **arguments: Any) -> Any:
        self.calls += 1
        return self._run(self._store.call, operation, **arguments)

    def rows(self, query: str, *arguments: Any) -> list[Row]:
        return [dict(row) for row in self._run(self._connection.fetch, query, *arguments)]

    def close(self) -> None:
        self._run(self._connection.close)
        self._run(self._store.aclose)
        self._runner.close()

    def _run(self, what: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        async def ask() -> Any:
            return await what(*arguments, **named)

        return self._runner.run(ask())


def play(
    machine: type[RuleBasedStateMachine], *, examples: int, steps: int, always_the_same: bool = True
) -> None:
    """So many histories, each of at most so many steps."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=always_the_same,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
