"""The `catalogue` section: what the catalogue alone answers, on SQLite and on PostgreSQL.

Rows without photos or codes: grids, pages, filters, words, the API's lists. Each route is asked
some dozens of times, one request at a time, each with other parameters.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from webapp import config
from webapp.catalog.database import connect_to
from webapp.context import Hashbag
from webapp.exceptions import BadParameter, HashbagError
from webapp.lab.bench import catalogue_rows
from webapp.lab.bench.catalogue_rows import CATEGORIES, COLOURS, LEAST_PRICE, STUFFS
from webapp.lab.bench.rows import BenchRow, Progress
from webapp.lab.bench.servers import Server, served

_CALLS = 40
_PER_PAGE = 60
_API_PER_PAGE = 100
_SEEDS = 10**6
_PATIENCE = 120.0
_UNCOUNTED = 3  # a worker's first connection to the database, say
_ABSENT = "none-"

Step = Progress | BenchRow
Draw = Callable[[random.Random], str]


def routes(size: int) -> Mapping[str, Draw]:
    """Return what is asked of a catalogue of some size: for each case its paths, drawn anew."""

    def seed(chance: random.Random) -> int:
        return chance.randrange(_SEEDS)

    def number(chance: random.Random) -> int:
        return chance.randint(1, size)

    def page(chance: random.Random, share: int = 1, per_page: int = _PER_PAGE) -> int:
        """Draw a page of those that a share of all items, 1 in so many, surely has."""
        return chance.randint(1, size // (share * per_page) or 1)

    def narrowed(chance: random.Random) -> str:
        return f"colour={chance.choice(COLOURS)}&min_price={chance.randint(1, LEAST_PRICE)}"

    def words(chance: random.Random) -> str:
        return "+".join(map(chance.choice, (STUFFS, CATEGORIES)))

    few = 20  # 1 in 8 is of a colour
    return {
        "grid": lambda c: f"/?seed={seed(c)}",
        "grid, narrowed": lambda c: f"/?seed={seed(c)}&{narrowed(c)}",
        "any page": lambda c: f"/browse?page={page(c)}",
        "any page, by price": lambda c: f"/browse?sort=price&page={page(c)}",
        "any page, narrowed": lambda c: f"/browse?page={page(c, few)}&{narrowed(c)}",
        "any page, narrowed, by price": (
            lambda c: f"/browse?sort=price-desc&page={page(c, few)}&{narrowed(c)}"
        ),
        "price range": lambda c: f"/browse?min_price={c.randint(LEAST_PRICE, 10 * LEAST_PRICE)}",
        "a common word": lambda c: f"/browse?text={c.choice(COLOURS)[: c.randint(2, 5)]}",
        "two common words": lambda c: f"/browse?text={words(c)}",
        "a rare word": lambda c: f"/browse?text={number(c)}",
        "API, any page": (
            lambda c: (
                f"/api/v1/items?per_page={_API_PER_PAGE}&page={page(c, per_page=_API_PER_PAGE)}"
            )
        ),
        "API, by cursor": (
            lambda c: f"/api/v1/items?per_page={_API_PER_PAGE}&cursor=before-{number(c)}"
        ),
        "API, by cursor, narrowed": (
            lambda c: f"/api/v1/items?cursor=before-{size // 2 + number(c) // 2}&{narrowed(c)}"
        ),
        "API, an item": lambda c: f"/api/v1/items/{number(c)}",
        "by its product number": lambda c: f"/items/by/sku/{catalogue_rows.sku(number(c))}",
        "by a number that none has": lambda c: f"/api/v1/items/by/sku/{_ABSENT}{number(c)}",
        "newest, RSS": lambda c: f"/newest.xml?colour={c.choice(COLOURS)}",
    }


def measure(size: int, seed: int, postgresql: str | None) -> Iterator[Step]:
    """Measure a catalogue of some size on SQLite and, in an empty database, on PostgreSQL.

    Raises:
        BadParameter: the database is not empty.
    """
    if postgresql:
        _check_is_empty(postgresql)
    databases = {"SQLite": None} | ({"PostgreSQL": postgresql} if postgresql else {})
    for system, address in databases.items():
        settings = {"HASHBAG_DATABASE": address} if address else {}
        with tempfile.TemporaryDirectory(prefix="hashbag-bench-") as folder:
            core = Hashbag(config.load(settings, {"instance": Path(folder)}))
            with _emptied_afterwards(address):
                told = f"catalogue, {size:,} items on {system}"
                yield Progress(f"{told}: writing rows")
                catalogue_rows.fill(core.catalog, size, seed)
                yield Progress(f"{told}: building the index")
                core.generations.publish(core.catalog)
                core.catalog.engine.dispose()
                with served(None, Path(folder), "/?seed=1", settings) as server:
                    for case, path in routes(size).items():
                        yield Progress(f"{told}: {case}")
                        row = ask(server, case, path, seed)
                        yield replace(row, system=system, size=size)


def _check_is_empty(address: str) -> None:
    if sa.inspect(connect_to(sa.make_url(address), poolclass=sa.NullPool)).get_table_names():
        raise BadParameter("--postgresql", "there are tables in this database: name an empty one")


@contextmanager
def _emptied_afterwards(address: str | None) -> Iterator[None]:
    """Have a database on a server, if it is one, be empty again afterwards."""
    try:
        yield
    finally:
        if address:
            engine = connect_to(sa.make_url(address), poolclass=sa.NullPool)
            tables = sa.MetaData()
            tables.reflect(engine)
            tables.drop_all(engine)


def ask(server: Server, case: str, path: Draw, seed: int) -> BenchRow:
    """Ask a server for one route some dozens of times, after a few that do not count.

    Raises:
        HashbagError: it answered otherwise than it should.
    """
    chance = random.Random(seed)  # noqa: S311 - repeatable
    connection = HTTPConnection("127.0.0.1", server.port, timeout=_PATIENCE)
    times = []
    for number in range(-_UNCOUNTED, _CALLS):
        if not number:
            cpu_began = server.cpu_seconds()
        asked = path(chance)
        began = time.perf_counter()
        connection.request("GET", asked)
        answer = connection.getresponse()
        answer.read()
        if answer.status not in ({404} if _ABSENT in asked else {200, 302}):
            raise HashbagError(f"{asked} was answered with {answer.status}")
        if number >= 0:
            times.append(1e6 * (time.perf_counter() - began))
    connection.close()
    cpu_seconds = server.cpu_seconds() - cpu_began
    return BenchRow(
        section="catalogue",
        system="",
        size=0,
        case=case,
        cpu_us=round(1e6 * cpu_seconds / _CALLS),
        p50_us=round(float(np.percentile(times, 50))),
        p95_us=round(float(np.percentile(times, 95))),
        memory_mb=server.private_mb(),
    )
