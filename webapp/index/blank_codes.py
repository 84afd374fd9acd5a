"""Codes of plain pictures, which all plain pictures share: equal ones prove nothing.

Most kinds see light and dark, and none of it in a picture of one colour: navy, red and white have
the same code. Such items have the identical picture only if their files are the same.
"""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from PIL import Image

from webapp.hashing.code_packing import pack, packed_views
from webapp.hashing.kinds import KINDS
from webapp.hashing.picture_features import PictureFeatures
from webapp.index.code_table import CodeTable
from webapp.index.hamming import Planes, to_planes
from webapp.index.masks import Mask

# Of the colours, only black has other codes than the rest, and in few kinds.
_PLAIN = ("black", "white")
_SIDE_PIXELS = 64


def blank_rows(table: CodeTable, kind: str) -> Mask:
    """Return which rows of a kind's table, (N,), are codes of plain pictures."""
    found = np.zeros(table.row_count, dtype=bool)
    if not KINDS[kind].sees_colour:
        for code in _codes(kind).T:
            found[(table.codes == code[:, None]).all(axis=0)] = True
    return found


def blank_photos(table: CodeTable, kind: str) -> Mask:
    """Return which photos of a kind's table, (P,), have no view that is not blank."""
    blank: Mask = np.logical_and.reduce(blank_rows(table, kind)[table.rows], axis=1)
    return blank


def plain_photos(count: int, tables: Mapping[str, CodeTable]) -> Mask:
    """Return which of `count` photos are plain pictures, by tables that have all of them, (count,).

    Where no kind tells of more than colours, all may be.
    """
    plain = np.ones(count, dtype=bool)
    for kind, table in tables.items():
        if not plain.any():
            break  # codes of plain pictures in further kinds, some slow to compute, are not needed
        if not KINDS[kind].sees_colour:
            plain &= blank_photos(table, kind)
    return plain


@lru_cache
def _codes(kind: str) -> Planes:
    """Return the codes of plain pictures in a kind, those of all views, shape (W, C)."""
    pictures = (Image.new("RGB", (_SIDE_PIXELS, _SIDE_PIXELS), colour) for colour in _PLAIN)
    codes = [pack(KINDS[kind].compute(PictureFeatures(picture))) for picture in pictures]
    packed = np.concatenate([packed_views(KINDS[kind], code) for code in codes])
    return to_planes(np.unique(packed, axis=0))
