"""One collection of a Milvus server: the rows of a code table, each with its code and facets."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from webapp.exceptions import EngineUnavailable
from webapp.index.code_table import CodeTable
from webapp.index.engines.milvus.connection import Connection
from webapp.index.engines.milvus.rows import (
    CODE,
    MOST_LISTED,
    ROW,
    batches,
    condition,
    schema_of,
)
from webapp.index.narrowing import Narrowing, RowFacets

if TYPE_CHECKING:
    from pymilvus import MilvusClient

BIN_FLAT = "BIN_FLAT"
"""The index that compares every code, and so finds exactly the nearest."""

BIN_IVF_FLAT = "BIN_IVF_FLAT"
"""The index that divides codes into parts, and looks at some of them."""

INDEX_TYPES = (BIN_FLAT, BIN_IVF_FLAT)

_UNFINISHED = "_unfinished"
# Large collections take minutes to be loaded, small ones seconds. What a server was sent is on its
# disk soon, but for where others write to that disk too.
_BUILD_SECONDS = 60.0
_FLUSHED_WITHIN_SECONDS = 300.0
_LOADED_WITHIN_SECONDS = 3600.0
_LOOK_AGAIN_SECONDS = 0.05
_ROWS_PER_PART = 256
_MOST_PARTS = 65_536


@dataclass(frozen=True, slots=True)
class Layout:
    """How codes lie in a server: the type of index, shards, and copies in memory (replicas)."""

    index: str = BIN_FLAT
    shards: int = 1
    replicas: int = 1


class Collection:
    """A collection by its name; until it is finished, it has another."""

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self.name = name

    def exists(self) -> bool:
        """Return whether it was finished."""
        return self._connection.ask(
            lambda client, seconds: bool(client.has_collection(self.name, timeout=seconds))
        )

    def drop(self) -> None:
        """Drop it, if it is there."""
        self._connection.ask(
            lambda client, seconds: client.drop_collection(self.name, timeout=seconds),
            _BUILD_SECONDS,
        )

    def load(self, table: CodeTable, facets: RowFacets, layout: Layout) -> None:
        """Send all codes under another name, and have them indexed and held in memory."""
        name = self.name + _UNFINISHED
        Collection(self._connection, name).drop()
        self._connection.ask(
            lambda client, seconds: _create(
                client, name, table.bits, len(facets.numbers), layout, seconds
            ),
            _BUILD_SECONDS,
        )
        for rows in batches(table, facets):
            self._connection.ask(partial(_insert, name=name, rows=rows), _BUILD_SECONDS)
        self._connection.ask(
            lambda client, seconds: _index(client, name, table.row_count, layout, seconds),
            _BUILD_SECONDS,
        )

    def finish(self, rows: int) -> None:
        """Wait until what `load` sent is on disk and can be queried; then give it its name.

        Raises:
            EngineUnavailable: the server does not get there, or has other than so many rows.
        """
        name, ask = self.name + _UNFINISHED, self._connection.ask
        ask(lambda client, seconds: client.flush(name, timeout=seconds), _FLUSHED_WITHIN_SECONDS)
        unfinished = Collection(self._connection, name)
        unfinished.wait_until_held()
        found = unfinished.count("Strong")
        if found != rows:
            raise EngineUnavailable(f"the search engine has {found} of {rows} codes of {name}")
        ask(lambda client, seconds: client.rename_collection(name, self.name, timeout=seconds))

    def count(self, consistency: str = "Eventually") -> int:
        """Count the rows; "Strong" waits for those that are on their way, "Eventually" does not."""
        answer = self._connection.ask(
            lambda client, seconds: client.query(
                self.name,
                filter="",
                output_fields=["count(*)"],
                consistency_level=consistency,
                timeout=seconds,
            )
        )
        return int(answer[0]["count(*)"])

    def hold(self) -> bool:
        """Have it held in memory, where somebody released it; return whether it is."""
        return self._connection.ask(
            lambda client, seconds: (
                _is_loaded(client, self.name, seconds)
                or client.load_collection(self.name, _async=True, timeout=seconds) is not None
            )
        )

    def wait_until_held(self) -> None:
        """Have it held in memory, and wait until it is.

        Raises:
            EngineUnavailable: the server does not get there.
        """
        end = time.monotonic() + _LOADED_WITHIN_SECONDS
        while not self.hold():
            if time.monotonic() > end:
                raise EngineUnavailable(
                    f"the search engine cannot load {self.name} into its memory"
                )
            time.sleep(_LOOK_AGAIN_SECONDS)

    def dimension(self) -> int:
        """Return the width of its codes in bits."""
        described = self._connection.ask(
            lambda client, seconds: client.describe_collection(self.name, timeout=seconds)
        )
        widths = [one["params"]["dim"] for one in described["fields"] if one["name"] == CODE]
        return int(widths[0]) if widths else 0

    def nearest(
        self, codes: Sequence[bytes], count: int, probes: int, narrowing: Narrowing | None = None
    ) -> list[tuple[list[int], list[int]]]:
        """Return for each code rows and their distances, the nearest first, at most `MOST_LISTED`.

        With a `narrowing`, of the rows that may pass it. Nobody waits for what is being written: a
        finished collection never changes.
        """
        found = self._connection.ask(
            lambda client, seconds: client.search(
                self.name,
                list(codes),
                filter=condition(narrowing) if narrowing else "",
                limit=min(count, MOST_LISTED),
                search_params={"metric_type": "HAMMING", "params": {"nprobe": probes}},
                consistency_level="Eventually",
                timeout=seconds,
            )
        )
        return [(list(hits.ids), [int(far) for far in hits.distances]) for hits in found]

    def codes(self, rows: Sequence[int]) -> dict[int, bytes]:
        """Return the codes of rows, at most `MOST_LISTED`, by row, as far as they are there."""
        return self._codes(f"{ROW} in {list(rows)}")

    def codes_between(self, first: int, end: int) -> dict[int, bytes]:
        """Return the codes of the rows from `first` to before `end`, at most `MOST_LISTED`."""
        return self._codes(f"{ROW} >= {first} and {ROW} < {end}")

    def _codes(self, condition: str) -> dict[int, bytes]:
        found = self._connection.ask(
            lambda client, seconds: client.query(
                self.name,
                filter=condition,
                output_fields=[ROW, CODE],
                consistency_level="Eventually",
                timeout=seconds,
            )
        )
        return {int(one[ROW]): b"".join(one[CODE]) for one in found}


def _create(  # noqa: PLR0913, PLR0917 - all of it is known to one caller
    client: "MilvusClient", name: str, bits: int, facets: int, layout: Layout, seconds: float
) -> None:
    schema = schema_of(client, bits, facets)
    client.create_collection(name, schema=schema, num_shards=layout.shards, timeout=seconds)


def _insert(client: "MilvusClient", seconds: float, name: str, rows: list[dict[str, Any]]) -> None:
    client.insert(name, rows, timeout=seconds)


def _index(client: "MilvusClient", name: str, rows: int, layout: Layout, seconds: float) -> None:
    parameters = client.prepare_index_params()
    parts = max(1, min(rows // _ROWS_PER_PART, _MOST_PARTS))
    parameters.add_index(
        CODE, index_type=layout.index, metric_type="HAMMING", params={"nlist": parts}
    )
    client.create_index(name, parameters, sync=False, timeout=seconds)
    client.load_collection(name, replica_number=layout.replicas, _async=True, timeout=seconds)


def _is_loaded(client: "MilvusClient", name: str, seconds: float) -> bool:
    from pymilvus.client.types import LoadState  # noqa: PLC0415

    return bool(client.get_load_state(name, timeout=seconds)["state"] == LoadState.Loaded)
