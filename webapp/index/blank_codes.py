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
from webapp.index.table import Table

# Of the colours, only black has other codes than the rest, and in few kinds.
_PLAIN = ("black", "white")
_SIDE_PIXELS = 64
# Below one photo in so many their own codes are sooner had than those of all.
_MIN_PHOTOS_PER_LOOKUP = 4


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


def plain_photos(count: int, tables: Mapping[str, Table]) -> Mask:
    """Return which of `count` photos are plain pictures, by tables that have all of them, (count,).

    Where no kind tells of more than colours, all may be. Codes may be elsewhere: of further kinds
    those alone are looked at of the photos that may still be plain, as a rule a few.
    """
    plain = np.ones(count, dtype=bool)
    for kind, table in tables.items():
        left = np.flatnonzero(plain)
        if not len(left):
            break  # codes of plain pictures in further kinds, some slow to compute, are not needed
        if KINDS[kind].sees_colour:
            continue
        if _MIN_PHOTOS_PER_LOOKUP * len(left) < count:
            plain[left] = _are_blank(table.codes_of(left), kind)
        else:
            plain &= blank_photos(table.whole, kind)
    return plain


def _are_blank(codes: Planes, kind: str) -> Mask:
    """Return which of n photos, their codes of shape (W, n, V), have no view that is not blank."""
    views = np.zeros(codes.shape[1:], dtype=bool)
    for code in _codes(kind).T:
        views |= (codes == code[:, None, None]).all(axis=0)
    blank: Mask = np.logical_and.reduce(views, axis=1)
    return blank


@lru_cache
def _codes(kind: str) -> Planes:
    """Return the codes of plain pictures in a kind, those of all views, shape (W, C)."""
    pictures = (Image.new("RGB", (_SIDE_PIXELS, _SIDE_PIXELS), colour) for colour in _PLAIN)
    codes = [pack(KINDS[kind].compute(PictureFeatures(picture))) for picture in pictures]
    packed = np.concatenate([packed_views(KINDS[kind], code) for code in codes])
    return to_planes(np.unique(packed, axis=0))
