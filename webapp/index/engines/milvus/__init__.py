"""The engine `milvus`: codes in a Milvus server, a distributed database of vectors.

Each index is a collection that never changes once it is built, named by what it holds: an index of
the same codes is built once, however many generations have it. The generation's manifest says which
collections are its own, so that publishing stays one rename of one file.
"""

import hashlib
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from importlib import import_module
from pathlib import Path

from webapp.exceptions import IndexDamaged
from webapp.index import remote_table
from webapp.index.code_table import CodeTable
from webapp.index.engines import Index, Parameters
from webapp.index.engines.milvus.codes import MilvusCodes
from webapp.index.engines.milvus.collection import Collection, Layout
from webapp.index.engines.milvus.connection import Connection, ServerAddress
from webapp.index.engines.milvus.index import Built, MilvusIndex, checksum, probed_rows
from webapp.index.engines.milvus.rows import packed_codes, stored_codes
from webapp.index.narrowing import RowFacets, no_facets
from webapp.index.remote_table import FrozenTable
from webapp.index.row_table import RowTable

_COLLECTIONS_AT_ONCE = 8
_DIGEST_CHARACTERS = 20


@dataclass(frozen=True, slots=True)
class MilvusOptions:
    """How indexes are laid out in a server, and asked.

    `probes`: of how many of the parts into which BIN_IVF_FLAT divides codes a query looks at.
    """

    layout: Layout
    probes: int


class MilvusEngine:
    """Builds and opens a collection for each kind; `owner` names whose they are."""

    name = "milvus"
    keeps_codes = True

    def __init__(
        self, address: ServerAddress, options: MilvusOptions, owner: Callable[[], str]
    ) -> None:
        self._connection = Connection(address)
        self._options = options
        self._owner = owner

    def build(
        self, table: CodeTable, folder: Path, kind: str, facets: RowFacets | None = None
    ) -> Parameters:
        """Send the codes, unless the server has them; `finish` waits until they can be queried."""
        layout = self._options.layout
        known = facets or no_facets(table)
        shape = (table.bits, known.numbers.shape, astuple(layout))
        digest = hashlib.sha256(repr(shape).encode())
        for array in (*table.codes, *known.numbers, known.least, known.most):
            digest.update(array.tobytes())
        short = digest.hexdigest()[:_DIGEST_CHARACTERS]
        name = f"{self._prefix()}{kind}_{short}"
        collection = Collection(self._connection, name)
        probed = packed_codes(table.codes_at(probed_rows(table.row_count)), table.bits)
        built: dict[str, int | str] = {
            "collection": name,
            "index": layout.index,
            "rows": table.row_count,
            "facets": len(known.numbers) if facets else -1,
            "probe": checksum([probed.tobytes()]),
            "checksum": checksum(stored_codes(table)),
        }
        if not (
            collection.exists() and self._holds(collection, self.open(table, folder, kind, built))
        ):
            collection.load(table, known, layout)
        return built

    @staticmethod
    def _holds(collection: Collection, index: Index) -> bool:
        """Say whether a collection still has what it was built of; one that has not is dropped."""
        collection.wait_until_held()
        try:
            index.check()
        except IndexDamaged:
            collection.drop()
            return False
        return True

    def finish(self, built: Iterable[Parameters]) -> None:
        """Wait until all can be queried and are on the server's disk; then they get their names."""
        with ThreadPoolExecutor(_COLLECTIONS_AT_ONCE) as threads:
            list(threads.map(self._finish, built))

    def _finish(self, parameters: Parameters) -> None:
        collection = Collection(self._connection, str(parameters["collection"]))
        if not collection.exists():
            collection.finish(int(parameters["rows"]))

    def table(self, folder: Path, kind: str, bits: int, parameters: Parameters) -> FrozenTable:
        """Map the table's files, and leave its codes where they are: see `Engine`."""
        collection, built = self._built(folder, kind, bits, parameters)
        codes = MilvusCodes(collection, bits, built.rows)
        return remote_table.load(folder, kind, bits, codes, built.rows)

    def open(self, table: RowTable, folder: Path, kind: str, parameters: Parameters) -> Index:
        """Open a collection, without asking the server: see `Engine`."""
        collection, built = self._built(folder, kind, table.bits, parameters)
        # Here, and not at the first query: a server opens its index before it forks its workers.
        # pymilvus imports scipy.sparse when it is first asked.
        for module in ("pymilvus", "scipy.sparse"):
            import_module(module)
        return MilvusIndex(collection, built, self._options.probes)

    def _built(
        self, folder: Path, kind: str, bits: int, parameters: Parameters
    ) -> tuple[Collection, Built]:
        try:
            built = Built(
                bits,
                int(parameters["rows"]),
                str(parameters["index"]),
                int(parameters["facets"]) >= 0,
                str(parameters["probe"]),
                str(parameters["checksum"]),
            )
            return Collection(self._connection, str(parameters["collection"])), built
        except KeyError as error:
            raise IndexDamaged(
                f"{folder.name}: the index of {kind} was built by another engine: "
                "run `hashbag index`"
            ) from error

    def drop_others(self, kept: Iterable[Parameters]) -> None:
        """Drop the owner's collections that no generation has, unfinished ones too."""
        names = {str(parameters.get("collection")) for parameters in kept}
        prefix = self._prefix()
        found = self._connection.ask(
            lambda client, seconds: client.list_collections(timeout=seconds)
        )
        for name in found:
            if name.startswith(prefix) and name not in names:
                Collection(self._connection, name).drop()

    def check(self) -> None:
        """Ask the server for its version."""
        self._connection.ask(lambda client, seconds: client.get_server_version(timeout=seconds))

    def _prefix(self) -> str:
        return f"hashbag_{self._owner()}_"
