"""Files in the storage by their content, for machines that share them."""

from collections.abc import Collection
from pathlib import Path

from webapp.exceptions import IndexDamaged
from webapp.index.generation import digest_of
from webapp.storage import Storage


class SharedFiles:
    """Those of one sort, such as "generation". A `digest` is the SHA-256 of a file, in hex.

    Every method raises `StorageUnusable` where the storage cannot be used.
    """

    def __init__(self, storage: Storage, sort: str) -> None:
        self._storage = storage
        self._sort = sort

    def send(self, digest: str, path: Path) -> None:
        """Write a file, unless it is there."""
        if not self._has(digest, path):
            self._storage.upload(self._key(digest), path)

    def check(self, digest: str, path: Path) -> None:
        """See that a file is there.

        Raises:
            IndexDamaged: it is not, or not all of it.
        """
        if not self._has(digest, path):
            raise self._damaged(path.name, "is missing")

    def download(self, digest: str, path: Path) -> None:
        """Bring a file here.

        Raises:
            IndexDamaged: it is missing, or another is in its place.
        """
        try:
            self._storage.download(self._key(digest), path)
        except FileNotFoundError as error:
            raise self._damaged(path.name, "is missing") from error
        if digest_of(path) != digest:
            raise self._damaged(path.name, "is not what was built")

    def keep_only(self, digests: Collection[str]) -> None:
        """Remove all others."""
        keys = self._storage.keys(f"{self._sort}s")
        self._storage.delete([key for key in keys if key.rpartition("/")[2] not in digests])

    def _has(self, digest: str, path: Path) -> bool:
        return self._storage.size(self._key(digest)) == path.stat().st_size

    def _key(self, digest: str) -> str:
        return f"{self._sort}s/{digest[:2]}/{digest}"

    def _damaged(self, name: str, what: str) -> IndexDamaged:
        return IndexDamaged(
            f"{name} of the {self._sort} that machines share {what} in the storage: "
            "run `hashbag index`"
        )
