"""Rows of a list that name the same file: other things that share a photo, or a row repeated."""

import hashlib
import os
from pathlib import Path

_LINE_BITS = 40


class SharedPhotos:
    """Remembers of each file the rows that named it, in some bytes each."""

    def __init__(self) -> None:
        # By a short digest of the path, since paths are long: a digest of the row's texts, and its
        # line in the lowest bits.
        self._first: dict[bytes, int] = {}
        self._further: dict[bytes, list[int]] = {}

    def add(self, path: Path, texts: str, line: int) -> tuple[int, int | None]:
        """Note a row; return how many different ones named the file before, and the same one.

        `texts` are all that a row says. The second value is the line of a row that said the same of
        the same file; such a row is not noted again.
        """
        key = hashlib.blake2b(os.fsencode(path), digest_size=16).digest()
        said = hashlib.blake2b(texts.encode(), digest_size=8).digest()
        row = int.from_bytes(said) << _LINE_BITS | line
        if key not in self._first:
            self._first[key] = row
            return 0, None
        rows = [self._first[key], *self._further.get(key, ())]
        for one in rows:
            if one >> _LINE_BITS == row >> _LINE_BITS:
                return len(rows), one & (1 << _LINE_BITS) - 1
        self._further.setdefault(key, []).append(row)
        return len(rows), None
