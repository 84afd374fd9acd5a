"""Where the photo lies that a list names: lists are written on other machines than ours.

Functions of `os.path` answer where methods of `Path` would raise: for names that are too long, and
in folders that are closed.
"""

import os
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

from webapp.catalog.import_list.picture_names import is_picture_name

_ADDRESS = re.compile(r"(?:(?:https?|ftp):)?//", re.IGNORECASE)
# Absolute on the machine that wrote the list: a drive, a share.
_ELSEWHERE = re.compile(r"/+|[A-Za-z]:/+")
_FILE_ADDRESS = re.compile(r"^file:/+", re.IGNORECASE)
_QUERY = re.compile(r"[?#].*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a photo lies: without links, and as the list's folder shows it.

    `by_name` says that it was found beside the list by the end of a path or web address.
    """

    path: Path
    filename: str
    by_name: bool = False


def is_address(written: str) -> bool:
    """Say whether a photo is named by an address on the web."""
    return _ADDRESS.match(written) is not None


def first_and_others(cell: str) -> tuple[str, list[str]]:
    """Take apart a cell that names several pictures, as exports of shops do."""
    if is_address(cell):
        first, *others = re.split(r"(?<![\s,;|])[\s,;|]+(?=https?://)", cell)
        return first, others
    first, *others = (part.strip() for part in re.split(r"[,;|\n]", cell))
    # A name may hold any of these signs: there are several only if each is that of a picture.
    if others and all(is_picture_name(_QUERY.sub("", name)) for name in (first, *others)):
        return first, others
    return cell, []


class PhotoPaths:
    """Finds photos from the folder that a list lies in."""

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.realpath(folder)
        self._without_links = lru_cache(maxsize=256)(os.path.realpath)
        self._names_in = lru_cache(maxsize=8)(_names_in)

    def exact(self, written: str) -> Place | None:
        """Find a photo just where the list says."""
        path = self._joined(written)
        return Place(self._resolved(path), written) if os.path.lexists(path) else None

    def find(self, written: str) -> Place | None:
        """Find a photo by other ways to write its name, or by the end of a path from elsewhere."""
        for spelling in _spellings(written):
            head = _ADDRESS.match(spelling) or _ELSEWHERE.match(spelling)
            base = "" if spelling.startswith("/") else self._folder
            if found := self._on_disk(base, spelling.lstrip("/").split("/")):
                return Place(self._resolved(found), self._shown(found))
            if head and (found := self._by_its_end(spelling[head.end() :])):
                return Place(self._resolved(found), self._shown(found), by_name=True)
        return None

    def nowhere(self, written: str) -> Place:
        """Return the place of a photo that is not there."""
        return Place(self._resolved(self._joined(written)), written)

    def _joined(self, written: str) -> str:
        return written if written.startswith("/") else f"{self._folder}/{written}"

    def _by_its_end(self, path: str) -> str:
        """Find a file below the list's folder by the longest end of a path from elsewhere."""
        parts = [part for part in path.split("/") if part not in {"", ".", ".."}]
        ends = (self._on_disk(self._folder, parts[start:]) for start in range(len(parts)))
        return next(filter(None, ends), "")

    def _on_disk(self, folder: str, parts: Sequence[str]) -> str:
        """Follow a path from a folder, each part as it is called there; "" if it leads nowhere."""
        path = folder
        for part in parts:
            there = next(filter(os.path.lexists, (f"{path}/{form}" for form in _forms(part))), "")
            path = there or self._alike(path, part)
            if not path:
                return ""
        return path if os.path.isfile(path) else ""  # noqa: PTH113

    def _alike(self, folder: str, name: str) -> str:
        """Find what is called so but for case, which other systems do not tell apart.

        It is "" where several are, and elsewhere than below the list's folder.
        """
        if not f"{folder}/".startswith(f"{self._folder}/"):
            return ""
        found = self._names_in(folder).get(_without_case(name), ())
        return f"{folder}/{found[0]}" if len(found) == 1 else ""

    def _shown(self, path: str) -> str:
        return os.path.relpath(path, self._folder)

    def _resolved(self, path: str) -> Path:
        """Return a path without links; those of its folder are looked up once."""
        folder, _, name = path.rpartition("/")
        if name in {"", ".", ".."} or os.path.islink(path):  # noqa: PTH114
            return Path(os.path.realpath(path))
        return Path(self._without_links(f"{folder}/"), name)


def _spellings(written: str) -> Iterator[str]:
    """Yield a path with slashes, then without escapes, then without what follows a "?"."""
    slashed = _FILE_ADDRESS.sub("/", written.replace("\\", "/"), count=1)
    short = _QUERY.sub("", slashed)
    yield from dict.fromkeys((slashed, unquote(slashed), short, unquote(short)))


def _names_in(folder: str) -> Mapping[str, Sequence[str]]:
    """Return the names in a folder by what they are without case; none where it is closed."""
    found: dict[str, list[str]] = {}
    try:
        names = os.listdir(folder)  # noqa: PTH208 - as for all here
    except OSError:
        return found  # what lies there is not found by any name
    for name in names:
        found.setdefault(_without_case(name), []).append(name)
    return found


def _without_case(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _forms(part: str) -> Iterator[str]:
    """Yield a name in the two forms of Unicode, and with its ending in the other case."""
    stem, dot, ending = part.rpartition(".")
    for name in dict.fromkeys((part, f"{stem}{dot}{ending.swapcase()}")):
        yield from dict.fromkeys(
            (name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name))
        )
