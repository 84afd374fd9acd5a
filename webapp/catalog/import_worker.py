"""What is found in a photo's file, by workers that know of no database."""

import hashlib
import stat
from collections.abc import Collection
from dataclasses import dataclass

from webapp.exceptions import UnreadableImage
from webapp.hashing.kinds import KINDS, fingerprint
from webapp.models import Fingerprint, ImportEntry, Item, ListedPhoto, Rejected, Remark
from webapp.pictures.opening import open_picture
from webapp.pictures.thumbnails import ThumbStore, sizes_of

MAX_FILE_BYTES = 512 * 1024 * 1024


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


ImportTask = tuple[ImportEntry, Known | None]


def read(
    thumbs: ThumbStore, max_pixels: int, kinds: Collection[str], task: ImportTask
) -> Photo | Rejected | Remark:
    """Read one file: the picture is decoded once for its codes and copies.

    What is new gets codes of the `kinds`, what changed all there are, and what is known and
    unchanged those that are stale.
    """
    want, known = task
    if not isinstance(want, ListedPhoto):
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
    wanted = kinds if known is None else known.stale if same else KINDS
    codes = fingerprint(picture.image, [KINDS[name] for name in wanted]) or None
    return Photo(digest, picture.width, picture.height, picture.media_type, codes)


def _has_thumbs(thumbs: ThumbStore, known: Known) -> bool:
    item = known.item
    return thumbs.has_all(item.digest, sizes_of(item.width, item.height, item.media_type))
