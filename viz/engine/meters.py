"""Count what the engine does, for Prometheus: requests, how they were answered, seconds, who waits, bytes kept.

Nothing of a text, a visitor or a model's name is counted by: a label has as many values as there are kinds of requests
and of errors.
"""

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
disable_created_metrics()  # when a counter began says nothing that a restart does not

SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)  # upper ends of the histograms' classes


class Meters:
    """Hold the counters of one engine; gauges are read off when they are asked for."""

    def __init__(self, *, n_waiting: Callable[[], int], n_bytes: Callable[[], int], n_model_bytes: Callable[[], int]):
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "headlight_requests",
            "Requests by kind, and how they were answered: kept, shared with another visitor, made, failed, given up.",
            ["request", "answer"],
            registry=self._registry,
        )
        self._errors = Counter(
            "headlight_errors", "Requests that ended in an error, by its kind.", ["error"], registry=self._registry
        )
        self._queued = Histogram(
            "headlight_queued_seconds", "Waiting in line for a pass.", buckets=SECONDS, registry=self._registry
        )
        self._computed = Histogram(
            "headlight_computed_seconds",
            "Making an answer, without waiting in line.",
            ["request"],
            buckets=SECONDS,
            registry=self._registry,
        )
        self._gauge("headlight_waiting", "Passes that wait in line.", n_waiting)
        self._gauge("headlight_kept_bytes", "Bytes of the records that are kept.", n_bytes)
        self._gauge("headlight_model_bytes", "Bytes of the models that are kept.", n_model_bytes)

    def answered(self, request: str, answer: str) -> None:
        """Count an answer: ``"kept"``, ``"shared"``, ``"made"``, ``"failed"`` or ``"given up"``."""
        self._answers.labels(request, answer).inc()

    def made(self, request: str, queued: float, computed: float) -> None:
        """Count the seconds that making a record waited, and took besides."""
        self._queued.observe(queued)
        self._computed.labels(request).observe(computed)

    def failed(self, error: BaseException) -> None:
        """Count an error by its kind."""
        self._errors.labels(type(error).__name__).inc()

    def text(self) -> bytes:
        """Write all numbers in Prometheus' text format."""
        return generate_latest(self._registry)

    def _gauge(self, name: str, what: str, read: Callable[[], int]) -> None:
        Gauge(name, what, registry=self._registry).set_function(read)
