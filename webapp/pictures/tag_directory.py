"""The tables of tags that TIFF files and EXIF notes are made of, read entry by entry.

Nothing that a tag points at is followed unless it is asked for, so that odd tags harm nobody.
"""

import struct
from dataclasses import dataclass, field

_SHORT, _LONG, _IFD, _LONG8, _IFD8 = 3, 4, 13, 16, 18
_INTEGERS = {_SHORT: "H", _LONG: "I", _IFD: "I", _LONG8: "Q", _IFD8: "Q"}


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file's numbers are written, and where its first directory lies."""

    order: str
    big: bool
    first: int

    @property
    def head(self) -> str:
        """The format of the number of entries."""
        return self.order + ("Q" if self.big else "H")

    @property
    def entry(self) -> str:
        """The format of an entry: tag, type, number of values, the values or where they are."""
        return self.order + ("HHQ8s" if self.big else "HHI4s")

    @property
    def pointer(self) -> str:
        """The format of an offset in the file."""
        return self.order + ("Q" if self.big else "I")


def layout_of(data: bytes) -> Layout:
    """Read the header of a TIFF file or EXIF note.

    Raises:
        ValueError: this is none.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2], "")
    try:
        (version,) = struct.unpack_from(f"{order}H", data, 2)
        if not order or version not in {42, 43}:
            raise ValueError("this is no TIFF header")
        if version == 43:
            return Layout(order, True, *struct.unpack_from(f"{order}Q", data, 8))
        return Layout(order, False, *struct.unpack_from(f"{order}I", data, 4))
    except struct.error as error:
        raise ValueError("the TIFF header is cut short") from error


@dataclass(frozen=True, slots=True)
class Directory:
    """One table of tags: its entries as they are written, and where the next table lies."""

    data: bytes = field(repr=False)
    layout: Layout
    entries: dict[int, bytes]
    next: int

    def integers(self, tag: int, most: int = 64) -> tuple[int, ...]:
        """Return the first values of a tag, none unless it has whole numbers."""
        if tag not in self.entries:
            return ()
        _, kind, count, value = struct.unpack(self.layout.entry, self.entries[tag])
        if kind not in _INTEGERS:
            return ()
        letter = _INTEGERS[kind]
        form = f"{self.layout.order}{min(count, most)}{letter}"
        if count * struct.calcsize(f"={letter}") <= len(value):
            return struct.unpack_from(form, value)
        (offset,) = struct.unpack(self.layout.pointer, value)
        end = offset + struct.calcsize(form)
        return struct.unpack(form, self.data[offset:end]) if end <= len(self.data) else ()

    def integer(self, tag: int, default: int) -> int:
        """Return the first value of a tag."""
        return (self.integers(tag, 1) or (default,))[0]


def directory_at(data: bytes, layout: Layout, offset: int) -> Directory:
    """Read the table at an offset; entries beyond the end of the file are left out."""
    entries: dict[int, bytes] = {}
    try:
        (count,) = struct.unpack_from(layout.head, data, offset)
        at, size = offset + struct.calcsize(layout.head), struct.calcsize(layout.entry)
        for place in range(at, min(at + count * size, len(data) - size + 1), size):
            entry = data[place : place + size]
            (tag,) = struct.unpack_from(f"{layout.order}H", entry)
            entries.setdefault(tag, entry)
        (following,) = struct.unpack_from(layout.pointer, data, at + count * size)
    except (struct.error, OverflowError):
        following = 0
    return Directory(data, layout, entries, following)
