"""From rows to photos: where each lies, what its attributes are, and what is to be said of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from webapp.catalog.import_entries import FurtherPhoto, ImportEntry, ListedPhoto, Rejected, Remark
from webapp.catalog.import_list.column_names import PARENT
from webapp.catalog.import_list.photo_paths import (
    PhotoPaths,
    Place,
    first_and_others,
    is_address,
)
from webapp.catalog.import_list.prices import Price, price_of_number, read_price, shown_decimal_sign
from webapp.catalog.import_list.readable_names import is_unicode, readable
from webapp.catalog.import_list.row_pictures import goes_on, pictures_of, says_several
from webapp.catalog.import_list.shared_photos import SharedPhotos
from webapp.catalog.import_list.table_reading import Row, Table, as_text
from webapp.models import ATTRIBUTES

_OTHERS_NAMED = 3


@dataclass(frozen=True, slots=True)
class Survey:
    """What reading a list through once tells.

    `products`: how many there are, each of one row or several. `columns`: those of ours.
    `decimal_sign`: how it writes decimals. `several_photos`: whether it tells items' further
    photos; if not, those that items have stay.
    """

    products: int
    columns: frozenset[str]
    decimal_sign: str
    several_photos: bool


def survey(table: Table) -> Survey:
    """Read a list through, and find out what one row alone does not tell."""
    count, columns, signs, several = 0, set[str](), set[str](), False
    product: Row | None = None
    for row in table.rows():
        if isinstance(row, Row):
            continued = goes_on(product, row)
            several = several or says_several(row) or (continued and bool(pictures_of(row)))
            columns |= row.columns.ours.keys()
            price = row.value("price")
            if isinstance(price, str):
                signs.add(shown_decimal_sign(price))
            if continued:
                continue
            product = row
        count += 1
    signs.discard("")
    sign = signs.pop() if len(signs) == 1 else ""
    return Survey(count, frozenset(columns), sign, several)


class PhotoRows:
    """One reading of a list, from its first row to its last."""

    def __init__(self, source: Path, table: Table, found: Survey) -> None:
        self._list = readable(source.name)
        self._table = table
        self._decimal_sign = found.decimal_sign
        self._several_photos = found.several_photos
        self._paths = PhotoPaths(source.parent)
        self._shared = SharedPhotos()
        self._product: Row | None = None  # its first row, and the pictures of all its rows so far
        self._pictures: list[tuple[int, str]] = []
        self._without_picture = 0
        self._found_by_name = 0
        self._told_of_nameless = False

    def entries(self) -> Iterator[ImportEntry]:
        """Yield each product's photos, or why there are none, and remarks after it."""
        yield from self._table.remarks
        for row in self._table.rows():
            if not isinstance(row, Row):
                yield from self._end_of_product()
                yield row
            elif goes_on(self._product, row):
                pictures = pictures_of(row)
                self._pictures += [(row.line, text) for text in pictures]
                self._without_picture += not pictures
            else:
                yield from self._end_of_product()
                self._product = row
                self._pictures = [(row.line, text) for text in pictures_of(row)]
        yield from self._end_of_product()
        yield from self._remarks_on_all()

    def _end_of_product(self) -> Iterator[ImportEntry]:
        row, self._product = self._product, None
        if row is None:
            return
        names = [(line, name) for line, text in self._pictures for name in self._named(text)]
        if not names:
            if row.text(PARENT) not in {"", "0"}:
                self._without_picture += 1
            else:
                yield Rejected(self._list, "no filename", row.line)
        elif not is_unicode(names[0][1]):
            yield Rejected(readable(names[0][1]), "no file can have this name", row.line)
        else:
            yield from self._photos(row, names[0][1], names[1:])

    def _named(self, text: str) -> list[str]:
        """Take apart a text that names several pictures, unless it is the name of a file."""
        if not is_unicode(text) or self._paths.exact(text):
            return [text]
        first, others = first_and_others(text)
        return [first, *others]

    def _photos(
        self, row: Row, first: str, others: Sequence[tuple[int, str]]
    ) -> Iterator[ImportEntry]:
        """Yield a product with its photos; `others` are named on lines of this row or below."""
        place = self._paths.exact(first) or self._paths.find(first)
        if not place and is_address(first):
            yield Rejected(readable(first), _not_fetched(first), row.line)
            return
        place = place or self._paths.nowhere(first)
        further, missing, repeated = self._further(place, row.line, others)
        attributes, remarks = self._attributes(row)
        extra = {name: as_text(row.cells[index]) for name, index in row.columns.extras.items()}
        paths = (str(one.path) for one in further)
        texts = "\n".join(map(str, (*attributes.values(), *extra, *extra.values(), *paths)))
        filename = readable(place.filename)
        if wrong := _wrong_with(place, texts):
            yield Rejected(filename, wrong, row.line)
            return
        occurrence, same = self._shared.add(place.path, texts, row.line)
        if same:
            reason = f"the same file stands on line {same} already"
            yield Rejected(filename, reason, row.line)
            return
        self._found_by_name += place.by_name + sum(one.by_name for one in further)
        attributes["extra"] = extra
        others_taken = tuple(FurtherPhoto(one.path, readable(one.filename)) for one in further)
        yield ListedPhoto(
            place.path,
            filename,
            attributes,
            row.line,
            occurrence,
            others_taken if self._several_photos else None,
        )
        remarks += [_not_found(missing)] if missing else []
        for remark in (*remarks, *self._nameless_cells(row)):
            yield Remark(filename, readable(remark), row.line)
        for line, name in repeated:
            reason = f"a photo that the product on line {row.line} has already"
            yield Remark(readable(name), reason, line)

    def _further(
        self, first: Place, row_line: int, names: Sequence[tuple[int, str]]
    ) -> tuple[list[Place], list[str], list[tuple[int, str]]]:
        """Find further photos, each file once.

        Returns also the names that lead nowhere, and those by which rows below the first one, on
        `row_line`, name a photo again; the first row's own columns often name the same twice.
        """
        found: dict[Path, Place] = {first.path: first}
        missing, repeated = [], []
        for line, name in names:
            place = (
                (self._paths.exact(name) or self._paths.find(name)) if is_unicode(name) else None
            )
            if not place or not is_unicode(str(place.path)):
                missing.append(name)
            elif place.path not in found:
                found[place.path] = place
            elif line != row_line:
                repeated.append((line, name))
        return list(found.values())[1:], list(dict.fromkeys(missing)), repeated

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
    return "" if is_unicode(texts) else "a text holds half a character, or a zero byte"


def _not_fetched(address: str) -> str:
    name = urlsplit(address).path.rpartition("/")[2]
    remedy = f"put {readable(unquote(name))} beside the list" if name else "name a file"
    return f"an address on the web, which is not fetched: {remedy}"


def _not_found(missing: list[str]) -> str:
    names = ", ".join(missing[:_OTHERS_NAMED]) + (", ..." if len(missing) > _OTHERS_NAMED else "")
    return f"further photos that lie nowhere beside the list, not taken: {len(missing)} ({names})"
