"""What is counted while serving, in the Prometheus format; summed over all worker processes."""

import os

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

REGISTRY = CollectorRegistry()

REQUESTS = Counter(
    "hashbag_requests", "Answered requests.", ["method", "route", "status"], registry=REGISTRY
)
SECONDS = Histogram("hashbag_request_seconds", "Time to answer.", ["route"], registry=REGISTRY)
SEARCHES = Counter("hashbag_searches", "Searches.", ["kind", "exact"], registry=REGISTRY)
REPAIRED = Counter(
    "hashbag_repaired_hits",
    "True nearest that the engine had missed, found by the proof.",
    ["kind"],
    registry=REGISTRY,
)


def exposition(items: int, generation: str) -> bytes:
    """Write all counts, and how much is being served."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry = REGISTRY
    now = CollectorRegistry()
    Gauge("hashbag_items", "Items in the catalogue.", registry=now).set(items)
    info = Gauge("hashbag_generation", "The generation served.", ["name"], registry=now)
    info.labels(generation).set(1)
    return generate_latest(registry) + generate_latest(now)
