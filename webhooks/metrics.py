"""What the sidecar counts. The registry is handed in, so two applications never share a counter."""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class WebhookMetrics:
    """Labels are bounded: routes are patterns, verdicts and reasons come from fixed lists."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.verdicts = Counter(
            "tendril_webhook_verdicts",
            "Provider callbacks by what became of them.",
            ["provider", "verdict"],
            registry=registry,
        )
        self.links = Counter(
            "tendril_tracked_links",
            "Opens and clicks on tracked links.",
            ["kind", "by"],
            registry=registry,
        )
        # The child of each label set is kept: looking it up costs more than counting.
        self.verdict = cache(self.verdicts.labels)
        self.link = cache(self.links.labels)
        self.lost_links = Counter(
            "tendril_tracked_links_lost",
            "Opens and clicks dropped: the queue was full, the database refused them, or the process ended.",
            registry=registry,
        )
        self.waiting = Gauge(
            "tendril_events_waiting", "Events queued for the next commit.", registry=registry
        )
        self.commit_size = Histogram(
            "tendril_event_commit_size",
            "Events written by one commit.",
            buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000),
            registry=registry,
        )
        self.commit_seconds = Histogram(
            "tendril_event_commit_seconds", "Duration of one commit of events.", registry=registry
        )
        self._request_seconds = Histogram(
            "tendril_http_request_seconds",
            "Requests answered by the sidecar.",
            ["method", "route", "status"],
            registry=registry,
        )
        self._requests: dict[tuple[str, str, int], Histogram] = {}

    def observe_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """The child of each label set is kept: looking it up costs more than counting."""
        child = self._requests.get((method, route, status))
        if child is None:
            child = self._request_seconds.labels(method, route, str(status))
            self._requests[method, route, status] = child
        child.observe(seconds)
