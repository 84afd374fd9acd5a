"""Is everything as it was stored: photos, thumbnails, codes, the index, the map."""

import hashlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from webapp.catalog.reader import Catalog
from webapp.exceptions import IndexNotReady, MapNotReady, NothingDrawn, UnreadableImage
from webapp.explore.map.store import Maps
from webapp.hashing.code_packing import differs
from webapp.hashing.fingerprinting import EncodedPicture, hash_item
from webapp.hashing.kinds import KINDS
from webapp.index.generation_store import GenerationStore
from webapp.models import Fingerprint, Item, Rejected
from webapp.pictures.thumbnails import ThumbStore, sizes_of
from webapp.processes import in_order


def check_items(catalog: Catalog, thumbs: ThumbStore, jobs: int) -> Iterator[Rejected | None]:
    """Compare every item with its photo; yield what is wrong for each, or None.

    A code that was never computed is not wrong: it waits until somebody asks for it.
    """
    stored = (
        (item, catalog.photo(item), catalog.fingerprints([item.id])[item.id])
        for item in catalog.all_items()
    )
    for (item, _, _), problem in in_order(partial(_item_problem, thumbs), stored, jobs):
        yield Rejected(f"item {item.id}, {item.filename}", problem) if problem else None


def _item_problem(thumbs: ThumbStore, stored: tuple[Item, Path, Fingerprint]) -> str | None:
    item, path, codes = stored
    try:
        data = path.read_bytes()
    except OSError as error:
        return f"its photo cannot be read: {error.strerror}"
    if hashlib.sha256(data).hexdigest() != item.digest:
        return "its photo changed since it was imported: import it again"
    if not thumbs.has_all(item.digest, sizes_of(item.width, item.height, item.media_type)):
        return "a thumbnail is missing: import it again"
    try:
        _, found = hash_item(EncodedPicture.of_item(item, data), codes.keys() & KINDS.keys())
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
        if current.manifest.revision != catalog.revision:
            yield Rejected("index", "it is older than the catalogue: run `hashbag index`")
    except IndexNotReady as problem:
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
