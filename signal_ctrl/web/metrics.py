"""What is counted of the requests, in the words of Prometheus. Names of cabinets or people are no labels."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.3, 0.6, 1.2, 2.5, 5.0, 10.0)


class Metrics:
    """Counters of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "signal_ctrl_requests", "Requests answered", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "signal_ctrl_request_seconds", "Time to answer", ("route",), buckets=_BUCKETS_S, registry=self.registry
        )
        self.under_way = Gauge("signal_ctrl_requests_under_way", "Requests being answered", registry=self.registry)
        self.refused = Counter("signal_ctrl_refused", "Requests refused by a limit", ("limit",), registry=self.registry)
        self.chores_failed = Counter(
            "signal_ctrl_chores_failed", "Background work that failed", ("chore",), registry=self.registry
        )
        self.listeners = Gauge("signal_ctrl_stream_listeners", "Clients of the stream", registry=self.registry)
        self.faults = Counter("signal_ctrl_faults", "Errors that nobody foresaw", registry=self.registry)

    def text(self) -> bytes:
        """Return all counters in Prometheus' text format."""
        return generate_latest(self.registry)
