"""The small copies of photos that pages show, kept in files named by the photo's content."""

import io
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from PIL import Image

from webapp.atomic_files import UNFINISHED, flush, write_atomically
from webapp.pictures.opening import Picture

SIZES = (192, 384)
"""Longer sides, in pixels, of the copies for grids: one for each density of screen."""

DISPLAY_SIZE = 960
"""Longer side of the copy shown large where the original is heavy, or not for browsers."""

_HEAVY = 1200
_BROWSERS_SHOW = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"})


def original_fits_page(width: int, height: int, media_type: str) -> bool:
    """Say whether the original itself can be shown large, rather than a copy of it."""
    return media_type in _BROWSERS_SHOW and max(width, height) <= _HEAVY


@lru_cache(maxsize=1024)
def sizes_of(width: int, height: int, media_type: str) -> tuple[int, ...]:
    """List the copies that are kept of an original, smallest first.

    Nothing is enlarged: the last may be smaller than its name says, as large as the original.
    """
    wanted = SIZES if original_fits_page(width, height, media_type) else (*SIZES, DISPLAY_SIZE)
    smaller = (0, *wanted)
    return tuple(
        size for size, below in zip(wanted, smaller, strict=False) if max(width, height) > below
    )


def scaled(width: int, height: int, size: int) -> tuple[int, int]:
    """Return width and height of the copy of that size, aspect kept."""
    factor = min(1.0, size / max(width, height))
    return max(1, round(width * factor)), max(1, round(height * factor))


class ThumbStore:
    """A folder of WebP copies; photos with the same content share theirs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str, size: int) -> Path:
        """Name the file of one copy."""
        return self.folder / digest[:2] / f"{digest}-{size}.webp"

    def has_all(self, digest: str, sizes: tuple[int, ...]) -> bool:
        """Say whether every copy is there."""
        return all(self.path(digest, size).is_file() for size in sizes)

    def write(self, digest: str, picture: Picture) -> None:
        """Make and keep all copies of a picture; `flush` has them on disk."""
        image = picture.image
        # From large to small, each made from the one before: the photo is read once.
        for size in reversed(sizes_of(picture.width, picture.height, picture.media_type)):
            target = scaled(picture.width, picture.height, size)
            if target != image.size:
                # Halved (or more) by plain means first: a third of the time, and hard to see.
                image = image.resize(target, Image.Resampling.HAMMING, reducing_gap=1.0)
            out = io.BytesIO()
            image.save(out, "WEBP", quality=80, method=2)
            write_atomically(self.path(digest, size), out.getvalue(), flushed=False)

    def flush(self, digests: Iterable[str]) -> None:
        """Wait until all copies of these photos are on disk.

        One after the other, when all are written: that takes a tenth of the time that flushing
        each before the next is written would.
        """
        written = [path for digest in digests for path in self._copies(digest)]
        for path in (*written, *{path.parent for path in written}):
            flush(path)

    def clear_unfinished(self) -> None:
        """Remove what a killed process left half written; for the one that may write."""
        for path in self.folder.glob(f"*/{UNFINISHED}*"):
            path.unlink()

    def remove(self, digest: str) -> None:
        """Forget all copies of a photo."""
        for path in self._copies(digest):
            path.unlink()

    def _copies(self, digest: str) -> list[Path]:
        """Return the files that are there; a folder of thousands is not listed for them."""
        paths = (self.path(digest, size) for size in (*SIZES, DISPLAY_SIZE))
        return [path for path in paths if path.exists()]
