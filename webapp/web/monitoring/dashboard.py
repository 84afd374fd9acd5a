"""A dashboard for Grafana, of what `/metrics` exposes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SOURCE = {"type": "prometheus", "uid": "${source}"}
_COLUMNS = 24
_HEIGHT = 8
_NOT_PAGES = "/healthz|/readyz|/metrics"


@dataclass(frozen=True, slots=True)
class Panel:
    """One picture: what it tells, its unit, and its lines, each an expression and a legend."""

    title: str
    told: str
    unit: str
    lines: Sequence[tuple[str, str]]
    sort: str = "timeseries"
    width: int = 8


def _rate(name: str, by: str = "", only: str = "") -> str:
    summed = f"sum by ({by}) " if by else "sum "
    return f"{summed}(rate({name}{{{only}}}[$__rate_interval]))"


def _quantile(share: float, name: str, by: str = "", only: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, {_rate(f'{name}_bucket', labels, only)})"


_OF_PAGES = f'route!~"{_NOT_PAGES}"'

PANELS = (
    Panel("Can be used", "1 where it can.", "short", [("hashbag_up", "{{part}}")], "stat", 6),
    Panel(
        "Processes",
        "Those that answer, and those that read pictures.",
        "short",
        [("hashbag_workers", "answering"), ("hashbag_cage_processes", "reading pictures")],
        "stat",
        6,
    ),
    Panel("Items", "In the catalogue.", "short", [("hashbag_items", "items")], "stat", 6),
    Panel("What runs", "Its version.", "short", [("hashbag_build_info", "{{version}}")], "stat", 6),
    Panel(
        "Requests",
        "Answers a second, by class.",
        "reqps",
        [(_rate("hashbag_requests_total", "status"), "{{status}}")],
    ),
    Panel(
        "Time to answer",
        "Until an answer begins, what watches left out.",
        "s",
        [
            (_quantile(share, "hashbag_request_seconds", only=_OF_PAGES), f"p{100 * share:g}")
            for share in (0.5, 0.95, 0.99)
        ],
    ),
    Panel(
        "Slowest routes",
        "The 95th of a hundred answers.",
        "s",
        [(f"topk(8, {_quantile(0.95, 'hashbag_request_seconds', 'route')})", "{{route}}")],
    ),
    Panel(
        "Answers from 400 on",
        "A second, by status.",
        "reqps",
        [(_rate("hashbag_errors_total", "status"), "{{status}}")],
    ),
    Panel(
        "Searches",
        "A second, by what ranks and what proposes.",
        "ops",
        [(_rate("hashbag_searches_total", "kind, engine"), "{{kind}} ({{engine}})")],
    ),
    Panel(
        "Proofs",
        "What became of them, a second.",
        "ops",
        [(_rate("hashbag_proofs_total", "outcome"), "{{outcome}}")],
    ),
    Panel(
        "Misses",
        "Hits that the engine did not propose, for each search.",
        "short",
        [
            (
                f"{_rate('hashbag_repaired_hits_total', 'kind')}"
                f" / {_rate('hashbag_searches_total', 'kind')}",
                "{{kind}}",
            )
        ],
    ),
    Panel(
        "Candidates",
        "Proposed in a search, the median.",
        "short",
        [(_quantile(0.5, "hashbag_candidates", "kind"), "{{kind}}")],
    ),
    Panel(
        "Uploads",
        "Requests with pictures a second, by what came of them.",
        "reqps",
        [(_rate("hashbag_uploads_total", "outcome"), "{{outcome}}")],
    ),
    Panel(
        "Places and queue",
        "Places for uploads, those taken, and pictures that wait for a process.",
        "short",
        [
            ("hashbag_upload_places", "places"),
            ("hashbag_upload_places_taken", "taken"),
            ("clamp_min(hashbag_pictures_awaited - hashbag_cage_processes, 0)", "waiting"),
        ],
    ),
    Panel(
        "Reading a picture",
        "Waiting included.",
        "s",
        [
            (_quantile(share, "hashbag_picture_seconds", "work"), f"{{{{work}}}} p{100 * share:g}")
            for share in (0.5, 0.95)
        ],
    ),
    Panel(
        "Pictures",
        "A second, by what came of them.",
        "ops",
        [(_rate("hashbag_pictures_total", "outcome"), "{{outcome}}")],
    ),
    Panel(
        "Processes that ended",
        "In an hour, by the reason.",
        "short",
        [
            ("sum by (reason) (increase(hashbag_worker_ends_total[1h]))", "answering: {{reason}}"),
            (
                "sum by (reason) (increase(hashbag_cage_process_ends_total[1h]))",
                "reading: {{reason}}",
            ),
            ("increase(hashbag_cage_starts_total[1h])", "all of those that read, anew"),
        ],
    ),
    Panel(
        "Index",
        "Its number.",
        "short",
        [("hashbag_generation_number", "number")],
    ),
    Panel(
        "Ages",
        "Of the index, and of the oldest change that it does not have.",
        "s",
        [
            ("hashbag_generation_age_seconds", "index"),
            ("hashbag_overlay_age_seconds", "oldest change"),
        ],
    ),
    Panel(
        "Changes beside the index",
        "Items that were changed since it was built.",
        "short",
        [("hashbag_overlay_items", "items")],
    ),
    Panel(
        "Under way",
        "1 while it is.",
        "short",
        [
            ("hashbag_import_running", "import"),
            ("hashbag_rebuild_running", "index or map"),
            (
                "sum by (command, outcome) (increase(hashbag_background_runs_total[1h]))",
                "{{command}}: {{outcome}} in an hour",
            ),
        ],
    ),
    Panel(
        "Last import",
        "What became of its photos.",
        "short",
        [("hashbag_last_import_photos", "{{outcome}}")],
    ),
    Panel(
        "Time of the last import",
        "How long it took, and how long ago it began.",
        "s",
        [
            ("hashbag_last_import_seconds", "took"),
            ("time() - hashbag_last_import_timestamp_seconds", "ago"),
        ],
    ),
)


def dashboard(title: str) -> Mapping[str, Any]:
    """Describe the dashboard as Grafana imports it, its source of data to be chosen there."""
    places = _places([panel.width for panel in PANELS])
    return {
        "title": title,
        "uid": None,
        "schemaVersion": 39,
        "tags": ["hashbag"],
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [
                {"name": "source", "label": "Source", "type": "datasource", "query": "prometheus"}
            ]
        },
        "panels": [
            _described(number, panel, place)
            for number, (panel, place) in enumerate(zip(PANELS, places, strict=True), 1)
        ],
    }


def _places(widths: Sequence[int]) -> Sequence[Mapping[str, int]]:
    """Put panels beside each other, and those that do not fit any more below."""
    places, left, top = [], 0, 0
    for width in widths:
        if left + width > _COLUMNS:
            left, top = 0, top + _HEIGHT
        places.append({"x": left, "y": top, "w": width, "h": _HEIGHT})
        left += width
    return places


def _described(number: int, panel: Panel, place: Mapping[str, int]) -> Mapping[str, Any]:
    targets = [
        {"refId": chr(ord("A") + place), "expr": expression, "legendFormat": legend}
        for place, (expression, legend) in enumerate(panel.lines)
    ]
    return {
        "id": number,
        "type": panel.sort,
        "title": panel.title,
        "description": panel.told,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [{"datasource": _SOURCE, **target} for target in targets],
    }
