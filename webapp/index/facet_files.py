"""The columns of facets and prices: gathered from the catalogue, saved, and mapped again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.attribute_columns import TextColumn, attribute_columns
from webapp.catalog.reader import Catalog
from webapp.exceptions import IndexDamaged
from webapp.index import extra_facets, word_files
from webapp.index.facets import Column, Facets
from webapp.index.item_sorts import STORED_SORTS, order_by
from webapp.models import FACETS

PREFIX = "attributes"


def gather(catalog: Catalog) -> Facets:
    """Read the columns of all items from the catalogue."""
    ids, texts, prices = attribute_columns(catalog)
    values, columns = {}, {}
    for name, column in {**texts, **extra_facets.gather(catalog, ids)}.items():
        values[name], columns[name] = _numbered(column)
    orders = {sort: order_by(sort, prices, columns["brand"]) for sort in STORED_SORTS}
    return Facets(ids, values, columns, prices, orders)


def sorted_values(texts: Iterable[str]) -> list[str]:
    """Return the values of a facet, each once, in the order in which they are numbered."""
    return sorted(set(texts) - {""}, key=value_key)


def value_key(text: str) -> tuple[str, str]:
    """Return what values of a facet are sorted by."""
    return text.casefold(), text


def number_type(values: Sequence[str]) -> np.dtype[np.integer]:
    """Return the smallest type that holds the numbers of values, and the one after the last."""
    return np.min_scalar_type(len(values))


def _numbered(column: TextColumn) -> tuple[list[str], Column]:
    """Number the texts of a column anew, by their order as values."""
    values = sorted_values(column.texts)
    number = {value: place for place, value in enumerate(values)} | {"": len(values)}
    numbers = [number[text] for text in (*column.texts, "")]  # the last: of items without any
    return values, np.array(numbers, number_type(values)).take(column.numbers)


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
    _write(folder, "values", facets.values)
    _write(folder, "counts", {name: counts.tolist() for name, counts in facets.totals.items()})


def _write(folder: Path, name: str, of_facets: Mapping[str, Sequence[object]]) -> None:
    text = json.dumps({facet: list(found) for facet, found in of_facets.items()})
    (folder / f"{PREFIX}.{name}.json").write_text(text, "utf-8")


def load(folder: Path) -> Facets:
    """Map saved columns.

    Raises:
        IndexDamaged: one is missing or unreadable.
    """
    try:
        texts = _read(folder / f"{PREFIX}.values.json")
        values = {name: tuple(map(str, found)) for name, found in texts.items()}
        counts = folder / f"{PREFIX}.counts.json"  # an earlier version wrote none
        counted = _read(counts) if counts.exists() else {}
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
        word_files.load(folder, len(array["ids"])),
        {name: np.array(found, dtype=np.intp) for name, found in counted.items()} or None,
    )


def _read(path: Path) -> dict[str, list[object]]:
    found: dict[str, list[object]] = json.loads(path.read_text("utf-8"))
    return found


def _names(facets: Sequence[str]) -> list[str]:
    """Return the names of the files of facets; an extra column's own may be no file name."""
    return [name if name in FACETS else f"extra-{number}" for number, name in enumerate(facets)]
