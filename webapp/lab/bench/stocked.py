"""A catalogue of any size to measure with: many items share a few drawn photos, not codes."""

import itertools
import random
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from webapp import config
from webapp.catalog.import_list import read
from webapp.catalog.schema import codes, facts, items, makers
from webapp.context import Hashbag
from webapp.hashing.kinds import KINDS
from webapp.lab.bench import realistic
from webapp.lab.bench.realistic import Packed
from webapp.lab.demo.folder import write
from webapp.models import Item

_PHOTOS = 24
_BATCH = 5_000
_COLOURS = ("black", "brown", "navy", "red", "green", "blue", "ochre", "white")
_CATEGORIES = ("tote", "clutch", "satchel", "hobo", "shopper", "backpack")
_BRANDS = 200


def core_at(instance: Path) -> Hashbag:
    """Return the core of an application with all its state in one folder."""
    return Hashbag(config.load({}, {"instance": instance}))


def stock(  # noqa: PLR0913, PLR0917 - each is another side of the same catalogue
    instance: Path,
    size: int,
    seed: int,
    jobs: int,
    real: Mapping[str, Packed] | None = None,
    kinds: Collection[str] = KINDS.keys(),
) -> Hashbag:
    """Fill an empty instance with `size` items and publish nothing yet.

    A few dozen bags are drawn and imported; the other items have attributes and codes of their
    own, written straight into the database, and the photo of one of those. Codes are of some
    `kinds` alone.
    """
    core = core_at(instance)
    folder = instance / "demo"
    for _ in write(folder, min(_PHOTOS, size), jobs=jobs):
        pass
    for _ in core.importer.take(read(folder / "manifest.csv"), jobs, kinds):
        pass
    imported = list(core.catalog.all_items())
    if size > len(imported):
        count = size - len(imported)
        _add(core, imported, count, seed, _codes(kinds, count, seed, real))
    return core


def _codes(
    kinds: Collection[str], count: int, seed: int, real: Mapping[str, Packed] | None
) -> Mapping[str, Packed]:
    return {
        name: realistic.draw(kind, count, seed + number)
        if real is None
        else realistic.vary(real[name], count, seed)
        for number, (name, kind) in enumerate(KINDS.items())
        if name in kinds
    }


def _add(
    core: Hashbag, imported: Sequence[Item], count: int, seed: int, drawn: Mapping[str, Packed]
) -> None:
    first = imported[-1].id + 1
    with core.catalog.engine.begin() as connection:
        query = sa.select(makers.c.versions, makers.c.id)
        maker_of = dict(connection.execute(query).all())
        maker_ids = {name: maker_of[KINDS[name].versions()] for name in drawn}
        rows = _items(imported, first, count, random.Random(seed))  # noqa: S311 - repeatable
        for start in range(0, count, _BATCH):
            batch = list(itertools.islice(rows, _BATCH))
            _insert(connection, items, batch)
            _insert(
                connection,
                codes,
                [
                    {
                        "kind": name,
                        "item_id": first + number,
                        "code": drawn[name][number].tobytes(),
                        "maker_id": maker_ids[name],
                    }
                    for number in range(start, start + len(batch))
                    for name in drawn
                ],
            )
        connection.execute(
            facts.update().where(facts.c.name == "revision").values(value=facts.c.value + 1)
        )


def _insert(
    connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert rows, all with the same columns; the others of the table have their defaults."""
    names = list(rows[0])
    statement = table.insert().values({name: sa.bindparam(name) for name in names})
    compiled = statement.compile(connection)
    order = [name for name in compiled.positiontup or () if name in names]
    # Straight through the driver: through SQLAlchemy millions of rows take minutes more.
    connection.exec_driver_sql(str(compiled), [tuple(row[name] for name in order) for row in rows])


def _items(
    imported: Sequence[Item], first: int, count: int, chance: random.Random
) -> Iterator[dict[str, object]]:
    for number in range(first, first + count):
        photo = imported[number % len(imported)]
        brand = int(_BRANDS * chance.random() ** 2)  # so that some brands are far more common
        category = chance.choice(_CATEGORIES)
        colour = chance.choice(_COLOURS)
        yield {
            "id": number,
            "path": f"stock/{number}.jpg",
            "filename": f"{number}.jpg",
            "title": f"Brand {brand:03d} {colour} {category} no. {number}",
            "brand": f"Brand {brand:03d}",
            "price": round(20 * 2 ** (7 * chance.random()), 2),
            "currency": "EUR",
            "colour": colour,
            "category": category,
            "url": "",
            "width": photo.width,
            "height": photo.height,
            "media_type": photo.media_type,
            "digest": photo.digest,
            "extra": "{}",
        }
