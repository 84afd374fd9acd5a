"""A folder of photos: which of its files are to be taken in, and what is left out.

Functions of `os.path` answer where methods of `Path` would raise: in folders that are closed.
"""

import os
import re
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from webapp.catalog.import_entries import ImportEntry, ListedPhoto, Rejected, Remark, UnreadPart
from webapp.catalog.import_list.picture_names import is_picture_name
from webapp.catalog.import_list.readable_names import is_unicode, readable

# What file systems, network drives and archives keep beside files, in lower case.
_SYSTEM_FOLDERS = frozenset(
    {
        "@eadir",
        "@recycle",
        "#recycle",
        "#snapshot",
        "$recycle.bin",
        "__macosx",
        "lost+found",
        "system volume information",
    }
)
# How pictures begin; only a file whose name has no ending is opened to see it.
_BEGINNING = re.compile(
    rb"\xff\xd8\xff|\x89PNG|GIF8|BM|II\*\0|MM\0\*|RIFF....WEBP|....ftyp(?:avi|hei|mif)", re.DOTALL
)
_ENDINGS_NAMED = 5  # of what is left out, the most frequent


class FolderWalk:
    """One walk over a folder: every photo once, hidden and system files apart.

    Linked folders are walked after the folder itself, as if they lay there. `own` are folders
    that hold what Hashbag makes.
    """

    def __init__(self, folder: Path, own: Collection[Path]) -> None:
        self._top = os.path.realpath(folder)
        # What one asks for by name is walked, wherever it lies.
        self._own = [real for path in own if not _is_in(self._top, real := os.path.realpath(path))]
        self._roots = [(self._top, "")]  # folders to walk, and how they are shown
        self._walked: set[str] = set()
        self._linked: dict[str, str] = {}  # files that were taken by a link, and its name
        self._folders_left = 0
        self._files_left: Counter[str] = Counter()  # by the ending of their names
        self._notes: list[Rejected | Remark] = []

    def entries(self) -> Iterator[ImportEntry]:
        """Yield the photos, then what is to be said of the rest."""
        for root, shown in self._roots:  # it grows as links to folders are found
            if root not in self._walked:
                yield from self._tree(root, shown)
        yield from self._notes
        if left := self._left_out():
            yield Remark(readable(self._top), left)

    def _tree(self, root: str, shown: str) -> Iterator[ImportEntry]:
        for folder, folders, files in os.walk(root, onerror=self._note_unreadable):
            self._walked.add(folder)
            inside = folder[len(root) :].strip("/")
            prefix = "".join(f"{part}/" for part in (shown, inside) if part)
            folders[:] = [
                name for name in sorted(folders) if self._enters(f"{folder}/{name}", prefix + name)
            ]
            for name in sorted(files):
                if _is_taken(f"{folder}/{name}"):
                    yield self._photo(f"{folder}/{name}", prefix + name)
                else:
                    self._files_left[Path(name).suffix.lower()] += 1

    def _enters(self, path: str, shown: str) -> bool:
        """Say whether a walk goes into a folder; where a link leads, one goes later."""
        name = path.rpartition("/")[2]
        real = os.path.realpath(path)
        if _is_system(name) or self._is_own(real):
            self._folders_left += 1
            return False
        if not os.path.islink(path):  # noqa: PTH114
            return real not in self._walked
        if _is_in(path, real):
            self._notes.append(Remark(readable(shown), "a link to a folder above it: not followed"))
        else:
            self._roots.append((real, shown))
        return False

    def _is_own(self, path: str) -> bool:
        return any(_is_in(path, own) for own in self._own)

    def _photo(self, path: str, shown: str) -> ListedPhoto | Rejected:
        real = os.path.realpath(path) if os.path.islink(path) else path  # noqa: PTH114
        if not is_unicode(real):
            return Rejected(readable(shown), "its path is not UTF-8: rename it")
        same = self._linked.get(real, shown)
        if real != path:
            same = self._shown_by_itself(real) or self._linked.setdefault(real, shown)
        if same != shown:
            return Rejected(readable(shown), f"the same file as {readable(same)}")
        return ListedPhoto(Path(real), readable(shown), {})

    def _shown_by_itself(self, real: str) -> str:
        """Return how a walk shows a file that it comes upon by itself; "" where it does not."""
        if self._is_own(real) or not (os.path.isfile(real) and _is_taken(real)):  # noqa: PTH113
            return ""
        for root, shown in self._roots:
            inside = real[len(root) :].strip("/")
            folders = inside.split("/")[:-1]
            if _is_in(real, root) and not any(map(_is_system, folders)):
                return f"{shown}/{inside}".strip("/")
        return ""

    def _note_unreadable(self, error: OSError) -> None:
        folder = os.path.relpath(error.filename, self._top)
        reason = f"the folder cannot be read: {error.strerror}"
        self._notes.append(UnreadPart(readable(folder), reason))

    def _left_out(self) -> str:
        """Tell how many files and folders were left out, and of which sorts most."""
        counts = {"other file": self._files_left.total(), "system folder": self._folders_left}
        parts = [f"{n} {what}{'s' if n > 1 else ''}" for what, n in counts.items() if n]
        if not parts:
            return ""
        sorts = [readable(sort) for sort, _ in self._files_left.most_common(_ENDINGS_NAMED) if sort]
        named = f" ({', '.join(sorts)})" if sorts else ""
        return f"left out {sum(counts.values())}: {', '.join(parts)}{named}"


def _is_in(path: str, folder: str) -> bool:
    return os.path.commonpath((path, folder)) == folder


def _is_system(folder: str) -> bool:
    return folder.startswith(".") or folder.lower() in _SYSTEM_FOLDERS


def _is_taken(path: str) -> bool:
    """Say whether a file is a picture by its name, or has a name that does not tell and is one."""
    name = path.rpartition("/")[2]
    if name.startswith("."):
        return False
    return is_picture_name(name) or ("." not in name and _begins_like_a_picture(path))


def _begins_like_a_picture(path: str) -> bool:
    if not os.path.isfile(path):  # noqa: PTH113 - opening a pipe would wait for its other end
        return False
    try:
        with Path(path).open("rb") as file:
            return _BEGINNING.match(file.read(16)) is not None
    except OSError:
        return True  # whoever reads it will say why it cannot be read
