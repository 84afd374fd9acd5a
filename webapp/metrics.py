"""Counts for Prometheus, summed over all processes of a server; each with what it tells.

The values of labels are few and known: routes, kinds, outcomes; nothing that a visitor writes.
"""

import logging
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from webapp import count_files

log = logging.getLogger(__name__)

REGISTRY = CollectorRegistry()

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder where each process of a server writes its counts."""

_PICTURE_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
_CANDIDATES = (10, 30, 100, 300, 1_000, 3_000, 10_000, 100_000)


@dataclass(frozen=True, slots=True)
class Described:
    """A metric as help tells of it; `labels` are their names."""

    name: str
    sort: str
    labels: tuple[str, ...]
    told: str


DESCRIBED: list[Described] = []
"""All that `/metrics` may expose, in this order."""


def _counter(name: str, told: str, *labels: str) -> Counter:
    DESCRIBED.append(Described(f"{name}_total", "counter", labels, told))
    return Counter(name, told, labels, registry=REGISTRY)


def _histogram(
    name: str, told: str, *labels: str, buckets: Iterable[float] | None = None
) -> Histogram:
    DESCRIBED.append(Described(name, "histogram", labels, told))
    chosen = Histogram.DEFAULT_BUCKETS if buckets is None else tuple(buckets)
    return Histogram(name, told, labels, registry=REGISTRY, buckets=chosen)


def _gauge(name: str, told: str) -> Gauge:
    """Make a gauge that is summed over the processes that live."""
    DESCRIBED.append(Described(name, "gauge", (), told))
    return Gauge(name, told, registry=REGISTRY, multiprocess_mode="livesum")


def _state(name: str, told: str, *labels: str) -> str:
    """Describe what is looked up when it is asked for."""
    DESCRIBED.append(Described(name, "gauge", labels, told))
    return name


REQUESTS = _counter(
    "hashbag_requests",
    "Answered requests, by the pattern of their address and the class of the answer (2xx to 5xx).",
    "method",
    "route",
    "status",
)
SECONDS = _histogram("hashbag_request_seconds", "Time until an answer begins.", "route", "status")
ERRORS = _counter("hashbag_errors", "Answers from 400 on, by their status.", "status")
SEARCHES = _counter(
    "hashbag_searches",
    "Searches answered; exact: the hits are certainly the nearest.",
    "kind",
    "engine",
    "exact",
)
PROOFS = _counter(
    "hashbag_proofs",
    "What became of the proof of a search: the engine's proposals were right (held), nearer items "
    "were found (mended), it was left out because the catalogue is too large (left out), or all "
    "items were compared anyway (not needed).",
    "kind",
    "outcome",
)
REPAIRED = _counter(
    "hashbag_repaired_hits",
    "Misses: true nearest items that the engine did not propose, and the proof found.",
    "kind",
)
CANDIDATES = _histogram(
    "hashbag_candidates",
    "Items that were proposed, or passed the filters, in a search.",
    "kind",
    buckets=_CANDIDATES,
)
UPLOADS = _counter(
    "hashbag_uploads",
    "Requests with pictures: answered; refused, by a status from 400 to 499; busy (503), to come "
    "again later; failed, by a fault of ours.",
    "outcome",
)
PLACES = _gauge("hashbag_upload_places", "Places for requests with pictures, of all workers.")
PLACES_TAKEN = _gauge("hashbag_upload_places_taken", "Of these, how many are taken.")
PICTURES = _counter(
    "hashbag_pictures",
    "Pictures given to the processes that read them, for a search (upload) or a new item: read; "
    "unreadable; ended, with the process that read it; unreachable, with nobody there to read it.",
    "work",
    "outcome",
)
PICTURE_SECONDS = _histogram(
    "hashbag_picture_seconds",
    "Time from giving a picture away to its codes, waiting for a process included.",
    "work",
    buckets=_PICTURE_SECONDS,
)
PICTURES_AWAITED = _gauge(
    "hashbag_pictures_awaited",
    "Pictures that were given away and are not back; those beyond the number of processes wait.",
)
CAGE_PROCESSES = _gauge("hashbag_cage_processes", "Processes that read pictures.")
CAGE_STARTS = _counter(
    "hashbag_cage_starts", "Times the parent of these was started; more than one: it had ended."
)
CAGE_ENDS = _counter(
    "hashbag_cage_process_ends",
    "Processes that read pictures and ended: renewed, as after some thousand pictures; too long, "
    "by the clock; processor, by the processor's time; killed, as when memory is short; crashed.",
    "reason",
)
WORKERS = _gauge("hashbag_workers", "Processes that answer requests.")
WORKER_ENDS = _counter(
    "hashbag_worker_ends",
    "Processes that answered requests and ended, by the same reasons.",
    "reason",
)
BACKGROUND_RUNS = _counter(
    "hashbag_background_runs",
    "Commands that a server started and that ended: index rebuilds it, desk-import checks or takes "
    "in what the desk was sent; ok or failed.",
    "command",
    "outcome",
)

BUILD = _state("hashbag_build_info", "Always 1: what runs.", "version", "python", "engine")
UP = _state(
    "hashbag_up",
    "1 where it can be used: the catalogue's database, the index, what reads pictures.",
    "part",
)
ITEMS = _state("hashbag_items", "Items in the catalogue.")
GENERATION = _state("hashbag_generation_number", "Number of the index that is served.")
GENERATION_AGE = _state("hashbag_generation_age_seconds", "How long ago it was built.")
OVERLAY = _state(
    "hashbag_overlay_items", "Items changed since, which are laid over it in every answer."
)
OVERLAY_AGE = _state(
    "hashbag_overlay_age_seconds", "How long ago the oldest of these changes was made; 0 for none."
)
BUILDING = _state("hashbag_rebuild_running", "1 while an index is built or the map is drawn.")
IMPORTING = _state("hashbag_import_running", "1 while an import or another large change runs.")
IMPORTED = _state(
    "hashbag_last_import_timestamp_seconds", "When the last import began, in Unix seconds."
)
IMPORT_SECONDS = _state("hashbag_last_import_seconds", "How long it took.")
IMPORT_PHOTOS = _state(
    "hashbag_last_import_photos", "What became of its photos, as its report says.", "outcome"
)

UPLOAD_OUTCOMES = ("answered", "refused", "busy", "failed")
END_REASONS = ("renewed", "too long", "processor", "killed", "crashed")


def begin() -> None:
    """Have what may happen to a server told as 0 from the start: rates need a beginning."""
    for outcome in UPLOAD_OUTCOMES:
        UPLOADS.labels(outcome)
    for reason in END_REASONS:
        CAGE_ENDS.labels(reason)
        WORKER_ENDS.labels(reason)


def count(method: str, route: str, status: int, seconds: float) -> None:
    """Count an answered request: `route` is the pattern of its address."""
    answered = f"{status // 100}xx"
    REQUESTS.labels(method, route, answered).inc()
    SECONDS.labels(route, answered).observe(seconds)
    if status >= 400:
        ERRORS.labels(status).inc()


def count_upload(status: int) -> None:
    """Count a request that brought pictures, by its answer."""
    if status == 503:
        outcome = "busy"
    elif status >= 500:
        outcome = "failed"
    else:
        outcome = "refused" if status >= 400 else "answered"
    UPLOADS.labels(outcome).inc()


def forget(pid: int) -> None:
    """Drop the gauges of a process that ended; what it counted stays counted."""
    if FOLDER not in os.environ:
        return
    try:
        count_files.add_up(Path(os.environ[FOLDER]), pid)
    except (OSError, RuntimeError, ValueError) as error:
        log.warning("what process %d counted is kept in files of its own: %s", pid, error)
