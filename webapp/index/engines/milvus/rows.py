"""What a Milvus server stores of each row of a code table, and how it is asked for some of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from webapp.index.code_table import CodeTable
from webapp.index.hamming import Planes
from webapp.index.narrowing import SEVERAL, Narrowing, RowFacets
from webapp.index.row_table import RowTable

if TYPE_CHECKING:
    from pymilvus import CollectionSchema, MilvusClient

MOST_LISTED = 16_384
"""The longest list that a server returns."""

ROW, CODE = "row", "code"
_LEAST, _MOST = "least_price", "most_price"
_PRICE_BOUND = 1e300  # for a server's sake infinity is written so
_BATCH_BYTES = 4 << 20
_ROW_BYTES = 16
_FACET_BYTES = 8


def condition(narrowing: Narrowing) -> str:
    """Write what may pass as a server's condition; only numbers are in it."""
    parts = [
        f"{_facet(place)} in {[SEVERAL, *numbers]}" for place, numbers in narrowing.numbers.items()
    ]
    if narrowing.min_price is not None:
        parts.append(f"{_MOST} >= {_number(narrowing.min_price)}")
    if narrowing.max_price is not None:
        parts.append(f"{_LEAST} <= {_number(narrowing.max_price)}")
    return " and ".join(parts)


def _number(price: float) -> str:
    return f"{min(max(price, -_PRICE_BOUND), _PRICE_BOUND)!r}"


def _facet(place: int) -> str:
    return f"facet_{place}"


def width_of(bits: int) -> int:
    """Return how many bits a server stores of a code: whole bytes, the last padded with zeros."""
    return -(-bits // 8) * 8


def packed_codes(codes: Planes, bits: int) -> NDArray[np.uint8]:
    """Return codes, shape (W, N), as the bytes that a server stores, shape (N, bytes)."""
    return np.ascontiguousarray(codes.T).view(np.uint8)[:, : width_of(bits) // 8]


def stored_codes(table: RowTable) -> Iterator[bytes]:
    """Yield the codes of all rows as a server stores them, one after the other, in parts."""
    for start in range(0, table.row_count, MOST_LISTED):
        rows = np.arange(start, min(start + MOST_LISTED, table.row_count))
        yield packed_codes(table.codes_at(rows), table.bits).tobytes()


def batches(table: CodeTable, facets: RowFacets) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows, each with what a server stores of it, in parts that fit a message."""
    names = [ROW, CODE, _LEAST, _MOST, *map(_facet, range(len(facets.numbers)))]
    own_bytes = width_of(table.bits) // 8 + _ROW_BYTES
    size = _BATCH_BYTES // (own_bytes + _FACET_BYTES * (len(names) - 2))
    for start in range(0, table.row_count, size):
        some = slice(start, start + size)
        codes = packed_codes(table.codes[:, some], table.bits)
        columns = (
            range(start, start + len(codes)),
            [code.tobytes() for code in codes],
            np.clip(facets.least[some], -_PRICE_BOUND, _PRICE_BOUND).tolist(),
            np.clip(facets.most[some], -_PRICE_BOUND, _PRICE_BOUND).tolist(),
            *facets.numbers[:, some].tolist(),
        )
        yield [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def schema_of(client: "MilvusClient", bits: int, facets: int) -> "CollectionSchema":
    """Return the fields of rows with codes of so many bits, and so many numbered facets."""
    from pymilvus import DataType  # noqa: PLC0415

    schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field(ROW, DataType.INT64, is_primary=True)
    schema.add_field(CODE, DataType.BINARY_VECTOR, dim=width_of(bits))
    for price in (_LEAST, _MOST):
        schema.add_field(price, DataType.DOUBLE)
    for place in range(facets):
        schema.add_field(_facet(place), DataType.INT32)
    return schema
