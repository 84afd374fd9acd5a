"""The photos that were sent to the catalogue: they lie in the instance folder, named by content."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from webapp.atomic_files import write_atomically
from webapp.catalog.import_list.readable_names import readable

FOLDER = "originals"

_SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "image/avif": ".avif",
    "image/heic": ".heic",
    "image/tiff": ".tif",
    "image/bmp": ".bmp",
}
_NAMELESS = "photo"
_MOST_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class SentPhoto:
    """A photo's file as it was sent, and the name that its sender gave it."""

    filename: str
    data: bytes


def file_name(sent: str) -> str:
    """Return the last part of the name that a sender gave a photo, fit to be shown and kept."""
    last = re.split(r"[/\\]", sent)[-1]
    shown = "".join(c for c in readable(last) if not unicodedata.category(c).startswith("C"))
    return shown.strip()[:_MOST_CHARACTERS] or _NAMELESS


def stored_name(digest: str, media_type: str) -> str:
    """Return what a photo is called by its content, in a folder by its first two digits."""
    plain_type = media_type.partition(";")[0].strip()
    return f"{digest[:2]}/{digest}{_SUFFIXES.get(plain_type, '')}"


class SentPhotos:
    """The folder of photos that were sent. A `digest` is the SHA-256 of a photo's file, in hex."""

    def __init__(self, instance: Path) -> None:
        self._folder = instance / FOLDER

    def path(self, digest: str, media_type: str) -> Path:
        """Return where a photo lies, whether or not it is there."""
        return self.named(stored_name(digest, media_type))

    def named(self, name: str) -> Path:
        """Return where the photo of a `stored_name` lies, whether or not it is there."""
        return self._folder / name

    def keep(self, path: Path, data: bytes) -> None:
        """Write a photo, so that it is on disk when this returns, unless it is there already."""
        if not path.is_file():
            write_atomically(path, data)

    def remove(self, stored: str) -> None:
        """Remove a photo by its stored path; what lies elsewhere stays."""
        if is_sent(stored):
            (self._folder.parent / stored).unlink(missing_ok=True)


def is_sent(stored: str) -> bool:
    """Say whether the photo at a stored path was sent, and so belongs to the instance."""
    return stored.startswith(f"{FOLDER}/")
