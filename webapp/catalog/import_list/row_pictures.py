"""The pictures of a product: several columns, several in one cell, or several rows."""

from collections.abc import Iterator

from webapp.catalog.import_list.column_names import FURTHER, PRODUCT
from webapp.catalog.import_list.photo_paths import first_and_others
from webapp.catalog.import_list.table_reading import Row, as_text

_NO_PICTURE = frozenset(("", "no_selection"))  # what Magento writes for none
_PICTURE_KEYS = ("src", "url", "path", "file", "filename", "image")  # of JSON objects in a cell


def pictures_of(row: Row) -> list[str]:
    """Return what a row names as pictures, the first photo first; a text may name several.

    Of several columns that may name the first photo the surest counts, and of the others those that
    name several pictures; columns for further photos come last.
    """
    first, *others = [_names_in(value) for value in row.values("filename")] or [[]]
    lists = [names for names in others if len(names) > 1 or (names and has_several(names[0]))]
    further = [_names_in(value) for value in row.values(FURTHER)]
    return [name for names in (first, *lists, *further) for name in names]


def says_several(row: Row) -> bool:
    """Say whether a row, or the columns of its list, would name several pictures of one item."""
    if FURTHER in row.columns.ours or any(isinstance(one, list) for one in row.values("filename")):
        return True
    return any(map(has_several, pictures_of(row)))


def has_several(text: str) -> bool:
    """Say whether a text names several pictures."""
    return bool(first_and_others(text)[1])


def goes_on(product: Row | None, row: Row) -> bool:
    """Say whether a row goes on with the product of a row above.

    It has the same product number, and no title, or says the same of all but the pictures. A row
    that is the same throughout is repeated, and goes on with nothing.
    """
    if product is None or not row.text(PRODUCT) or row.text(PRODUCT) != product.text(PRODUCT):
        return False
    if not row.text("title"):
        return True
    is_alike = _beside_pictures(row) == _beside_pictures(product)
    return is_alike and pictures_of(row) != pictures_of(product)


def _beside_pictures(row: Row) -> list[object]:
    ours = row.columns.ours
    of_pictures = {*ours.get("filename", ()), *ours.get(FURTHER, ())}
    return [cell for index, cell in enumerate(row.cells) if index not in of_pictures]


def _names_in(value: object) -> list[str]:
    """Return the pictures that a cell names; more than one of a JSON array alone."""
    return [name for name in _texts_in(value) if name not in _NO_PICTURE]


def _texts_in(value: object) -> Iterator[str]:
    for item in value if isinstance(value, list) else [value]:
        named = item
        if isinstance(item, dict):
            named = next((item[key] for key in _PICTURE_KEYS if item.get(key)), "")
        yield as_text(named).strip()
