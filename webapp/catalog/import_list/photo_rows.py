"""From rows to photos: where each lies, what its attributes are, and what is to be said of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from webapp.catalog.import_list.column_names import PARENT, PRODUCT
from webapp.catalog.import_list.photo_paths import (
    PhotoPaths,
    Place,
    first_and_others,
    is_address,
)
from webapp.catalog.import_list.prices import Price, price_of_number, read_price, shown_decimal_sign
from webapp.catalog.import_list.readable_names import is_unicode, readable
from webapp.catalog.import_list.shared_photos import SharedPhotos
from webapp.catalog.import_list.table_reading import Row, Table, as_text
from webapp.models import ATTRIBUTES, ImportEntry, ListedPhoto, Rejected, Remark

_NO_PICTURE = frozenset(("", "no_selection"))  # what Magento writes for none
_PICTURE_KEYS = ("src", "url", "path", "file", "filename", "image")  # of JSON objects in a cell
_OTHERS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Survey:
    """What reading a list through once tells: its rows, its columns, how it writes decimals."""

    rows: int
    columns: frozenset[str]
    decimal_sign: str


def survey(table: Table) -> Survey:
    """Read a list through, and find out what one row alone does not tell."""
    count, columns, signs = 0, set[str](), set[str]()
    for row in table.rows():
        count += 1
        if isinstance(row, Row):
            columns |= row.columns.ours.keys()
            price = row.value("price")
            if isinstance(price, str):
                signs.add(shown_decimal_sign(price))
    signs.discard("")
    return Survey(count, frozenset(columns), signs.pop() if len(signs) == 1 else "")


class PhotoRows:
    """One reading of a list, from its first row to its last."""

    def __init__(self, source: Path, table: Table, decimal_sign: str) -> None:
        self._list = readable(source.name)
        self._table = table
        self._decimal_sign = decimal_sign
        self._paths = PhotoPaths(source.parent)
        self._shared = SharedPhotos()
        self._product = ("", 0)  # the one of the row above, and the line that it began on
        self._without_picture = 0
        self._found_by_name = 0
        self._told_of_nameless = False

    def entries(self) -> Iterator[ImportEntry]:
        """Yield each row's photo, or why there is none, and remarks after it."""
        yield from self._table.remarks
        for row in self._table.rows():
            if isinstance(row, Row):
                yield from self._entries_of(row)
            else:
                yield row
        yield from self._remarks_on_all()

    def _entries_of(self, row: Row) -> Iterator[ImportEntry]:
        product_line = self._line_of_same_product(row)
        first, others = _pictures_in(row.value("filename"))
        if first in _NO_PICTURE:
            if product_line or row.text(PARENT) not in {"", "0"}:
                self._without_picture += 1
            else:
                yield Rejected(self._list, "no filename", row.line)
        elif product_line:
            reason = f"another picture of the product on line {product_line}: not taken"
            yield Remark(readable(first), reason, row.line)
        elif "\0" in first or not is_unicode(first):
            yield Rejected(readable(first), "no file can have this name", row.line)
        else:
            yield from self._photo(row, first, others)

    def _line_of_same_product(self, row: Row) -> int:
        """Return where the product begins that a row goes on with, without a title; else 0."""
        name, line = self._product
        product = row.text(PRODUCT)
        if product and product == name and not row.text("title"):
            return line
        self._product = (product, row.line)
        return 0

    def _photo(self, row: Row, first: str, others: list[str]) -> Iterator[ImportEntry]:
        place = self._paths.exact(first)
        if not (place or others):
            first, others = first_and_others(first)
            place = self._paths.exact(first)
        place = place or self._paths.find(first)
        if not place and is_address(first):
            yield Rejected(readable(first), _not_fetched(first), row.line)
            return
        place = place or self._paths.nowhere(first)
        attributes, remarks = self._attributes(row)
        extra = {name: as_text(row.cells[index]) for name, index in row.columns.extras.items()}
        texts = "\0".join(map(str, (*attributes.values(), *extra, *extra.values())))
        filename = readable(place.filename)
        if wrong := _wrong_with(place, texts):
            yield Rejected(filename, wrong, row.line)
            return
        occurrence, same = self._shared.add(place.path, texts, row.line)
        if same:
            reason = f"the same file stands on line {same} already"
            yield Rejected(filename, reason, row.line)
            return
        self._found_by_name += place.by_name
        attributes["extra"] = extra
        yield ListedPhoto(place.path, filename, attributes, row.line, occurrence)
        remarks += [_not_taken(others)] if others else []
        for remark in (*remarks, *self._nameless_cells(row)):
            yield Remark(filename, readable(remark), row.line)

    def _attributes(self, row: Row) -> tuple[dict[str, object], list[str]]:
        """Return a row's attributes of ours, and what is to be said of them."""
        ours = row.columns.ours
        attributes: dict[str, object] = {
            name: row.text(name) for name in ATTRIBUTES if name in ours
        }
        remarks = []
        if "price" in ours:
            price = self._price(row)
            attributes["price"] = price.amount
            currency = price.currency or row.columns.currency
            if currency and not attributes.get("currency"):
                attributes["currency"] = currency
            remarks = [price.remark] if price.remark else []
        return attributes, remarks

    def _price(self, row: Row) -> Price:
        value = row.value("price")
        if isinstance(value, int | float):
            return price_of_number(value)
        return read_price(as_text(value), self._decimal_sign, row.columns.decimal_sign)

    def _nameless_cells(self, row: Row) -> Iterator[str]:
        """Tell, once, that cells stand in a column that has no name."""
        filled = [
            cell for index in row.columns.nameless if (cell := as_text(row.cells[index]).strip())
        ]
        if filled and not self._told_of_nameless:
            self._told_of_nameless = True
            yield f"cells of a column without a name are not kept: '{filled[0]}', and those below"

    def _remarks_on_all(self) -> Iterator[Remark]:
        if count := self._found_by_name:
            yield Remark(
                self._list,
                f"photos found beside the list by the end of their address or path: {count}; "
                "nothing is fetched",
            )
        if count := self._without_picture:
            yield Remark(
                self._list, f"rows of products above, without a picture of their own: {count}"
            )


def _wrong_with(place: Place, texts: str) -> str:
    """Say why a row cannot be taken in; "" where it can."""
    if not is_unicode(str(place.path)):
        return "its path is not UTF-8: rename it"
    return "" if is_unicode(texts) else "a text holds half a character"


def _pictures_in(value: object) -> tuple[str, list[str]]:
    """Return the first picture that a cell names, and the others of a JSON array."""
    items = value if isinstance(value, list) else [value]
    names = [name for item in items if (name := _picture_in(item))]
    return (names[0], names[1:]) if names else ("", [])


def _picture_in(item: object) -> str:
    if isinstance(item, dict):
        item = next((item[key] for key in _PICTURE_KEYS if item.get(key)), "")
    return as_text(item).strip()


def _not_fetched(address: str) -> str:
    name = urlsplit(address).path.rpartition("/")[2]
    remedy = f"put {readable(unquote(name))} beside the list" if name else "name a file"
    return f"an address on the web, which is not fetched: {remedy}"


def _not_taken(others: list[str]) -> str:
    names = ", ".join(others[:_OTHERS_NAMED]) + (", ..." if len(others) > _OTHERS_NAMED else "")
    return f"one picture is taken of each row; not taken here: {len(others)} more ({names})"
