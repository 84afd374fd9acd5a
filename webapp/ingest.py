"""Taking photos in: read, hash and thumbnail on all cores, write to the catalogue in batches."""

import hashlib
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import islice

from webapp.catalog import Catalog
from webapp.exceptions import HashbagError, UnreadableImage
from webapp.hashing import KINDS, fingerprint
from webapp.images import open_picture
from webapp.ledger import Entry, Ledger
from webapp.manifest import Wanted
from webapp.models import Fingerprint, Item, Rejected
from webapp.processes import in_order
from webapp.thumbs import ThumbStore, sizes_of

MAX_FILE_BYTES = 512 * 1024 * 1024
_BATCH = 32


class Outcome(Enum):
    """What became of one picture."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Known:
    """What the catalogue has at a path; `stale` kinds lack a code by what is installed now."""

    item: Item
    stale: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Photo:
    """What a worker found in a file; `fingerprint` is None where the stored one is right."""

    digest: str
    width: int
    height: int
    media_type: str
    fingerprint: Fingerprint | None


Question = tuple[Wanted | Rejected, Known | None]


class Ingest:
    """Takes pictures into one catalogue."""

    def __init__(self, catalog: Catalog, thumbs: ThumbStore, max_pixels: int) -> None:
        self._catalog = catalog
        self._ledger = Ledger(catalog)
        self._thumbs = thumbs
        self._max_pixels = max_pixels
        self._versions = {kind.name: kind.versions() for kind in KINDS.values()}

    def take(
        self, wanted: Iterable[Wanted | Rejected], jobs: int, kinds: Collection[str] = KINDS.keys()
    ) -> Iterator[Outcome | Rejected]:
        """Take pictures in, yielding what became of each, in order.

        Of photos that are known and unchanged, only codes of the `kinds` are renewed. What was
        yielded is in the catalogue. Whatever ends the run, another goes on from there and comes to
        the same catalogue as an undisturbed one.
        """
        look = partial(_look, self._thumbs, self._max_pixels)
        answers = in_order(look, self._questions(wanted, kinds), jobs)
        try:
            while batch := list(islice(answers, _BATCH)):
                judged = [self._judge(*question, photo) for question, photo in batch]
                self._ledger.write([entry for _, entry in judged if entry])
                self._drop_replaced(batch)
                yield from (outcome for outcome, _ in judged)
        except BrokenProcessPool as error:
            raise HashbagError(
                "a worker process was killed while reading photos (out of memory?): "
                "run the same command again to go on from here"
            ) from error

    def _drop_replaced(self, batch: Sequence[tuple[Question, Photo | Rejected]]) -> None:
        """Remove the thumbnails of contents that no item has any more."""
        replaced = {
            known.item.digest
            for (_, known), photo in batch
            if known and isinstance(photo, Photo) and photo.digest != known.item.digest
        }
        for digest in replaced - self._catalog.digests(list(replaced)):
            self._thumbs.remove(digest)

    def _questions(
        self, wanted: Iterable[Wanted | Rejected], kinds: Collection[str]
    ) -> Iterator[Question]:
        remaining = iter(wanted)
        while batch := list(islice(remaining, _BATCH)):
            known = self._known([want for want in batch if isinstance(want, Wanted)], kinds)
            for want in batch:
                path = self._path(want) if isinstance(want, Wanted) else ""
                yield want, known.get(path)

    def _known(self, wanted: Sequence[Wanted], kinds: Collection[str]) -> dict[str, Known]:
        found = self._catalog.items_at([self._path(want) for want in wanted])
        makers = self._catalog.makers_of([item.id for item in found])
        return {item.path: Known(item, self._stale(makers[item.id], kinds)) for item in found}

    def _stale(self, made_by: Mapping[str, str], kinds: Collection[str]) -> tuple[str, ...]:
        return tuple(kind for kind in kinds if made_by.get(kind) != self._versions[kind])

    def _path(self, want: Wanted) -> str:
        return self._catalog.stored_path(want.path)

    def _judge(
        self, want: Wanted | Rejected, known: Known | None, photo: Photo | Rejected
    ) -> tuple[Outcome | Rejected, Entry | None]:
        if isinstance(want, Rejected):
            return want, None
        if isinstance(photo, Rejected):
            return photo, None
        columns: dict[str, object] = {
            "digest": photo.digest,
            "width": photo.width,
            "height": photo.height,
            "media_type": photo.media_type,
            **want.attributes,
        }
        if known is None:
            new = {"path": self._path(want), "filename": want.filename, "extra": {}, **columns}
            return Outcome.ADDED, Entry(None, new, photo.fingerprint, self._versions)
        changed = {
            name: value for name, value in columns.items() if getattr(known.item, name) != value
        }
        if not changed and photo.fingerprint is None:
            return Outcome.UNCHANGED, None
        entry = Entry(known.item.id, changed, photo.fingerprint, self._versions)
        return Outcome.UPDATED, entry


def _look(thumbs: ThumbStore, max_pixels: int, question: Question) -> Photo | Rejected:
    """Read one file in a worker: the picture is decoded once for all kinds and copies."""
    want, known = question
    if isinstance(want, Rejected):
        return want
    try:
        status = want.path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Rejected(want.filename, "not a regular file")
        if status.st_size > MAX_FILE_BYTES:
            megabytes = status.st_size / 1e6
            return Rejected(want.filename, f"{megabytes:.0f} MB is too large for a photo")
        data = want.path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        same = known is not None and known.item.digest == digest
        if known and same and not known.stale and _has_thumbs(thumbs, known):
            item = known.item
            return Photo(digest, item.width, item.height, item.media_type, None)
        picture = open_picture(data, max_pixels)
    except FileNotFoundError:
        return Rejected(want.filename, "there is no such file")
    except OSError as error:
        return Rejected(want.filename, f"cannot be read: {error.strerror or error}")
    except UnreadableImage as error:
        return Rejected(want.filename, str(error))
    if not (known and same and _has_thumbs(thumbs, known)):
        thumbs.write(digest, picture)
    wanted = known.stale if known and same else KINDS
    codes = fingerprint(picture.image, [KINDS[name] for name in wanted]) or None
    return Photo(digest, picture.width, picture.height, picture.media_type, codes)


def _has_thumbs(thumbs: ThumbStore, known: Known) -> bool:
    item = known.item
    return thumbs.has_all(item.digest, sizes_of(item.width, item.height, item.media_type))


def tally(outcomes: Iterable[Outcome | Rejected]) -> Mapping[str, int]:
    """Count outcomes by name, the rejected among them."""
    counts = {outcome.value: 0 for outcome in Outcome} | {"rejected": 0}
    for outcome in outcomes:
        counts["rejected" if isinstance(outcome, Rejected) else outcome.value] += 1
    return counts
