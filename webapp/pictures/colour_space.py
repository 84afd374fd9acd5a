"""Colour spaces that files declare in numbers rather than by a profile, as ICC profiles.

Primaries and curves by their code points are those of ITU-T H.273, of which PNG (`cICP`), AVIF and
HEIC files have one each; PNG has an older way too (`gAMA` and `cHRM`).
"""

import struct
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from webapp.pictures.formats import not_read

Chromaticities = tuple[float, ...]
"""x and y of red, green, blue and white."""

_D65, _C = (0.3127, 0.3290), (0.310, 0.316)
SRGB: Chromaticities = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65)
_SMPTE: Chromaticities = (0.630, 0.340, 0.310, 0.595, 0.155, 0.070, *_D65)
_XYZ: Chromaticities = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3)
_PRIMARIES: dict[int, Chromaticities] = {
    1: SRGB,
    4: (0.67, 0.33, 0.21, 0.71, 0.14, 0.08, *_C),
    5: (0.64, 0.33, 0.29, 0.60, 0.15, 0.06, *_D65),
    6: _SMPTE,
    7: _SMPTE,
    8: (0.681, 0.319, 0.243, 0.692, 0.145, 0.049, *_C),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    10: _XYZ,
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.314, 0.351),
    12: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
    22: (0.630, 0.340, 0.295, 0.605, 0.155, 0.077, *_D65),
}

# A curve is g, or g, a, b, c, d: (a x + b) ** g from d on, c x before.
Curve = tuple[float, ...]
_SRGB_CURVE: Curve = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_TELEVISION: Curve = (2.4,)
_CINEMA: Curve = (2.6, (52.37 / 48) ** (1 / 2.6), 0.0, 0.0, 0.0)
_CURVES: dict[int, Curve] = {
    1: _TELEVISION,
    4: (2.2,),
    5: (2.8,),
    6: _TELEVISION,
    7: (1 / 0.45, 1 / 1.1115, 0.1115 / 1.1115, 0.25, 0.0913),
    8: (1.0,),
    11: _TELEVISION,
    13: _SRGB_CURVE,
    14: _TELEVISION,
    15: _TELEVISION,
    17: _CINEMA,
}
_HIGH_RANGE = frozenset({16, 18})

# A gamma that differs less, as a factor, from the one that stands for sRGB's curve means that.
_USUAL_GAMMA, _LIKE_USUAL = 1 / 2.2, 0.05

_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)


def code_profile(primaries: int, transfer: int, *, video: bool = False) -> bytes | None:
    """Make a profile of two code points of H.273; there is none of points that say nothing.

    In `video` containers, as browsers do, the curves of television mean that of sRGB.

    Raises:
        NotAnImage: the curve is one of high dynamic range.
    """
    if transfer in _HIGH_RANGE:
        raise not_read("pictures in high dynamic range (PQ or HLG)")
    curve = _CURVES.get(transfer)
    if video and curve in {None, _TELEVISION}:
        curve = _SRGB_CURVE
    if curve is None or primaries not in _PRIMARIES:
        return None
    return matrix_profile(_PRIMARIES[primaries], curve)


def gamma_profile(gamma: float, chromaticities: Chromaticities | None) -> bytes | None:
    """Make a profile of a PNG's `gAMA` and `cHRM`; nonsense, or what means sRGB, has none."""
    if gamma <= 0:
        return None
    if chromaticities is None and abs(gamma / _USUAL_GAMMA - 1) < _LIKE_USUAL:
        return None
    try:
        with np.errstate(all="raise"):
            return matrix_profile(chromaticities or SRGB, (1 / gamma,))
    except (ValueError, ArithmeticError, struct.error):
        return None


@lru_cache(maxsize=32)
def matrix_profile(chromaticities: Chromaticities, curve: Curve) -> bytes:
    """Write an ICC profile (version 4) of three primaries and one curve."""
    kind = {1: 0, 5: 3}[len(curve)]
    curve_tag = struct.pack(">4s4xHxx", b"para", kind) + _fixed(curve)
    columns = _to_d50(chromaticities).T
    tags = {
        b"desc": struct.pack(">4s4xIIHHII", b"mluc", 1, 12, *b"\0\0", 0, 28),
        b"wtpt": b"XYZ \0\0\0\0" + _fixed(_D50),
        **{
            name: b"XYZ \0\0\0\0" + _fixed(column)
            for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)
        },
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve_tag),
    }
    return _written(tags)


def _written(tags: dict[bytes, bytes]) -> bytes:
    at = 132 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, value in tags.items():
        table += struct.pack(">4sII", name, at + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    size = 128 + len(table) + len(body)
    head = struct.pack(">I4xI4s4s4s", size, 0x04300000, b"mntr", b"RGB ", b"XYZ ")
    head += struct.pack(">12x4s28x", b"acsp") + _fixed(_D50)
    return head.ljust(128, b"\0") + table + body


def _fixed(values: Curve | NDArray[np.float64]) -> bytes:
    return b"".join(struct.pack(">i", round(float(value) * 65536)) for value in values)


def _to_d50(chromaticities: Chromaticities) -> NDArray[np.float64]:
    """Return the matrix (3, 3) from linear RGB to XYZ under ICC's own white."""
    red, green, blue, white = (
        np.array([x, y, 1 - x - y])
        for x, y in zip(chromaticities[::2], chromaticities[1::2], strict=True)
    )
    primaries, white = np.stack([red, green, blue], axis=1), white / white[1]
    matrix = primaries * np.linalg.solve(primaries, white)
    scale = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    return np.asarray(np.linalg.inv(_BRADFORD) @ scale @ _BRADFORD @ matrix)
