"""What the service counts, for Prometheus; on a registry of its own, so that apps can be many."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)

SECONDS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class ServiceMetrics:
    """Counters, histograms and gauges of one app. Labels come from fixed sets, never from users."""

    def __init__(self, in_flight: Callable[[], float], is_ready: Callable[[], float]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "digit_ocr_requests",
            "Requests answered, by endpoint and status.",
            ("endpoint", "status"),
            registry=self.registry,
        )
        self.request_seconds = Histogram(
            "digit_ocr_request_seconds",
            "From the first byte of a request to the last of its answer.",
            ("endpoint",),
            buckets=SECONDS_BUCKETS,
            registry=self.registry,
        )
        self.refusals = Counter(
            "digit_ocr_refusals",
            "Requests refused, by problem.",
            ("problem",),
            registry=self.registry,
        )
        self.pictures = Counter(
            "digit_ocr_pictures",
            "Pictures handled, by endpoint and outcome: read, empty (no digit in it) or refused.",
            ("endpoint", "outcome"),
            registry=self.registry,
        )
        self.pictures_without_digits = Counter(
            "digit_ocr_pictures_without_digits",
            "Pictures in which no digit was found.",
            ("endpoint",),
            registry=self.registry,
        )
        Gauge(
            "digit_ocr_requests_in_flight",
            "Requests being read or waiting.",
            registry=self.registry,
        ).set_function(in_flight)
        Gauge(
            "digit_ocr_ready", "1 once the models are loaded.", registry=self.registry
        ).set_function(is_ready)

    def count_picture(self, endpoint: str, outcome: str) -> None:
        """Count one picture; `outcome` is read, empty or refused."""
        self.pictures.labels(endpoint, outcome).inc()
        if outcome == "empty":
            self.pictures_without_digits.labels(endpoint).inc()

    def exposition(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        return generate_latest(self.registry)
