"""Is everything as it was stored: photos, thumbnails, codes, the index, the map."""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from webapp.catalog.import_entries import Rejected
from webapp.catalog.reader import Catalog
from webapp.exceptions import (
    EngineUnavailable,
    IndexNotReady,
    MapNotReady,
    NothingDrawn,
    UnreadableImage,
)
from webapp.explore.map.store import Maps
from webapp.hashing.code_packing import differs
from webapp.hashing.fingerprinting import EncodedPicture, hash_item
from webapp.hashing.kinds import KINDS
from webapp.index.generation_store import GenerationStore
from webapp.models import Fingerprint, Item, ItemPhoto
from webapp.pictures.thumbnails import ThumbStore, sizes_of
from webapp.processes import in_order


def check_items(catalog: Catalog, thumbs: ThumbStore, jobs: int) -> Iterator[Rejected | None]:
    """Compare every item with its photos; yield what is wrong of each, or None for the item.

    A code that was never computed is not wrong: it waits until somebody asks for it.
    """
    for (item, _), problems in in_order(partial(_item_problems, thumbs), _stored(catalog), jobs):
        if not problems:
            yield None
        for photo, problem in problems:
            yield Rejected(f"item {item.id}, {photo.filename}", problem)


_Stored = tuple[Item, tuple[tuple[Path, Fingerprint], ...]]
"""An item, and of each of its photos where it lies and its codes."""


def _stored(catalog: Catalog) -> Iterator[_Stored]:
    for item in catalog.all_items():
        codes = catalog.photo_fingerprints([item.id])
        yield (
            item,
            tuple(
                (catalog.photo(photo), codes.get((item.id, photo.number), {}))
                for photo in item.photos
            ),
        )


def _item_problems(thumbs: ThumbStore, stored: _Stored) -> list[tuple[ItemPhoto, str]]:
    item, files = stored
    found = (
        (photo, _photo_problem(thumbs, photo, path, codes))
        for photo, (path, codes) in zip(item.photos, files, strict=True)
    )
    return [(photo, problem) for photo, problem in found if problem]


def _photo_problem(
    thumbs: ThumbStore, photo: ItemPhoto, path: Path, codes: Fingerprint
) -> str | None:
    try:
        data = path.read_bytes()
    except OSError as error:
        return f"its photo cannot be read: {error.strerror}"
    if hashlib.sha256(data).hexdigest() != photo.digest:
        return "its photo changed since it was imported: import it again"
    if not thumbs.has_all(photo.digest, sizes_of(photo.width, photo.height, photo.media_type)):
        return "a thumbnail is missing: import it again"
    try:
        _, found = hash_item(EncodedPicture.of_item(photo, data), codes.keys() & KINDS.keys())
    except UnreadableImage as error:
        return str(error)
    wrong = [name for name, code in found.items() if differs(KINDS[name], codes[name], code)]
    return f"its stored codes are not its photo's: {', '.join(wrong)}" if wrong else None


def check_index(
    catalog: Catalog, generations: GenerationStore, *, thoroughly: bool = False
) -> Iterator[Rejected]:
    """Yield what is wrong with the published generation.

    `thoroughly`: every file is compared with its checksum, also if that was done before.
    """
    try:
        if thoroughly:
            generations.verify()
        current = generations.current()
        if generations.problem:
            raise generations.problem
        for kind in current.kinds.values():
            kind.index.check()
        if current.manifest.revision < catalog.unlogged_revision:
            yield Rejected("index", "it is older than the catalogue: run `hashbag index`")
    except (IndexNotReady, EngineUnavailable) as problem:
        yield Rejected("index", str(problem))


def check_map(maps: Maps) -> Iterator[Rejected]:
    """Yield what is wrong with the published map.

    There may be none, or one older than the catalogue: whoever leaves maps out wants it so.
    """
    try:
        maps.verify()
    except NothingDrawn:
        return
    except MapNotReady as problem:
        yield Rejected("map", str(problem))
