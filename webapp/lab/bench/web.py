"""The `web` section: answers a second under gunicorn, beside a recipe's page and a greeting.

Items are drawn at random, and links to pages carry what those of a visitor do: so nearly every
answer is asked for the first time.
"""

import io
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

YARDSTICK = ("Annoy and a template", "similar")
_CONNECTIONS = 16
_PATHS = 10_000
_TRAIL_STEPS = 3
_PICTURE_PIXELS = 1000

Step = Progress | BenchRow
Draw = Callable[[random.Random], str]


@dataclass(frozen=True, slots=True)
class Visit:
    """A case: a path, drawn anew for each request, and what is posted there."""

    case: str
    path: Draw
    picture: bytes | None = None

    def paths(self, seed: int) -> list[str]:
        """Draw paths, the same for the same seed."""
        chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        return [self.path(chance) for _ in range(_PATHS)]


@dataclass(frozen=True, slots=True)
class System:
    """A server: its application, ours if it is None, what it is to know, and what it is asked."""

    name: str
    application: str | None
    settings: Mapping[str, str]
    visits: tuple[Visit, ...]


def measure(core: Hashbag, seconds: float, seed: int) -> Iterator[Step]:
    """Ask all servers for some seconds each, over a stocked and published catalogue."""
    size = core.catalog.count()
    rows: list[BenchRow] = []
    with tempfile.TemporaryDirectory(prefix="hashbag-bench-") as folder:
        codes = Path(folder, "codes.npy")
        yield Progress(f"web, {size:,} items: building the recipe's index")
        minimum.build(realistic.draw(KINDS["whash"], size, seed)[:, 0], codes)
        for system in _systems(size, codes):
            first = system.visits[0].paths(seed)[0]
            instance = core.settings.instance
            with served(system.application, instance, first, system.settings) as server:
                for visit in system.visits:
                    yield Progress(f"web, {size:,} items: {system.name}, {visit.case}")
                    found = _measured(server, visit, seconds, seed)
                    rows.append(replace(found, system=system.name, size=size))
    yield from _with_ratios(rows)


def _systems(size: int, codes: Path) -> Iterator[System]:
    picture = _picture()

    def item(chance: random.Random) -> int:
        return chance.randint(1, size)

    def page(chance: random.Random) -> str:
        trail = ".".join(str(item(chance)) for _ in range(_TRAIL_STEPS))
        return f"/items/{item(chance)}?seed={chance.randrange(10**6)}&trail={trail}"

    def similar(by: str) -> Visit:
        path = "/api/v1/items/{}/similar?by={}"
        return Visit(f"similar, {by}", lambda chance: path.format(item(chance), by))

    upload = "upload, 1000 px"
    greeting = Visit("a greeting", lambda _: "/")
    yield System("hello", "webapp.lab.bench.minimum:hello()", {}, (greeting,))
    yield System(
        YARDSTICK[0],
        "webapp.lab.bench.minimum:recipe()",
        {minimum.CODES: str(codes)},
        (
            Visit(YARDSTICK[1], lambda chance: f"/items/{item(chance)}"),
            Visit(upload, lambda _: "/search", picture),
        ),
    )
    ours = (
        similar("whash"),
        similar("look"),
        Visit("item's page", page),
        Visit("grid of 81", lambda chance: f"/?seed={chance.randrange(10**6)}"),
        Visit(upload, lambda _: "/api/v1/search?by=look", picture),
    )
    yield System("hashbag", None, {}, ours)


def _picture() -> bytes:
    """Draw the photo that is uploaded."""
    out = io.BytesIO()
    drawn = draw(plan(1)[0]).resize((_PICTURE_PIXELS, _PICTURE_PIXELS))
    drawn.save(out, "JPEG", quality=90)
    return out.getvalue()


def _measured(server: Server, visit: Visit, seconds: float, seed: int) -> BenchRow:
    """Measure a case, after as many seconds of other requests of the same sort."""
    if seconds >= 1:
        load.drive(server.port, visit.paths(seed), _CONNECTIONS, seconds, visit.picture)
    before = server.cpu_seconds()
    paths = visit.paths(seed + 1)
    found = load.drive(server.port, paths, _CONNECTIONS, seconds, visit.picture)
    cpu_seconds = server.cpu_seconds() - before
    return BenchRow(
        section="web",
        system="",
        size=0,
        case=visit.case,
        cpu_us=round(1e6 * cpu_seconds / max(1, found.answers)),
        p50_us=found.p50_us,
        p95_us=found.p95_us,
        p99_us=found.p99_us,
        per_second=found.per_second,
        seconds=round(server.seconds, 2),
        memory_mb=server.private_mb(),
        note=f"{found.failed} failed" if found.failed else "",
    )


def _with_ratios(rows: list[BenchRow]) -> Iterator[BenchRow]:
    """Say of each row what share of the yardstick's answers a second it has."""
    unit = next(row.per_second for row in rows if (row.system, row.case) == YARDSTICK)
    for row in rows:
        yield replace(row, ratio=round((row.per_second or 0) / (unit or 1), 3))
