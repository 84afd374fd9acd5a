"""The columns of facets and prices: gathered from the catalogue, saved, and mapped again."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.attribute_columns import attribute_columns
from webapp.catalog.reader import Catalog
from webapp.exceptions import IndexDamaged
from webapp.index import extra_facets, words
from webapp.index.facets import Facets
from webapp.index.item_sorts import STORED_SORTS, order_by
from webapp.models import FACETS

PREFIX = "attributes"


def gather(catalog: Catalog) -> Facets:
    """Read the columns of all items from the catalogue."""
    ids, texts, prices = attribute_columns(catalog)
    values, columns = {}, {}
    for name, of_items in {**texts, **extra_facets.gather(catalog, ids)}.items():
        values[name], columns[name] = _numbered(of_items)
    orders = {sort: order_by(sort, prices, columns["brand"]) for sort in STORED_SORTS}
    return Facets(ids, values, columns, prices, orders)


def sorted_values(texts: Iterable[str]) -> list[str]:
    """Return the values of a facet, each once, in the order in which they are numbered."""
    return sorted(set(texts) - {""}, key=lambda text: (text.casefold(), text))


def _numbered(texts: Sequence[str]) -> tuple[list[str], NDArray[np.int32]]:
    values = sorted_values(texts)
    number = {value: place for place, value in enumerate(values)} | {"": len(values)}
    return values, np.fromiter((number[text] for text in texts), np.int32, len(texts))


def save(facets: Facets, folder: Path) -> None:
    """Write the columns as files that can be mapped."""
    orders = {f"by-{name}": order for name, order in facets.orders.items()}
    arrays: dict[str, NDArray[np.generic]] = {
        "ids": facets.ids,
        "prices": facets.prices,
        **dict(zip(_names(list(facets.columns)), facets.columns.values(), strict=True)),
        **orders,
    }
    for name, array in arrays.items():
        np.save(folder / f"{PREFIX}.{name}.npy", array)
    text = json.dumps({name: list(values) for name, values in facets.values.items()})
    (folder / f"{PREFIX}.values.json").write_text(text, "utf-8")


def load(folder: Path) -> Facets:
    """Map saved columns.

    Raises:
        IndexDamaged: one is missing or unreadable.
    """
    try:
        text = (folder / f"{PREFIX}.values.json").read_text("utf-8")
        values = {name: tuple(found) for name, found in json.loads(text).items()}
        columns = dict(zip(values, _names(list(values)), strict=True))
        orders = {sort: f"by-{sort}" for sort in STORED_SORTS}
        array = {
            name: np.asarray(np.load(folder / f"{PREFIX}.{name}.npy", mmap_mode="r"))
            for name in ("ids", "prices", *columns.values(), *orders.values())
        }
    except (OSError, ValueError) as error:
        raise IndexDamaged(
            f"{folder.name}: the attributes cannot be read: run `hashbag index`", private=error
        ) from error
    return Facets(
        array["ids"],
        values,
        {name: array[file] for name, file in columns.items()},
        array["prices"],
        {sort: array[file] for sort, file in orders.items()},
        words.load(folder) if (folder / words.FILE).exists() else None,
    )


def _names(facets: Sequence[str]) -> list[str]:
    """Return the names of the files of facets; an extra column's own may be no file name."""
    return [name if name in FACETS else f"extra-{number}" for number, name in enumerate(facets)]
