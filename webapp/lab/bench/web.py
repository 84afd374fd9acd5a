"""The `web` section: answers a second under gunicorn, beside a greeting and a recipe's page."""

import io
import itertools
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from webapp.context import Hashbag
from webapp.hashing.kinds import KINDS
from webapp.lab.bench import load, minimum, realistic
from webapp.lab.bench.rows import BenchRow, Progress
from webapp.lab.bench.servers import Server, served
from webapp.lab.demo.drawing import draw
from webapp.lab.demo.plan import plan

YARDSTICK = "hello"
_CONNECTIONS = 16
# Items that are asked for again and again: so few that warming up leaves none for the first time.
_POPULAR = 40

Step = Progress | BenchRow
Requests = Callable[[random.Random], bytes]


@dataclass(frozen=True, slots=True)
class Visit:
    """A case: what is asked for, drawn anew for each request."""

    case: str
    request: Requests


def measure(core: Hashbag, seconds: float, seed: int) -> Iterator[Step]:
    """Ask all servers for some seconds each, over a stocked and published catalogue."""
    size = core.catalog.count()
    rows: list[BenchRow] = []
    with tempfile.TemporaryDirectory(prefix="hashbag-bench-") as folder:
        codes = Path(folder, "codes.npy")
        yield Progress(f"web, {size:,} items: building the recipe's index")
        minimum.build(realistic.draw(KINDS["whash"], size, seed)[:, 0], codes)
        for system, application, settings, visits in _systems(size, codes):
            first = visits[0].request(random.Random(seed)).split()[1].decode()  # noqa: S311
            with served(application, core.settings.instance, first, settings) as server:
                for visit in visits:
                    yield Progress(f"web, {size:,} items: {system}, {visit.case}")
                    found = _measured(server, visit, seconds, seed)
                    rows.append(replace(found, system=system, size=size))
    yield from _with_ratios(rows)


def _systems(
    size: int, codes: Path
) -> Iterator[tuple[str, str | None, Mapping[str, str], list[Visit]]]:
    picture = _picture()

    def visit(case: str, path: str, among: int = size) -> Visit:
        return Visit(
            case,
            lambda chance: load.get(
                path.format(item=chance.randint(1, among), seed=chance.randrange(10**6))
            ),
        )

    upload = "upload, 1000 px"
    yield "hello", "webapp.lab.bench.minimum:hello()", {}, [visit("a greeting", "/")]
    yield (
        "Annoy and a template",
        "webapp.lab.bench.minimum:recipe()",
        {minimum.CODES: str(codes)},
        [
            visit("similar", "/items/{item}"),
            Visit(upload, lambda _: load.post_picture("/search", picture)),
        ],
    )
    paths = {
        "similar, whash": "/api/v1/items/{item}/similar?by=whash",
        "similar, look": "/api/v1/items/{item}/similar?by=look",
        "item page": "/items/{item}",
    }
    popular = min(size, _POPULAR)
    again = [visit(f"{case}, given again", path, popular) for case, path in paths.items()]
    others = [
        visit("grid of 81", "/?seed={seed}"),
        visit("browse, last page", f"/browse?page={max(1, size // 60)}"),
        Visit(upload, lambda _: load.post_picture("/api/v1/search?by=look", picture)),
    ]
    yield "hashbag", None, {}, [*again, *others]
    anew = [visit(case, path) for case, path in paths.items()]
    yield "hashbag, nothing kept", None, {"HASHBAG_ANSWERS_MB": "0"}, anew


def _picture() -> bytes:
    """Draw the photo that is uploaded, 1000 pixels wide and high."""
    out = io.BytesIO()
    draw(plan(1)[0]).resize((1000, 1000)).save(out, "JPEG", quality=90)
    return out.getvalue()


def _measured(server: Server, visit: Visit, seconds: float, seed: int) -> BenchRow:
    """Warm a server up with what it is then measured with."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    requests = (visit.request(chance) for _ in itertools.count())
    load.drive(server.port, requests, _CONNECTIONS, seconds)
    before = server.cpu_seconds()
    found = load.drive(server.port, requests, _CONNECTIONS, seconds)
    cpu_us = 1e6 * (server.cpu_seconds() - before) / len(found.milliseconds)
    return BenchRow(
        section="web",
        system="",
        size=0,
        case=visit.case,
        cpu_us=round(cpu_us),
        p50_us=found.at_us(50),
        p95_us=found.at_us(95),
        p99_us=found.at_us(99),
        per_second=found.per_second,
        seconds=round(server.seconds, 2),
        memory_mb=server.private_mb(),
        note=f"{found.failed} failed" if found.failed else "",
    )


def _with_ratios(rows: list[BenchRow]) -> Iterator[BenchRow]:
    """Say of each row what share of the greeting's answers a second it has."""
    unit = next(row.per_second for row in rows if row.system == YARDSTICK)
    for row in rows:
        yield replace(row, ratio=round((row.per_second or 0) / (unit or 1), 3))
