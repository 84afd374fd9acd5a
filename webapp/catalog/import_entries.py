"""What reading a folder or an import list yields: photos to take in, and what is to be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FurtherPhoto:
    """A further photo of an item that is to be taken in; for `copy` see `ListedPhoto`."""

    path: Path
    filename: str
    copy: str | None = None


@dataclass(frozen=True, slots=True)
class ListedPhoto:
    """One item to take in; `attributes` are columns of the catalogue, those given only.

    `path` and `filename` are of its first photo; `further` are its others, None where nothing is
    said of them. `line` is where the import list names it; None in a folder. `occurrence` counts
    the rows of the list before it that name the same file first. `copy` is the key in the storage
    of what is read instead where there is no file: of items that are there already. `says_all`: an
    item that is there already loses the extra attributes that are not among these.
    """

    path: Path
    filename: str
    attributes: Mapping[str, object]
    line: int | None = None
    occurrence: int = 0
    further: tuple[FurtherPhoto, ...] | None = None
    copy: str | None = None
    says_all: bool = False

    def attributes_beside(self, extra: Mapping[str, str]) -> Mapping[str, object]:
        """Return the attributes to be written of an item that has some `extra` ones already."""
        given = self.attributes.get("extra")
        if self.says_all or not isinstance(given, Mapping):
            return self.attributes
        return {**self.attributes, "extra": {**extra, **given}}


@dataclass(frozen=True, slots=True)
class Note:
    """What an import tells of one file; `line` is where the import list names it."""

    kind: ClassVar[str] = "note"

    source: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        where = self.source if self.line is None else f"{self.source}, line {self.line}"
        return f"{where}: {self.reason}"


class Rejected(Note):
    """Something that could not be taken in, and why."""

    __slots__ = ()
    kind = "rejected"


class UnreadPart(Rejected):
    """A part of a folder or list that could not be read: what it holds is not known."""

    __slots__ = ()


class Remark(Note):
    """Something that was taken in, or left out on purpose, and what to know of it."""

    __slots__ = ()
    kind = "remark"


ImportEntry = ListedPhoto | Rejected | Remark
"""What reading a folder or an import list yields."""
