"""Thumbnails: the small WebP copies of photos that pages show, in files named by content."""

import io
from collections.abc import Iterable, Iterator
from functools import lru_cache

from PIL import Image

from webapp.pictures.formats import SHOWN_OTHERWISE
from webapp.pictures.opening import Picture
from webapp.storage import Storage

FOLDER = "thumbs"

SIZES = (192, 384)
"""Longer sides of the thumbnails in grids, in pixels: for plain and for dense screens."""

DISPLAY_SIZE = 960
"""Longer side, in pixels, of the copy shown large where the original is not fit for a page."""

_FULL_SIZE = 3840
"""Longer side, in pixels, of the copy that is shown instead of the original."""

_MAX_ORIGINAL_PIXELS = 1200
_BROWSER_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"})


def is_original_shown(media_type: str) -> bool:
    """Return whether browsers show the original as it is shown here; else a copy is served."""
    return not media_type.endswith(SHOWN_OTHERWISE)


def original_fits_page(width: int, height: int, media_type: str) -> bool:
    """Return whether a page can show the original large: not above 1200 pixels, of a web type."""
    return media_type in _BROWSER_TYPES and max(width, height) <= _MAX_ORIGINAL_PIXELS


@lru_cache(maxsize=1024)
def sizes_of(width: int, height: int, media_type: str) -> tuple[int, ...]:
    """Return the sizes of the copies that are kept of an original, smallest first, in pixels.

    Photos are never enlarged: the copy of the last size may be only as large as the original.
    """
    sizes = SIZES if original_fits_page(width, height, media_type) else (*SIZES, DISPLAY_SIZE)
    if not is_original_shown(media_type):
        sizes = (*sizes, _FULL_SIZE)
    next_smaller = (0, *sizes)
    return tuple(
        size for size, below in zip(sizes, next_smaller, strict=False) if max(width, height) > below
    )


def scaled(width: int, height: int, size: int) -> tuple[int, int]:
    """Return width and height of the copy whose longer side is `size`, in pixels."""
    factor = min(1.0, size / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


def copies_of(picture: Picture) -> Iterator[tuple[int, bytes]]:
    """Yield all copies of a picture, each with its size, as files in WebP."""
    image = picture.image
    # From large to small, each made from the one before: a resize then reads few pixels.
    for size in reversed(sizes_of(picture.width, picture.height, picture.media_type)):
        target = scaled(picture.width, picture.height, size)
        if target != image.size:
            # A reducing gap averages blocks first: a third of the time, and hard to see.
            image = image.resize(target, Image.Resampling.HAMMING, reducing_gap=1.0)
        out = io.BytesIO()
        image.save(out, "WEBP", quality=80, method=2)
        yield size, out.getvalue()


class ThumbStore:
    """The thumbnails in a storage; photos with the same content share theirs.

    A `digest` is the SHA-256 of a photo's file, in hex.
    """

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def key(self, digest: str, size: int) -> str:
        """Return the key of one copy, whether or not it is there."""
        return f"{FOLDER}/{digest[:2]}/{digest}-{size}.webp"

    def has_all(self, digest: str, sizes: tuple[int, ...]) -> bool:
        """Return whether the copies of all these sizes are there."""
        return all(self.storage.size(self.key(digest, size)) is not None for size in sizes)

    def is_whole(self, digest: str, size: int) -> bool:
        """Return whether a copy is there, as long as it says that it is."""
        try:
            data = self.storage.read(self.key(digest, size))
        except OSError:
            return False
        return data[:4] == b"RIFF" and int.from_bytes(data[4:8], "little") + 8 == len(data)

    def write(self, digest: str, picture: Picture) -> None:
        """Write all copies of a picture; they are kept after `flush`."""
        self.keep(digest, copies_of(picture))

    def keep(self, digest: str, copies: Iterable[tuple[int, bytes]]) -> None:
        """Write copies, each with its size; they are kept after `flush`."""
        for size, data in copies:
            self.storage.write(self.key(digest, size), data, flushed=False)

    def flush(self, digests: Iterable[str]) -> set[str]:
        """Wait until all copies of these photos are kept; return the folders of their names."""
        return self.storage.flush(key for digest in digests for key in self.keys(digest))

    def clear_unfinished(self) -> None:
        """Remove files that a killed process left unfinished."""
        self.storage.delete(self.storage.unfinished(FOLDER))

    def remove(self, digest: str) -> None:
        """Remove all copies of a photo."""
        self.storage.delete(self.keys(digest))

    def keys(self, digest: str) -> list[str]:
        """Return the keys that a photo's copies may have; a folder of thousands is not listed."""
        return [self.key(digest, size) for size in (*SIZES, DISPLAY_SIZE, _FULL_SIZE)]
