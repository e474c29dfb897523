"""Request metrics of one application: exact counts, latency histograms, external gauges."""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Final

from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

# Upper bounds in seconds. Dense around the targets of the hot endpoints.
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BOUNDS: Final = (*(str(bound) for bound in BUCKETS), "+Inf")


class _Series:
    """The requests of one method, route and status class."""

    __slots__ = ("buckets", "count", "seconds")

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0
        self.buckets = [0] * (len(BUCKETS) + 1)


class AppMetrics(Collector):
    """All metrics of one application, in its own registry.

    The figures belong to this process and start at zero with it: run one process per container, and
    Prometheus adds them up. They are plain integers because a single event loop updates them.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(self)
        self._series: dict[tuple[str, str, str], _Series] = {}
        self._statuses: dict[tuple[str, str, int], int] = {}
        self._in_flight = 0
        self._total = 0
        self._errors = 0
        self._seconds = 0.0

    def started(self) -> None:
        """A request came in."""
        self._in_flight += 1

    def finished(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. Statuses from 500 on count as errors."""
        self._in_flight -= 1
        self._total += 1
        self._seconds += seconds
        if status >= 500:
            self._errors += 1
        counted = (method, route, status)
        self._statuses[counted] = self._statuses.get(counted, 0) + 1
        key = (method, route, f"{status // 100}xx")
        series = self._series.get(key)
        if series is None:
            series = self._series[key] = _Series()
        series.count += 1
        series.seconds += seconds
        series.buckets[bisect_left(BUCKETS, seconds)] += 1

    def gauge(self, name: str, documentation: str, read: Callable[[], float]) -> None:
        """Expose what ``read`` returns at each scrape (connections in use, queue length …)."""
        Gauge(name, documentation, registry=self.registry).set_function(read)

    def stats(self) -> dict[str, int | float]:
        """The three figures of the JSON stats route; the latency is in milliseconds."""
        average = self._seconds * 1_000 / self._total if self._total else 0.0
        return {
            "requests_total": self._total,
            "requests_errors": self._errors,
            "avg_latency_ms": round(average, 3),
        }

    def exposition(self) -> bytes:
        """The Prometheus text format, version 0.0.4."""
        return generate_latest(self.registry)

    def collect(self) -> Iterator[Metric]:
        """The request metrics, read by the registry at each scrape."""
        requests = CounterMetricFamily(
            "http_requests", "Requests answered.", labels=("method", "route", "status")
        )
        for (method, route, status), count in self._statuses.items():
            requests.add_metric((method, route, str(status)), count)
        yield requests
        latency = HistogramMetricFamily(
            "http_request_duration_seconds",
            "Time from the request to the end of its answer.",
            labels=("method", "route", "status_class"),
        )
        for labels, series in self._series.items():
            buckets = list(zip(_BOUNDS, accumulate(series.buckets), strict=True))
            latency.add_metric(labels, buckets, series.seconds)
        yield latency
        yield GaugeMetricFamily(
            "http_requests_in_flight", "Requests under way.", value=self._in_flight
        )


class LoopLag:
    """How late the event loop runs its timers: what blocks it delays every request.

    ``seconds`` is the worst lag since it was last read.
    """

    def __init__(self, *, interval_seconds: float = 0.5) -> None:
        self._interval = interval_seconds
        self._worst = 0.0

    def read(self) -> float:
        """The worst lag since the last call, in seconds."""
        worst, self._worst = self._worst, 0.0
        return worst

    async def run(self) -> None:
        """Measure until cancelled."""
        while True:
            due = time.monotonic() + self._interval
            await asyncio.sleep(self._interval)
            self._worst = max(self._worst, time.monotonic() - due)
