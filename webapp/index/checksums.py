"""The checksums of the files of a generation."""

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from webapp.exceptions import IndexDamaged
from webapp.index.checksum_cache import ChecksumCache
from webapp.processes import available_cores


def digests(folder: Path, pattern: str) -> dict[str, str]:
    """Return the SHA-256 of each file of a folder whose name fits a pattern."""
    return {path.name: digest_of(path) for path in sorted(folder.glob(pattern))}


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_files(
    folder: Path, files: Mapping[str, str], checksum_cache: ChecksumCache | None
) -> None:
    """Compare files of a folder with their checksums; a cache knows which need not be.

    Raises:
        IndexDamaged: names the file that is missing, or is another.
    """
    for file in files:
        if not (folder / file).is_file():
            raise IndexDamaged(f"{folder.name}: {file} is missing: run `hashbag index`")
    paths = [folder / file for file in files]
    marks = checksum_cache.doubtful(paths) if checksum_cache else {}
    # The largest first; hashing releases the interpreter lock, so threads use all cores.
    doubtful = sorted(marks if checksum_cache else paths, key=lambda path: -path.stat().st_size)
    with ThreadPoolExecutor(available_cores()) as threads:
        found = dict(zip(doubtful, threads.map(digest_of, doubtful), strict=True))
    for path in doubtful:
        if found[path] != files[path.name]:
            raise IndexDamaged(
                f"{folder.name}: {path.name} is not what was built, its checksum differs: "
                "run `hashbag index`"
            )
    if checksum_cache and marks:
        checksum_cache.remember(marks)
