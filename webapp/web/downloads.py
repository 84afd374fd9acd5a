"""What a page shows as a file, CSV or JSON, by `format=` in its address."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from flask import Response, request, stream_with_context

from webapp import csv_cells
from webapp.context import hashbag
from webapp.models import PUBLIC_FIELDS, Item
from webapp.search.result import Hit, Result
from webapp.web import parameters

FORMATS = ("page", "csv", "json")

_ITEMS_AT_ONCE = 500

Row = Mapping[str, object]


def wanted() -> bool:
    """Say whether a file is asked for, not the page."""
    return parameters.one_of(request.args, "format", FORMATS) != "page"


def answer(name: str, rows: Iterable[Row]) -> Response:
    """Send rows, all with the same names, as a file; there may be one for each item."""
    is_csv = request.args["format"] == "csv"
    text = _csv(rows) if is_csv else _json(rows)
    response = Response(
        stream_with_context(text), mimetype="text/csv" if is_csv else "application/json"
    )
    response.headers.set(
        "Content-Disposition", "attachment", filename=f"{name}.{request.args['format']}"
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def of_item(item: Item) -> Row:
    """Return the attributes of an item."""
    return {field.name: getattr(item, field.name) for field in PUBLIC_FIELDS}


def of_hit(result: Result, hit: Hit) -> Row:
    """Return a hit: how near it is, and its item."""
    return {
        "by": result.by,
        "rank": hit.rank,
        "distance": hit.distance,
        "bits": result.bits,
        "similarity": round(hit.similarity, 4),
        "level": hit.level,
        "matched": hit.matched,
        "photo": hit.photo,
        **of_item(hit.item),
    }


def of_result(result: Result) -> Iterator[Row]:
    """Yield the hits of a result, in the order in which they are listed."""
    return (of_hit(result, hit) for hit in result.hits)


def of_ids(ids: Sequence[int]) -> Iterator[Row]:
    """Yield items, of which only some hundreds are in memory at a time."""
    snapshot = hashbag().snapshot
    for start in range(0, len(ids), _ITEMS_AT_ONCE):
        yield from map(of_item, snapshot.items(ids[start : start + _ITEMS_AT_ONCE]))


def _csv(rows: Iterable[Row]) -> Iterator[str]:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    for number, row in enumerate(rows):
        if not number:
            writer.writerow(row)
        writer.writerow([_cell(value) for value in row.values()])
        yield out.getvalue()
        out.seek(0)
        out.truncate()


def _cell(value: object) -> object:
    if isinstance(value, Mapping):
        return json.dumps(dict(value), ensure_ascii=False) if value else ""
    return csv_cells.cell(value)


def _json(rows: Iterable[Row]) -> Iterator[str]:
    before = "[\n"
    for row in rows:
        yield before + json.dumps(row, ensure_ascii=False, default=dict)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"
