"""Thumbnails: the small WebP copies of photos that pages show, in files named by content."""

import io
import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from PIL import Image

from webapp.atomic_files import UNFINISHED, flush, is_abandoned, write_atomically
from webapp.pictures.formats import SHOWN_OTHERWISE
from webapp.pictures.opening import Picture

SIZES = (192, 384)
"""Longer sides of the thumbnails in grids, in pixels: for plain and for dense screens."""

DISPLAY_SIZE = 960
"""Longer side, in pixels, of the copy shown large where the original is not fit for a page."""

_FULL_SIZE = 3840
"""Longer side, in pixels, of the copy that is shown instead of the original."""

_WEBP_HEAD_BYTES = 8  # its name, and how many bytes follow

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
    """The folder of thumbnails; photos with the same content share theirs.

    A `digest` is the SHA-256 of a photo's file, in hex.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str, size: int) -> Path:
        """Return the file of one copy, whether or not it is there."""
        return self.folder / digest[:2] / f"{digest}-{size}.webp"

    def has_all(self, digest: str, sizes: tuple[int, ...]) -> bool:
        """Return whether the copies of all these sizes are there."""
        return all(self.path(digest, size).is_file() for size in sizes)

    def is_whole(self, digest: str, size: int) -> bool:
        """Return whether a copy is there, as long as it says that it is."""
        try:
            with self.path(digest, size).open("rb") as file:
                head = file.read(_WEBP_HEAD_BYTES)
                length = os.fstat(file.fileno()).st_size
        except OSError:
            return False
        return head[:4] == b"RIFF" and int.from_bytes(head[4:], "little") + 8 == length

    def write(self, digest: str, picture: Picture) -> None:
        """Write all copies of a picture; they are on disk after `flush`."""
        self.keep(digest, copies_of(picture))

    def keep(self, digest: str, copies: Iterable[tuple[int, bytes]]) -> None:
        """Write copies, each with its size; they are on disk after `flush`."""
        for size, data in copies:
            write_atomically(self.path(digest, size), data, flushed=False)

    def flush(self, digests: Iterable[str]) -> set[Path]:
        """Wait until all copies of these photos are on disk; return the folders of their names.

        Many files that were written before are flushed in a tenth of the time that flushing each
        before the next is written would take.
        """
        copies = [path for digest in digests for path in self.copies(digest)]
        for path in copies:
            flush(path)
        return {path.parent for path in copies}

    def clear_unfinished(self) -> None:
        """Remove files that a killed process left unfinished."""
        for path in self.folder.glob(f"*/{UNFINISHED}*"):
            if is_abandoned(path):
                path.unlink(missing_ok=True)

    def remove(self, digest: str) -> None:
        """Remove all copies of a photo."""
        for path in self.copies(digest):
            path.unlink()

    def copies(self, digest: str) -> list[Path]:
        """Return the files that are there; a folder of thousands is not listed for them."""
        paths = (self.path(digest, size) for size in (*SIZES, DISPLAY_SIZE, _FULL_SIZE))
        return [path for path in paths if path.exists()]
