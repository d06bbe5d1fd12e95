"""docs/operations.md: its queries run, and its metrics, log lines and complaints are real."""

import re

import asyncpg
import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from sequences.metrics import OUTCOMES, DeliveryMetrics
from tests.docs.pages import blocks, code, read, rows, section
from tests.house.project import PRODUCTION
from webhooks.metrics import WebhookMetrics

PAGE = read("docs/operations.md")
QUERIES = blocks(PAGE, "sql")


@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
async def test_the_query_runs(query: str, connection: asyncpg.Connection) -> None:
    await connection.execute(query)


def exposed() -> dict[str, tuple[str, ...]]:
    """Each metric as it is scraped, with its labels."""
    registry = CollectorRegistry()
    DeliveryMetrics(registry)
    WebhookMetrics(registry)
    return {
        metric._name + ("_total" if metric._type == "counter" else ""): metric._labelnames
        for metric in registry._collector_to_names
        if isinstance(metric, MetricWrapperBase)
    }


def test_every_metric_is_there_with_its_labels() -> None:
    table = {
        cells[0].strip("`"): tuple(cells[1].split(", ")) if cells[1] else ()
        for cells in rows(section(PAGE, "Metrics"))
        if len(cells) == 3
    }

    assert table == exposed()


def test_every_outcome_is_explained() -> None:
    assert set(OUTCOMES) <= set(code(section(PAGE, "Metrics")))


def test_every_line_of_the_log_is_written_somewhere() -> None:
    source = "\n".join(file.read_text(encoding="utf-8") for file in PRODUCTION)
    told = [each for cells in rows(section(PAGE, "The log")) for each in code(cells[0])]

    assert told
    assert [event for event in told if f'"{event}"' not in source] == []


def test_the_health_page_complains_in_these_words() -> None:
    source = read("webhooks/health.py") + read("bot/updates.py")
    quoted = [re.findall(r'^"([^"]+)"$', cells[0]) for cells in rows(section(PAGE, "Health"))]
    complaints = [each.replace("email is paused: …", "is paused: ") for (each,) in filter(None, quoted)]

    assert len(complaints) == 5
    assert [each for each in complaints if each not in source] == []
