"""What the delivery pipelines count, for Prometheus.

Labels take their values from short, fixed lists (channels, outcomes), so the number of time series does not
grow with the number of users, sequences or provider error texts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

OUTCOMES = (
    "sent",
    "unreachable",
    "busy",
    "refused",
    "misconfigured",
    "unknown",
    "moved",
    "alone",
    "unrenderable",
)
_PER_MESSAGE_SECONDS = (0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.025, 0.1)
_ROUND_TRIP_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class DeliveryMetrics:
    """One for the process; each pipeline takes its own channel's share with `of`."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._claims = self._counter("claims", "Claims asked of the database.", "channel")
        self._claimed = self._counter("claimed_deliveries", "Deliveries that claims brought.", "channel")
        self._sends = self._counter("sends", "Requests made to providers.", "channel")
        self._outcomes = self._counter("outcomes", "Deliveries by what became of them.", "channel", "outcome")
        self._stale = self._counter(
            "stale_outcomes", "Outcomes that came after the lease was lost.", "channel"
        )
        self._fallbacks = self._counter(
            "fallbacks", "Deliveries handed to another channel.", "channel", "to", "why"
        )
        self._render = self._histogram("render_seconds", "Rendering, per message.", _PER_MESSAGE_SECONDS)
        self._send = self._histogram("send_seconds", "One request to a provider.", _ROUND_TRIP_SECONDS)
        self._record = self._histogram(
            "claim_to_record_seconds", "From claim to recorded outcome.", _ROUND_TRIP_SECONDS
        )
        self._queue_age = Gauge(
            "tendril_queue_age_seconds", "Age of the oldest due delivery.", registry=self.registry
        )
        self._queue_due = Gauge(
            "tendril_queue_due", "Deliveries due and not yet claimed.", registry=self.registry
        )

    def of(self, channel: str) -> ChannelMetrics:
        return ChannelMetrics(
            channel,
            claims=self._claims.labels(channel),
            claimed=self._claimed.labels(channel),
            sends=self._sends.labels(channel),
            outcomes={name: self._outcomes.labels(channel, name) for name in OUTCOMES},
            stale=self._stale.labels(channel),
            fallbacks=self._fallbacks,
            render=self._render.labels(channel),
            send=self._send.labels(channel),
            claim_to_record=self._record.labels(channel),
        )

    def fell_back(self, channel: str, to: str, why: str, count: int = 1) -> None:
        self._fallbacks.labels(channel, to, why).inc(count)

    def observe_queue(self, due: float, oldest_due_seconds: float) -> None:
        self._queue_due.set(due)
        self._queue_age.set(oldest_due_seconds)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"tendril_{name}", meaning, labels, registry=self.registry)

    def _histogram(self, name: str, meaning: str, buckets: Iterable[float]) -> Histogram:
        return Histogram(
            f"tendril_{name}", meaning, ("channel",), buckets=tuple(buckets), registry=self.registry
        )


@dataclass(frozen=True, slots=True)
class ChannelMetrics:
    """Label look-ups done once: what is left per message is one addition."""

    channel: str
    claims: Counter
    claimed: Counter
    sends: Counter
    outcomes: dict[str, Counter]
    stale: Counter
    fallbacks: Counter
    render: Histogram
    send: Histogram
    claim_to_record: Histogram

    def fell_back(self, to: str, count: int) -> None:
        self.fallbacks.labels(self.channel, to, "failed").inc(count)
