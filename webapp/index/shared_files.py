"""Files in the storage by their content, for machines that share them."""

import tempfile
from collections.abc import Collection
from pathlib import Path

from webapp.exceptions import IndexDamaged
from webapp.index.checksums import digest_of
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
        if self._storage.size(self._key(digest)) != path.stat().st_size:
            self._storage.upload(self._key(digest), path)

    def check(self, digest: str) -> None:
        """Fetch a file only to see that it is there and what it should be.

        Raises:
            IndexDamaged: it is not.
        """
        with tempfile.TemporaryDirectory() as folder:
            self.download(digest, Path(folder, digest))

    def mend(self, digest: str, path: Path) -> bool:
        """Write a file again, if what is there is not right; say whether it was not."""
        try:
            self.check(digest)
        except IndexDamaged:
            self._storage.upload(self._key(digest), path)
            return True
        return False

    def download(self, digest: str, path: Path) -> None:
        """Bring a file here.

        Raises:
            IndexDamaged: it is missing, or another is in its place.
        """
        try:
            self._storage.download(self._key(digest), path)
        except FileNotFoundError as error:
            raise self._damaged(digest, "is missing") from error
        if digest_of(path) != digest:
            raise self._damaged(digest, "is not what was built")

    def keep_only(self, digests: Collection[str]) -> None:
        """Remove all others."""
        keys = self._storage.keys(f"{self._sort}s")
        self._storage.delete([key for key in keys if key.rpartition("/")[2] not in digests])

    def _key(self, digest: str) -> str:
        return f"{self._sort}s/{digest[:2]}/{digest}"

    def _damaged(self, digest: str, what: str) -> IndexDamaged:
        return IndexDamaged(
            f"a file of the {self._sort} that machines share {what} in the storage: "
            "`hashbag verify --repair` puts it there again",
            private=self._key(digest),
        )
