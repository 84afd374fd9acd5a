"""Items as an export has them, an object a line: all that another catalogue needs of them."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import PurePosixPath

from webapp.catalog.reader import Catalog
from webapp.catalog.sent_photos import stored_name
from webapp.hashing.code_packing import to_hex
from webapp.hashing.kinds import KINDS
from webapp.models import ATTRIBUTES, Fingerprint, ItemPhoto

ITEMS_MEMBER = "items.jsonl"
"""The file of an archive that has the items; beside it are their photos."""

PHOTOS_FOLDER = "photos"

_ITEMS_AT_ONCE = 500

Json = dict[str, object]
Place = Callable[[ItemPhoto], Mapping[str, str]]
"""Says where a photo is to be found, as `file`; nothing where that is told to nobody."""


def exported_items(catalog: Catalog, place: Place) -> Iterator[Json]:
    """Yield all items by ascending id; only some hundreds are in memory at a time."""
    remaining = iter(catalog.all_items())
    while some := list(islice(remaining, _ITEMS_AT_ONCE)):
        codes = catalog.photo_fingerprints([item.id for item in some])
        for item in some:
            told = [
                _photo(photo, codes.get((item.id, photo.number), {}), place)
                for photo in item.photos
            ]
            attributes = {name: getattr(item, name) for name in ATTRIBUTES}
            yield {"id": item.id, **attributes, "extra": dict(item.extra), "photos": told}


def _photo(photo: ItemPhoto, codes: Fingerprint, place: Place) -> Json:
    return {
        "filename": photo.filename,
        **place(photo),
        "digest": photo.digest,
        "width": photo.width,
        "height": photo.height,
        "media_type": photo.media_type,
        "hashes": {name: to_hex(KINDS[name], codes[name]) for name in KINDS if name in codes},
    }


def member_of(photo: ItemPhoto) -> str:
    """Return what a photo is called in an archive: by its content, so each is there once."""
    return str(PurePosixPath(PHOTOS_FOLDER, stored_name(photo.digest, photo.media_type)))
