"""The photos that were sent to the catalogue: they are in the storage, named by content."""

import re
import unicodedata
from dataclasses import dataclass

from webapp.catalog.import_list.readable_names import readable
from webapp.storage import Storage

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
    """Keeps photos that were sent. A `digest` is the SHA-256 of a photo's file, in hex."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def keep(self, stored: str, data: bytes) -> None:
        """Write a photo, so that it is kept when this returns, unless it is there already."""
        if not self.has(stored):
            self._storage.write(stored, data)

    def has(self, stored: str) -> bool:
        """Say whether there is a photo at a stored path."""
        return self._storage.size(stored) is not None

    def remove(self, stored: str) -> None:
        """Remove a photo by its stored path; what lies elsewhere stays."""
        if is_sent(stored):
            self._storage.delete([stored])


def keys_of_content(digest: str) -> list[str]:
    """Return the keys that a photo may have by its content, of whatever type it is."""
    names = {stored_name(digest, media_type) for media_type in (*_SUFFIXES, "")}
    return list(map(sent_path, sorted(names)))


def sent_path(name: str) -> str:
    """Return the stored path of a photo by its `stored_name`: its key in the storage too."""
    return f"{FOLDER}/{name}"


def is_sent(stored: str) -> bool:
    """Say whether the photo at a stored path was sent, and so belongs to the instance."""
    return stored.startswith(f"{FOLDER}/")
