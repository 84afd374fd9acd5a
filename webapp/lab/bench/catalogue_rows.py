"""A catalogue of any size without photos or codes: rows alone, of invented brands."""

import json
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import sqlalchemy as sa

from webapp.catalog.reader import Catalog
from webapp.catalog.schema import facts, items
from webapp.catalog.writer import CatalogWriter

COLOURS = ("black", "brown", "navy", "red", "green", "blue", "ochre", "white")
CATEGORIES = ("tote", "clutch", "satchel", "hobo", "shopper", "backpack")
STUFFS = ("quilted", "woven", "suede", "canvas", "patent", "linen", "cork", "felt", "raffia")
SEASONS = ("spring", "summer", "autumn", "winter")
LEAST_PRICE = 20

_ITEMS_PER_BRAND, _MOST_BRANDS = 50, 2000
_WITHOUT_PRICE = 0.02
_DOUBLINGS = 7  # from the least price to the highest
_PIXELS = 1000
_BATCH = 10_000
_COLUMNS = (
    *("id", "path", "filename", "title", "brand", "price", "currency", "colour", "category"),
    *("url", "width", "height", "media_type", "digest", "extra"),
)

_Row = tuple[object, ...]


def brands(size: int) -> int:
    """Return how many brands a catalogue of some size has."""
    return min(_MOST_BRANDS, size // _ITEMS_PER_BRAND + 1)


def sku(number: int) -> str:
    """Return the product number of an item, which is in the column `sku`."""
    return f"S-{number}"


def fill(catalog: Catalog, size: int, seed: int) -> None:
    """Make the tables of a catalogue, and `size` items with the ids from 1."""
    CatalogWriter(catalog).make_catalog()
    rows = _rows(size, random.Random(seed))  # noqa: S311 - repeatable
    with catalog.engine.begin() as connection:
        while some := list(islice(rows, _BATCH)):
            _insert(connection, some)
        later = {facts.c.value: facts.c.value + 1}
        connection.execute(facts.update().where(facts.c.name != "schema").values(later))
    if catalog.engine.dialect.name == "postgresql":
        with catalog.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE items")  # as its own service does in time


def _insert(connection: sa.Connection, rows: Sequence[_Row]) -> None:
    """Insert rows straight through the driver: through SQLAlchemy millions take minutes more."""
    names = ", ".join(_COLUMNS)
    driver: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "postgresql":
        with driver.cursor().copy(f"COPY {items.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    else:
        places = ", ".join("?" * len(_COLUMNS))
        statement = f"INSERT INTO {items.name} ({names}) VALUES ({places})"  # noqa: S608 - our names  # nosec B608
        connection.exec_driver_sql(statement, list(rows))


def _rows(size: int, chance: random.Random) -> Iterator[_Row]:
    of_brands = brands(size)
    for number in range(1, size + 1):
        brand = f"Brand {int(of_brands * chance.random() ** 2):04d}"  # some are far more common
        colour, category = chance.choice(COLOURS), chance.choice(CATEGORIES)
        price = round(LEAST_PRICE * 2 ** (_DOUBLINGS * chance.random()), 2)
        title = f"{brand} {colour} {category} {chance.choice(STUFFS)} no. {number}"
        yield (
            *(number, f"rows/{number}.jpg", f"{number}.jpg", title, brand),
            None if chance.random() < _WITHOUT_PRICE else price,
            *("EUR", colour, category, "", _PIXELS, _PIXELS, "image/jpeg"),
            f"{number:064x}",
            json.dumps({"season": chance.choice(SEASONS), "sku": sku(number)}),
        )
