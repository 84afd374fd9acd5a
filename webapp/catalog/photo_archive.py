"""Photos that come as one zip: unpacked within a folder, and only so much."""

import re
import shutil
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from webapp.catalog.import_list.picture_names import is_picture_name
from webapp.catalog.import_list.readable_names import is_unicode, readable
from webapp.catalog.zip_faults import ZIP_FAULTS
from webapp.exceptions import ImportListError

MOST_FILES = 50_000
MOST_BYTES = 4 * 1024**3
"""Of all photos together, unpacked."""
MOST_FILE_BYTES = 128 * 1024**2
"""Of one photo."""

_MOST_RATIO = 100  # photos are packed already: what shrinks more is no photo
_SUSPICIOUS_BYTES = 16 * 1024**2  # below it, a plain drawing may shrink so much
_BLOCK_BYTES = 1024 * 1024
_MOST_NAME_BYTES = 200
_STRANGE = re.compile(r"[\x00-\x1f\x7f:]")
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What an archive held: `files` by the paths they have in it, and how many it had besides."""

    files: tuple[PurePosixPath, ...]
    left_out: int


def unpack(archive: Path, folder: Path, told: Callable[[int, int], None]) -> Unpacked:
    """Unpack the photos of an archive into an empty folder; other files in it are left out.

    `told` is called with the number of photos done, and of all.

    Raises:
        ImportListError: it is no zip, is damaged, or is one that nobody makes of photos.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = opened.infolist()
            if len(entries) > MOST_FILES:
                raise ImportListError(f"the zip holds more than {MOST_FILES:,} files")
            wanted = dict(_photos(entries))
            _check_sizes(wanted.values(), folder)
            _write(opened, wanted, folder, told)
    except ZIP_FAULTS as error:
        raise ImportListError(f"the zip cannot be unpacked: {error}") from error
    except OSError as error:
        raise ImportListError(f"the zip cannot be unpacked: {error.strerror}") from error
    return Unpacked(tuple(wanted), sum(not one.is_dir() for one in entries) - len(wanted))


def _photos(
    entries: Sequence[zipfile.ZipInfo],
) -> Iterator[tuple[PurePosixPath, zipfile.ZipInfo]]:
    """Yield the photos by their paths.

    Raises:
        ImportListError: an entry leads out of the folder, is no plain file, or is locked.
    """
    for entry in entries:
        name = entry.filename.replace("\\", "/")
        path = PurePosixPath(name)
        shown = readable(entry.filename)[:80]
        if name.startswith("/") or ".." in path.parts or _STRANGE.search(name):
            raise ImportListError(
                f"the zip is refused: its entry \u2018{shown}\u2019 leads elsewhere"
            )
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
            raise ImportListError(
                f"the zip is refused: its entry \u2018{shown}\u2019 is no plain file"
            )
        if entry.is_dir() or not _is_wanted(path):
            continue
        if entry.flag_bits & _ENCRYPTED:
            raise ImportListError("the zip has a password: pack it without")
        yield path, entry


def _is_wanted(path: PurePosixPath) -> bool:
    hidden = any(part.startswith((".", "__MACOSX")) for part in path.parts)
    fits = all(is_unicode(one) and len(one.encode()) <= _MOST_NAME_BYTES for one in path.parts)
    return not hidden and fits and is_picture_name(path.name)


def _check_sizes(entries: Iterable[zipfile.ZipInfo], folder: Path) -> None:
    """Refuse an archive that is too large by what it says itself; it may lie, so `_write` counts.

    Raises:
        ImportListError: it is.
    """
    total = 0
    for entry in entries:
        total += entry.file_size
        packed = max(1, entry.compress_size)
        if entry.file_size > _SUSPICIOUS_BYTES and entry.file_size > _MOST_RATIO * packed:
            raise ImportListError(
                f"the zip is refused: \u2018{readable(entry.filename)[:80]}\u2019 would grow "
                f"{entry.file_size // packed:,} times"
            )
    if total > MOST_BYTES:
        raise ImportListError(
            f"the zip holds {total / 1024**3:.1f} GB of photos; at most {MOST_BYTES / 1024**3:g} "
            "can be sent at once"
        )
    free = shutil.disk_usage(folder).free
    if 2 * total > free:
        raise ImportListError(
            f"the disk has too little room: {free / 1024**2:,.0f} MB are free, and these photos "
            f"with their small copies take up to {2 * total / 1024**2:,.0f}"
        )


def _write(
    opened: zipfile.ZipFile,
    wanted: Mapping[PurePosixPath, zipfile.ZipInfo],
    folder: Path,
    told: Callable[[int, int], None],
) -> None:
    written = 0
    for number, (path, entry) in enumerate(wanted.items(), 1):
        target = folder.joinpath(*path.parts)
        target.parent.mkdir(parents=True, exist_ok=True)
        of_this = 0
        with opened.open(entry) as source, target.open("wb") as file:
            while block := source.read(_BLOCK_BYTES):
                of_this += len(block)
                written += len(block)
                if of_this > min(MOST_FILE_BYTES, entry.file_size) or written > MOST_BYTES:
                    shown = readable(entry.filename)[:80]
                    raise ImportListError(f"the zip is refused: \u2018{shown}\u2019 is too large")
                file.write(block)
        told(number, len(wanted))
