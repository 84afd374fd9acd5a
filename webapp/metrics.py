"""Counts for Prometheus, summed over all worker processes."""

import os
from collections.abc import Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

REGISTRY = CollectorRegistry()

REQUESTS = Counter(
    "hashbag_requests", "Answered requests.", ["method", "route", "status"], registry=REGISTRY
)
SECONDS = Histogram("hashbag_request_seconds", "Time to answer.", ["route"], registry=REGISTRY)
SEARCHES = Counter("hashbag_searches", "Searches made.", ["kind", "exact"], registry=REGISTRY)
REPAIRED = Counter(
    "hashbag_repaired_hits",
    "True nearest items that the engine did not propose; the proof found them.",
    ["kind"],
    registry=REGISTRY,
)


def count(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answered request: `route` is the pattern of its address."""
    REQUESTS.labels(method, route, status).inc()
    SECONDS.labels(route).observe(seconds)


def exposition(items: int, generation: str) -> bytes:
    """Write all counts in Prometheus's text format, with the items and generation served now."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    now = CollectorRegistry()
    now.register(_Now(items, generation))
    return generate_latest(registry) + generate_latest(now)


class _Now(Collector):
    """The catalogue as it is now: the same from every worker, so nothing is summed."""

    def __init__(self, items: int, generation: str) -> None:
        self._items = items
        self._generation = generation

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("hashbag_items", "Items in the catalogue.", self._items)
        served = GaugeMetricFamily(
            "hashbag_generation", "The index generation that is served.", labels=["name"]
        )
        served.add_metric([self._generation], 1)
        yield served
