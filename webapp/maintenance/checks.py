"""Is everything as it was stored: photos, thumbnails, codes, the index, the map."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from webapp.catalog.import_entries import Rejected
from webapp.catalog.originals import Originals
from webapp.catalog.reader import Catalog
from webapp.exceptions import (
    EngineUnavailable,
    IndexDamaged,
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

_MEND = "`hashbag verify --repair` makes it anew"
_WAY_BACK = "move its file away, then `hashbag restore` puts a backup in its place"


class Fault(StrEnum):
    """What of a photo is wrong: the original itself, or what is made of it."""

    PHOTO = "photo"
    THUMBNAIL = "thumbnail"
    CODES = "codes"


@dataclass(frozen=True, slots=True)
class WrongPhoto(Rejected):
    """What is wrong of one photo of an item, by its number; `kinds`: those of wrong codes."""

    item_id: int = 0
    photo: int = 1
    digest: str = ""
    fault: Fault = Fault.PHOTO
    kinds: tuple[str, ...] = ()


def check_database(catalog: Catalog) -> Iterator[Rejected]:
    """Yield what is wrong with the database's file; a server looks after its own."""
    if catalog.engine.dialect.name != "sqlite":
        return
    with catalog.connect() as connection:
        found = [row[0] for row in connection.exec_driver_sql("PRAGMA integrity_check(3)")]
        lost = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if found != ["ok"]:
        said = "; ".join(" ".join(str(one).split()) for one in found)
        yield Rejected("database", f"{said}: {_WAY_BACK}")
    if lost:
        tables = ", ".join(sorted({str(row[0]) for row in lost}))
        yield Rejected("database", f"rows of {tables} belong to nothing: {_WAY_BACK}")


def check_items(catalog: Catalog, thumbs: ThumbStore, jobs: int) -> Iterator[WrongPhoto | None]:
    """Compare every item with its photos; yield what is wrong of each, or None for the item.

    A code that was never computed is not wrong: it waits until somebody asks for it.
    """
    check = partial(_item_problems, catalog.originals, thumbs)
    for _, problems in in_order(check, _stored(catalog), jobs):
        if problems:
            yield from problems
        else:
            yield None


_Stored = tuple[Item, tuple[Fingerprint, ...]]
"""An item, and the codes of each of its photos."""


def _stored(catalog: Catalog) -> Iterator[_Stored]:
    for item in catalog.all_items():
        codes = catalog.photo_fingerprints([item.id])
        yield item, tuple(codes.get((item.id, photo.number), {}) for photo in item.photos)


def _item_problems(originals: Originals, thumbs: ThumbStore, stored: _Stored) -> list[WrongPhoto]:
    item, codes_of_photos = stored
    return [
        WrongPhoto(
            f"item {item.id}, {photo.filename}",
            reason,
            item_id=item.id,
            photo=photo.number,
            digest=photo.digest,
            fault=fault,
            kinds=kinds,
        )
        for photo, codes in zip(item.photos, codes_of_photos, strict=True)
        for fault, reason, kinds in _photo_problems(originals, thumbs, photo, codes)
    ]


def _photo_problems(
    originals: Originals, thumbs: ThumbStore, photo: ItemPhoto, codes: Fingerprint
) -> Iterator[tuple[Fault, str, tuple[str, ...]]]:
    try:
        data = originals.read(photo)
    except OSError as error:
        yield Fault.PHOTO, f"its photo cannot be read: {error.strerror}", ()
        return
    if hashlib.sha256(data).hexdigest() != photo.digest:
        yield Fault.PHOTO, "its photo changed since it was imported: import it again", ()
        return
    sizes = sizes_of(photo.width, photo.height, photo.media_type)
    if not all(thumbs.is_whole(photo.digest, size) for size in sizes):
        yield Fault.THUMBNAIL, f"a thumbnail is missing or cut: {_MEND}", ()
    try:
        _, found = hash_item(EncodedPicture.of_item(photo, data), codes.keys() & KINDS.keys())
    except UnreadableImage as error:
        yield Fault.PHOTO, str(error), ()
        return
    wrong = [name for name, code in found.items() if differs(KINDS[name], codes[name], code)]
    if wrong:
        told = f"its stored codes are not its photo's: {', '.join(wrong)}: {_MEND}"
        yield Fault.CODES, told, tuple(wrong)


def check_index(
    catalog: Catalog, generations: GenerationStore, *, thoroughly: bool = False
) -> Iterator[Rejected]:
    """Yield what is wrong with the published generation.

    `thoroughly`: every file is compared with its checksum, also if that was done before, and every
    code that an engine keeps elsewhere with the one that was built.
    """
    try:
        if thoroughly:
            generations.verify()
        current = generations.current()
        if generations.problem:
            raise generations.problem
        for kind in current.kinds.values():
            try:
                kind.index.verify() if thoroughly else kind.index.check()
            except IndexDamaged as problem:
                yield Rejected("index", problem.for_owner)
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
